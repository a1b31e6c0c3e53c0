"""Filters and sort orders of pictures and mouths, as texts of a URL and as SQL.

A filter is a list of (key, value) pairs, as in the query of a URL. The values of one key are
alternatives, and all keys must match. Both kinds, pictures and mouths, have the same keys, so that
a page can show the pictures of the mouths that it lists.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, get_args

from moue.errors import DataError
from moue.workspace.drop_reasons import DROP_REASONS

Kind: TypeAlias = Literal["pictures", "mouths"]
KINDS: Final = get_args(Kind)
NO_VALUE: Final = "none-set"
"""Value of a key that matches rows without a value, such as mouths without a label."""
USED: Final = ("no", "yes", "any")
"""Values of the key `dropped`."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|\+00:00)?)?")

_SPECIAL, _ESCAPED = re.compile("[!%_]"), r"!\g<0>"

# In all SQL of this module, s is the sample, m is the mouth and p is its prediction.
_SCORES = {
    "face_size": "face_px",
    "sharpness": "sharpness",
    "highlight": "highlight",
    "shadow": "shadow",
}
_OF_SAMPLE = {
    "reason": "s.dropped",
    "licence": "s.licence",
    "source_kind": "s.kind",
    "group": 's."group"',
    "subject": "s.subject",
    "format": "s.format",
}
_OF_MOUTH = {"label": "m.label", "label_by": "m.label_by", "split": "m.split"}
_PREDICTED = {"predicted": "p.label"}
_OTHER = ("engine", "source", "text")
KEYS: Final = ("dropped", *_OF_SAMPLE, *_OF_MOUTH, *_PREDICTED, *_OTHER)
"""Keys of a filter; the ranges `min_` and `max_` of `MEASURES` are keys too."""

_MEASURES = {name: f"s.scores ->> '$.{score}'" for name, score in _SCORES.items()} | {
    "width": "{width}",
    "height": "s.height",
    "faces": "json_array_length(s.faces)",
    "probability": "p.probability",
    "margin": "p.margin",
    "uncertainty": "p.entropy",
    "disagreement": "{disagreement}",
}
MEASURES: Final = (*_MEASURES, "time")
"""Measures of the range keys. `time` is the time of the label, for mouths only; as a sort key, it
is the time of the latest decision."""
_SORTS = {"exposure": _MEASURES["highlight"]} | _MEASURES
SORTS: Final = ("name", "time", "label", "cluster", "random", *_SORTS)
"""Sort keys; a leading `-` sorts in descending order, and `random:SEED` shuffles."""
_ONLY_MOUTHS = ("probability", "margin", "uncertainty", "disagreement", "time")


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on pictures or mouths.

    Attributes:
        kind: `pictures` or `mouths`.
        choices: (key, alternatives) pairs, sorted by key.
        ranges: (measure, minimum, maximum) triples, sorted by measure; None is no limit.
    """

    kind: Kind
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ranges: tuple[tuple[str, float | str | None, float | str | None], ...] = ()

    @classmethod
    def parse(cls, kind: str, pairs: Iterable[tuple[str, str]]) -> Filter:
        """Return the filter of (key, value) pairs.

        Without the key `dropped`, a filter matches rows in use; a filter with a `reason` matches
        all rows.

        Raises:
            DataError: a key or a value is unknown.
        """
        if kind not in KINDS:
            raise DataError(f"{kind!r} is not one of {', '.join(KINDS)}")
        choices: dict[str, dict[str, None]] = {}
        limits: dict[str, dict[str, float | str]] = {}
        for key, value in pairs:
            end, _, measure = key.partition("_")
            if end in ("min", "max") and measure in MEASURES:
                limits.setdefault(measure, {})[end] = _limit(kind, measure, key, value)
            elif key in KEYS and (kind == "mouths" or key not in _PREDICTED):
                choices.setdefault(key, {})[_choice(key, value)] = None
            else:
                raise DataError(f"{key!r} is not a key of a filter; keys: {', '.join(KEYS)}")
        if "dropped" not in choices:
            choices["dropped"] = {"any" if "reason" in choices else "no": None}
        return cls(
            kind,  # type: ignore[arg-type]
            tuple(sorted((key, tuple(sorted(values))) for key, values in choices.items())),
            tuple(sorted((m, end.get("min"), end.get("max")) for m, end in limits.items())),
        )

    def without(self, key: str) -> Filter:
        """Return this filter without one key, to count the alternatives of the key."""
        choices = tuple(pair for pair in self.choices if pair[0] != key)
        if key == "reason" and dict(self.choices).get("dropped") == ("no",):
            choices = tuple(pair for pair in choices if pair[0] != "dropped")
        return Filter(self.kind, choices, self.ranges)

    @property
    def uses_predictions(self) -> bool:
        """True if the filter needs the prediction of each mouth."""
        keys = {key for key, _ in self.choices}
        return bool(keys & set(_PREDICTED)) or any(m in _ONLY_MOUTHS[:4] for m, *_ in self.ranges)

    def where(self, predicted: Mapping[str, str] = MappingProxyType({})) -> tuple[str, list[Any]]:
        """Return the SQL condition on `s`, `m` and `p`, and the values of its `?` marks.

        Args:
            predicted: SQL of measures that depend on the labels of a model, by measure.
        """
        parts, values = list[str](), list[Any]()
        for key, chosen in self.choices:
            sql, bound = self._condition(key, chosen)
            if sql:
                parts.append(f"({sql})")
                values += bound
        for measure, low, high in self.ranges:
            column = self._measure(measure, predicted)
            for sign, limit in ((">=", low), ("<=", high)):
                if limit is not None:
                    parts.append(f"({column} {sign} ?)")
                    values.append(limit)
        return " AND ".join(parts) or "1", values

    def order(self, sort: str, predicted: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return the SQL of an ORDER BY clause for a sort key of `SORTS`.

        Rows without a value come last. Equal rows, and shuffled rows, keep the order of collection.

        Raises:
            DataError: the sort key is unknown.
        """
        down = "DESC" if sort.startswith("-") else "ASC"
        key, own = sort.removeprefix("-"), "m" if self.kind == "mouths" else "s"
        if key.partition(":")[0] == "random":
            return f"{own}.id"
        columns = {
            "name": f"{own}.name",
            "cluster": 'coalesce(s."group", s.name)',
            "time": f"(SELECT max(id) FROM decisions AS d WHERE d.name = {own}.name)",
        }
        if self.kind == "mouths":
            columns["label"] = "m.label"
        allowed = [k for k in _SORTS if self.kind == "mouths" or k not in _ONLY_MOUTHS]
        columns |= {k: self._measure(k, predicted) for k in allowed}
        if not key:
            return f"{own}.id {down}"
        if key not in columns:
            raise DataError(f"{sort!r} is not a sort key; sort keys: {', '.join(SORTS)}")
        return f"{columns[key]} {down} NULLS LAST, {own}.id"

    def _measure(self, measure: str, predicted: Mapping[str, str]) -> str:
        sql = _SORTS.get(measure, "m.label_at")
        if measure == "width":
            return "m.width" if self.kind == "mouths" else "s.width"
        return predicted.get(measure, "NULL") if sql.startswith("{") else sql

    def _condition(self, key: str, chosen: tuple[str, ...]) -> tuple[str, list[Any]]:
        of_mouth = self.kind == "mouths"
        if key == "dropped":
            return self._use(chosen), []
        if key == "reason" and of_mouth:
            return _in("coalesce(m.dropped, m.sample_dropped)", chosen)
        if key in _OF_SAMPLE:
            return _in(_OF_SAMPLE[key], chosen)
        if key == "source":
            return " OR ".join("instr(s.source, ?)" for _ in chosen), list(chosen)
        if key == "text":
            own = "m" if of_mouth else "s"
            sql = " OR ".join(f"{own}.name LIKE ? ESCAPE '!'" for _ in chosen)
            return sql, [f"%{_SPECIAL.sub(_ESCAPED, text)}%" for text in chosen]
        if key == "engine":
            sql, bound = _in("o.engine", tuple(v for v in chosen if v != NO_VALUE))
            found = f"EXISTS (SELECT 1 FROM origins AS o WHERE o.sample = s.name AND {sql or '0'})"
            if NO_VALUE in chosen:
                found += " OR NOT EXISTS (SELECT 1 FROM origins AS o WHERE o.sample = s.name)"
            return found, bound
        sql, bound = _in((_OF_MOUTH | _PREDICTED)[key], chosen)
        if of_mouth:
            return sql, bound
        return f"EXISTS (SELECT 1 FROM mouths AS m WHERE m.sample = s.name AND {sql})", bound

    def _use(self, chosen: tuple[str, ...]) -> str:
        in_use = "s.dropped IS NULL"
        if self.kind == "mouths":
            in_use = "m.dropped IS NULL AND m.sample_dropped IS NULL"
        wanted = set(chosen)
        if "any" in wanted or wanted == {"no", "yes"}:
            return ""
        return in_use if wanted == {"no"} else f"NOT ({in_use})"


def _in(column: str, chosen: tuple[str, ...]) -> tuple[str, list[Any]]:
    given = [value for value in chosen if value != NO_VALUE]
    parts = [f"{column} IN ({', '.join('?' * len(given))})"] if given else []
    if len(given) < len(chosen):
        parts.append(f"{column} IS NULL")
    return f"({' OR '.join(parts)})" if parts else "", given


def _choice(key: str, value: str) -> str:
    known = {"dropped": USED, "reason": tuple(DROP_REASONS), "source_kind": ("photo", "mouth")}
    if key in known and value not in known[key]:
        raise DataError(f"{key}: {value!r} is not one of {', '.join(known[key])}")
    if "\0" in value:
        raise DataError(f"{key}: the value contains a NUL character")
    return value


def _limit(kind: str, measure: str, key: str, value: str) -> float | str:
    if kind != "mouths" and measure in _ONLY_MOUTHS:
        raise DataError(f"{key}: only mouths have the measure {measure}")
    if measure == "time":
        if not _TIME.fullmatch(value):
            raise DataError(f"{key}: {value!r} is not a time such as 2026-01-31T12:00:00")
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{key}: {value!r} is not a number")
    return number
