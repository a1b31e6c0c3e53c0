"""Histograms of the measurements, and what another threshold would drop.

The verdict on each picture is that of `clean`, with the same function and the same settings.
"""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from moue.dataset.clean import CHECKS, CleanSettings, failed_checks
from moue.http_api.errors import not_found
from moue.settings import fields
from moue.studio.schema_settings import Histogram, SettingName, ThresholdEffect, ThresholdItem
from moue.studio.settings_form import config_in_force
from moue.workspace.columns import names_of
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.measured_columns import MeasuredColumns, measured_columns
from moue.workspace.workspace import CATALOG, Workspace

BARS = 60
SHOWN = 60
"""Maximum number of pictures in a preview."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurement with a threshold.

    Attributes:
        score: name of the measurement in `Sample.scores`.
        setting: name of the threshold in `CleanSettings`.
        below: True if pictures below the threshold are dropped, False if those above it are.
        log: True for a logarithmic axis.
        photos: True if the check leaves out mouth crops.
    """

    score: str
    setting: str
    below: bool = True
    log: bool = False
    photos: bool = False


MEASURES = {
    "sharpness": Measure("sharpness", "min_sharpness", log=True, photos=True),
    "dark": Measure("highlight", "min_highlight"),
    "bright": Measure("shadow", "max_shadow", below=False),
    "face_size": Measure("face_px", "min_main_face", log=True),
}
"""The measurements by name."""


class Histograms:
    """Histograms of a workspace; the measurements are kept until the catalog changes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._key: object = None
        self._known: MeasuredColumns | None = None

    def histogram(self, name: str) -> Histogram:
        """Return the distribution of a measurement; raise ApiError if there is none of this name.

        Raises:
            ConfigError: `moue.toml` is not valid.
        """
        measure = _measure(name)
        settings = config_in_force(self._workspace).get(CleanSettings)
        columns = self._columns()
        values = columns.scores[measure.score][_concerned(columns, measure)]
        edges, counts = _bars(values, measure.log)
        field = next(one for one in fields(CleanSettings) if one.name == measure.setting)
        return Histogram(
            name, SettingName("clean", measure.setting), float(getattr(settings, measure.setting)),
            "below" if measure.below else "above", measure.log, edges, counts, len(values),
            field.setting.low, field.setting.high,
        )  # fmt: skip

    def preview(self, name: str, threshold: float | None) -> ThresholdEffect:
        """Return what a threshold would drop and bring back.

        Raises:
            ConfigError: the threshold is out of range, or `moue.toml` is not valid.
        """
        measure = _measure(name)
        settings = config_in_force(self._workspace).get(CleanSettings)
        if threshold is not None:
            field = next(one for one in fields(CleanSettings) if one.name == measure.setting)
            value = field.check(round(threshold) if field.type is int else threshold, "clean")
            settings = dataclasses.replace(settings, **{measure.setting: value})
        limit = float(getattr(settings, measure.setting))
        columns = self._columns()
        reasons = failed_checks(columns, settings)
        known = _concerned(columns, measure)
        drops = known & (reasons >= 0) & ~columns.dropped & ~columns.by_user
        returns = known & (reasons < 0) & columns.by_clean & columns.dropped
        changed = np.flatnonzero(drops | returns)
        values = columns.scores[measure.score][changed]
        nearest = changed[np.argsort(np.abs(values - limit), kind="stable")[:SHOWN]]
        with self._workspace.reading() as catalog:
            names = names_of(catalog, columns.numbers[nearest].tolist())
        items = []
        for row in nearest.tolist():
            name = names[int(columns.numbers[row])]
            reason = (
                CHECKS[reasons[row]][0]
                if drops[row]
                else columns.reason_names[columns.reasons[row]]
            )
            link = f"api/v1/thumbnails/pictures/{quote(name)}.webp?side=96"
            value = float(columns.scores[measure.score][row])
            items.append(ThresholdItem(name, value, bool(drops[row]), DROP_REASONS[reason], link))
        would_drop = int(drops.sum())
        return ThresholdEffect(would_drop, len(changed) - would_drop, len(changed), items)

    def _columns(self) -> MeasuredColumns:
        with self._lock:
            key = self._version()
            if self._known is None or key != self._key:
                with self._workspace.reading() as catalog:
                    self._known = measured_columns(catalog)
                self._key = key
            return self._known

    def _version(self) -> object:
        """Return a value that changes with each change of the catalog."""
        files = (self._workspace.root / f"{CATALOG}{end}" for end in ("", "-wal"))
        stats = [file.stat() for file in files if file.exists()]
        return [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats]


def _measure(name: str) -> Measure:
    if name not in MEASURES:
        raise not_found(name)
    return MEASURES[name]


def _concerned(columns: MeasuredColumns, measure: Measure) -> npt.NDArray[np.bool_]:
    """Return which pictures have a measurement to which a check applies."""
    there = ~np.isnan(columns.scores[measure.score])
    return there & ~columns.mouths if measure.photos else there


def _bars(values: npt.NDArray[np.float64], log: bool) -> tuple[list[float], list[int]]:
    """Return the edges and the counts of the bars; both are empty without values."""
    if not len(values):
        return [], []
    if not log:
        counts, edges = np.histogram(np.clip(values, 0, 1), BARS, (0, 1))
    else:
        positive = values[values > 0]
        low, high = (positive.min(), positive.max()) if len(positive) else (1.0, 1.0)
        edges = np.geomspace(low, max(high, low * 1.01), BARS + 1)
        counts, _edges = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return [float(f"{edge:.6g}") for edge in edges], counts.tolist()
