"""Parse key maps, such as `open=space,smile=ctrl+z:hold`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from moue.errors import ConfigError

__all__ = ["Binding", "Mode", "parse_key_map"]

Mode: TypeAlias = Literal["once", "hold", "repeat"]


@dataclass(frozen=True, slots=True)
class Binding:
    """The key of a label.

    Attributes:
        label: Label that presses the key.
        keys: Names of the keys that are pressed together, such as `("ctrl", "z")`.
        mode: `once` presses the key once when the label has lasted long enough. `hold` keeps the
            key down until the label ends. `repeat` presses it again and again.
    """

    label: str
    keys: tuple[str, ...]
    mode: Mode = "once"

    @property
    def words(self) -> str:
        """The keys as text, such as `ctrl+z`."""
        return "+".join(self.keys)


def parse_key_map(texts: Iterable[str], labels: Iterable[str]) -> list[Binding]:
    """Return the bindings of key maps.

    Args:
        texts: Key maps; each is a list of `LABEL=KEY` or `LABEL=KEY:MODE`, separated by commas.
        labels: Labels of the model.

    Raises:
        ConfigError: A key map is malformed, a label is unknown, or a label has two keys.
    """
    known, bindings = tuple(labels), dict[str, Binding]()
    for part in (part.strip() for text in texts for part in text.split(",")):
        binding = _binding(part)
        if binding.label not in known:
            raise ConfigError(
                f"--keys {part}: the model has no label {binding.label!r}; its labels are "
                f"{', '.join(known)}"
            )
        if binding.label in bindings:
            raise ConfigError(f"--keys: the label {binding.label!r} has two keys; keep one of them")
        bindings[binding.label] = binding
    return list(bindings.values())


def _binding(text: str) -> Binding:
    label, equals, rest = text.partition("=")
    keys, colon, mode = rest.partition(":")
    names = tuple(name.strip() for name in keys.split("+"))
    if not equals or not label.strip() or not all(names):
        raise ConfigError(f"--keys {text}: write LABEL=KEY, such as open=space")
    modes = get_args(Mode)
    if colon and mode not in modes:
        raise ConfigError(f"--keys {text}: {mode!r} is not one of {', '.join(modes)}")
    return Binding(label.strip(), names, next((m for m in modes if m == mode), "once"))
