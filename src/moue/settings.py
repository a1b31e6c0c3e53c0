"""Declare settings as annotated fields of frozen dataclasses, and check their values.

A field declares its help text and the range of its values:

    radius: Annotated[int, Setting("Maximum number of differing bits.", low=0)] = 6

From the declaration, moue derives the command-line flag, the line in `moue.toml`, the checks of
both and the JSON of each run. A flag overrides `moue.toml`, and `moue.toml` overrides the default.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from moue.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """The help text and the range of a setting.

    Attributes:
        help: help text in full sentences, with the unit, for `--help` and `moue.toml`.
        low: minimum of a number; None for no limit.
        high: maximum of a number; None for no limit.
        bare: value of a flag that is given without a value; None if the flag requires a value.
        once: True if the setting applies to one call only: the catalog does not keep it, and
            `moue.toml` must not contain it.
        runs_code: True if the setting names code that moue runs, so that only the command line may
            give it.
    """

    help: str
    low: float | None = None
    high: float | None = None
    bare: str | None = None
    once: bool = False
    runs_code: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One declared setting of a settings class.

    Attributes:
        name: name of the dataclass field.
        type: type of the value: int, float, str or bool.
        default: default value.
        optional: True if None is a valid value.
        choices: valid values of a setting with a Literal type; empty for other types.
        setting: help text and range.
    """

    name: str
    type: type
    default: Any
    optional: bool
    choices: tuple[str, ...]
    setting: Setting

    @property
    def flag(self) -> str:
        """The command-line flag, such as `--min-face`."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: Any, where: str) -> Any:
        """Check a value, and return it; a float setting converts an int to float.

        Args:
            value: value to check.
            where: source of the value for error messages, such as `moue.toml [clean]`.

        Raises:
            ConfigError: the value has a wrong type, is not among the choices, or is out of range.
        """
        if value is None and self.optional:
            return None
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not self._fits(value):
            raise ConfigError(f"{where}: {self.name} = {value!r} is not {_ARTICLES[self.type]}")
        if self.choices and value not in self.choices:
            raise ConfigError(
                f"{where}: {self.name} = {value!r} is not one of {', '.join(self.choices)}"
            )
        low, high = self.setting.low, self.setting.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise ConfigError(f"{where}: {self.name} = {value} is not {_range(low, high)}")
        return value

    def _fits(self, value: Any) -> bool:
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return type(value) is self.type  # True is an instance of int


_ARTICLES: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
}


def fields(cls: type) -> list[Field]:
    """Return the declared settings of a settings class, in the order of the class."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return [_field(f, hints[f.name]) for f in dataclasses.fields(cls)]


def build(cls: type[T], values: Mapping[str, Any], where: str) -> T:
    """Check values, and return a settings object that contains them.

    Args:
        cls: settings class.
        values: values by field name; dashes may replace underscores in a name.
        where: source of the values for error messages, such as `moue.toml [clean]`.

    Raises:
        ConfigError: a name is unknown, or a value is invalid.
    """
    known = {f.name: f for f in fields(cls)}
    checked: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"
            raise ConfigError(f"{where}: unknown setting {key!r}{hint}")
        checked[name] = known[name].check(value, where)
    return cls(**checked)


def as_dict(settings: Any) -> dict[str, Any]:
    """Return a settings object as plain data for JSON."""
    return dataclasses.asdict(settings)


def fingerprint(settings: Any, *more: str) -> str:
    """Return the first 12 hex digits of the SHA-256 of a settings object and further texts."""
    text = json.dumps([as_dict(settings), *more], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _field(field: dataclasses.Field[Any], hint: Any) -> Field:
    base, *extras = typing.get_args(hint)
    setting = next(extra for extra in extras if isinstance(extra, Setting))
    optional = isinstance(base, types.UnionType)
    if optional:
        base = next(arg for arg in typing.get_args(base) if arg is not type(None))
    choices: tuple[str, ...] = ()
    if typing.get_origin(base) is typing.Literal:
        choices, base = typing.get_args(base), str
    return Field(field.name, base, field.default, optional, choices, setting)


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low}"
    if low is None:
        return f"at most {high}"
    return f"from {low} to {high}"
