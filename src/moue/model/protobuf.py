"""Reading the wire format of protocol buffers, as far as an ONNX file needs it.

The `onnx` package belongs to training; prediction reads its models without it.
"""

from __future__ import annotations

import struct
from collections.abc import Set
from dataclasses import dataclass

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of one message, by number, in their order: whole numbers or bytes."""

    fields: dict[int, list[int | bytes]]

    def messages(self, field: int) -> list[bytes]:
        """Return the bytes of a repeated field."""
        return [value for value in self.fields.get(field, []) if not isinstance(value, int)]

    def bytes(self, field: int) -> bytes:
        """Return the last bytes of a field; none where it is missing."""
        return (self.messages(field) or [b""])[-1]

    def text(self, field: int) -> str:
        """Return a text."""
        return self.bytes(field).decode("utf-8")

    def number(self, field: int) -> int:
        """Return a signed whole number; 0 where it is missing."""
        return (self.numbers(field) or [0])[-1]

    def numbers(self, field: int) -> list[int]:
        """Return a repeated signed whole number, packed or not."""
        found: list[int] = []
        for value in self.fields.get(field, []):
            if isinstance(value, int):
                found.append(_signed(value))
                continue
            at = 0
            while at < len(value):
                number, at = _varint(value, at)
                found.append(_signed(number))
        return found

    def float(self, field: int) -> float:
        """Return a float32; 0 where it is missing."""
        (value,) = struct.unpack("<f", self.bytes(field) or bytes(4))
        return float(value)


def read(data: bytes, known: Set[int]) -> Message:
    """Return the fields of a message.

    Raises:
        ValueError: it is cut short or damaged, or has a field that is not `known`.
    """
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if field not in known:
            raise ValueError(f"unknown field {field}")
        value: int | bytes
        if kind == _VARINT:
            value, at = _varint(data, at)
        else:
            if kind == _BYTES:
                length, at = _varint(data, at)
            elif kind in (_FIXED32, _FIXED64):
                length = 4 if kind == _FIXED32 else 8
            else:
                raise ValueError(f"unknown type {kind}")
            value, at = data[at : at + length], at + length
            if at > len(data):
                raise ValueError("cut short")
        fields.setdefault(field, []).append(value)
    return Message(fields)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("cut short")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("a number is too long")


def _signed(number: int) -> int:
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number
