"""The requests and responses of settings and histograms."""

from __future__ import annotations

from typing import Annotated

import msgspec

from moue.studio.schema import Request

Value = bool | int | float | str | None
"""Value of a setting."""
Key = Annotated[str, msgspec.Meta(max_length=80)]


class SettingField(msgspec.Struct, kw_only=True):
    """One setting; see `moue.settings.Field`.

    Attributes:
        source: `default`, `moue.toml`, or `kept` for a value that a command line set.
    """

    name: str
    flag: str
    type: str
    default: Value
    value: Value
    source: str
    help: str
    low: float | None
    high: float | None
    choices: list[str]
    optional: bool


class SettingSection(msgspec.Struct):
    """One section of `moue.toml`."""

    name: str
    title: str
    fields: list[SettingField]


class SettingSections(msgspec.Struct):
    """All sections of `moue.toml`."""

    sections: list[SettingSection]


class SettingChange(Request, frozen=True):
    """A new value of a setting; null for the default."""

    section: Key
    name: Key
    value: Value


class LabelsChange(Request, frozen=True):
    """The labels of the workspace, in the order of the digit keys."""

    labels: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=80)]],
        msgspec.Meta(min_length=2, max_length=50),
    ]


class Labels(msgspec.Struct):
    """The labels of the workspace."""

    labels: list[str]


class SettingName(msgspec.Struct):
    """A setting of `moue.toml`."""

    section: str
    name: str


class Histogram(msgspec.Struct):
    """The distribution of a measurement.

    Attributes:
        measure: name of the measurement.
        setting: setting with the threshold.
        threshold: threshold in force.
        direction: `below` or `above`: pictures on this side of the threshold are dropped.
        log: True for bars of equal width on a logarithmic axis.
        edges: edges of the bars, one more than `counts`.
        counts: number of pictures of each bar.
        values_total: number of measured pictures.
        low, high: range of the setting.
    """

    measure: str
    setting: SettingName
    threshold: float
    direction: str
    log: bool
    edges: list[float]
    counts: list[int]
    values_total: int
    low: float | None
    high: float | None


class ThresholdQuery(Request, frozen=True):
    """A threshold to try; without one, the threshold in force."""

    threshold: Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)] | None = None


class ThresholdItem(msgspec.Struct):
    """A picture that a threshold would drop or bring back.

    Attributes:
        value: measurement of the picture.
        drops: True if the picture would be dropped, False if it would come back.
        reason_title: drop reason.
    """

    name: str
    value: float
    drops: bool
    reason_title: str
    thumbnail: str


class ThresholdEffect(msgspec.Struct):
    """What a threshold would change, if `clean` used it.

    Attributes:
        would_drop: number of pictures that it would drop.
        would_keep: number of dropped pictures that would come back.
        total: sum of both.
        items: up to 60 of these pictures, the nearest to the threshold first.
    """

    would_drop: int
    would_keep: int
    total: int
    items: list[ThresholdItem]
