"""The requests and responses of results and comparisons."""

from __future__ import annotations

from typing import Annotated

import msgspec

from moue.studio.schema import Name, Request

Text = Annotated[str, msgspec.Meta(max_length=255)]
Interval = tuple[float, float]


class Rate(msgspec.Struct):
    """A proportion with its 95 % interval."""

    value: float | None
    interval: Interval | None
    right: int
    count: int


class Score(msgspec.Struct):
    """A score with its 95 % interval."""

    value: float | None
    interval: Interval | None


class ConfusionMatrix(msgspec.Struct):
    """Counts by true label (rows) and predicted label (columns)."""

    labels: list[str]
    counts: list[list[int]]


class LabelRow(msgspec.Struct):
    """The metrics of one label; F1 is None for a label without mouths."""

    label: str
    count: int
    precision: Rate
    recall: Rate
    f1: float | None


class Bin(msgspec.Struct):
    """One bin of the reliability diagram."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


class Bins(msgspec.Struct):
    """The reliability diagram."""

    bins: list[Bin]


class SliceRow(msgspec.Struct):
    """The metrics of the mouths with one value of an attribute."""

    attribute: str
    value: str
    accuracy: Rate
    macro_f1: float | None


class SeverityPoint(msgspec.Struct):
    """The metrics at one severity; None is the unchanged crop."""

    severity: float | None
    accuracy: Rate
    macro_f1: float | None


class SeverityCurve(msgspec.Struct):
    """The metrics by severity of one corruption; `neutral` is the point of the unchanged crop."""

    name: str
    unit: str
    neutral: int
    mean_accuracy: float | None
    points: list[SeverityPoint]


class CoverageRow(msgspec.Struct):
    """The accuracy of the predictions with at least one probability."""

    threshold: float
    coverage: float
    count: int
    accuracy: float


class Results(msgspec.Struct):
    """The results of a run on the current test set; the fields of the report of `moue evaluate`.

    Attributes:
        split: `test`, or `val` without a test set.
        unseen: True if the model is known not to have been trained on any of the mouths.
        unreadable: number of mouths that were left out because their crops cannot be read.
        ece: expected calibration error.
        untested: labels without mouths in the set.
        robustness: from the last evaluation with `--robustness`; empty without one.
        stale: True if the test set has changed since that evaluation.
        label_errors: number of likely label errors; None until a client asks for their list.
    """

    run: str
    split: str
    unseen: bool
    unreadable: int
    accuracy: Rate
    macro_f1: Score
    ece: float | None
    ece_before: float | None
    temperature: float
    untested: list[str]
    confusion: ConfusionMatrix
    per_label: list[LabelRow]
    calibration: Bins
    slices: list[SliceRow]
    coverage: list[CoverageRow]
    robustness: list[SeverityCurve]
    stale: bool
    label_errors: int | None


class RunMouthsQuery(Request, frozen=True):
    """A part of the results: a cell, a slice `ATTRIBUTE=VALUE`, likely errors or all mistakes."""

    label: Text = ""
    predicted: Text = ""
    slice: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    errors: bool = False
    mistakes: bool = False
    offset: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class RunMouth(msgspec.Struct):
    """A mouth with its prediction; the probabilities are in the order of `RunMouths.labels`."""

    name: str
    sample: str
    label: str | None
    label_by: str | None
    split: str | None
    width: int
    dropped: str | None
    predicted: str
    probability: float
    probabilities: list[float]
    margin: float
    likely_error: bool
    thumbnail: str
    version: int


class RunMouths(msgspec.Struct):
    """A part of a list of mouths."""

    total: int
    offset: int
    labels: list[str]
    items: list[RunMouth]


class CompareQuery(Request, frozen=True):
    """Two runs."""

    a: Name
    b: Name


class DifferenceRow(msgspec.Struct):
    """The first run minus the second, with a 95 % bootstrap interval."""

    value: float | None
    interval: Interval | None


class Disagreeing(msgspec.Struct):
    """A mouth that only one of the runs predicts correctly."""

    name: str
    label: str
    first: str
    second: str
    thumbnail: str


class Compared(msgspec.Struct):
    """Two runs on the test mouths that neither was trained on.

    Attributes:
        left_out: number of mouths that were left out.
        disagreeing: numbers of mouths that only the first, and only the second, predicts correctly.
        only_first, only_second: some of these mouths.
        p_value: p-value of McNemar's test.
    """

    models: tuple[str, str]
    split: str
    count: int
    left_out: int
    accuracy: tuple[Rate, Rate]
    macro_f1: tuple[float | None, float | None]
    accuracy_difference: DifferenceRow
    macro_f1_difference: DifferenceRow
    both_right: int
    both_wrong: int
    disagreeing: tuple[int, int]
    only_first: list[Disagreeing]
    only_second: list[Disagreeing]
    p_value: float
