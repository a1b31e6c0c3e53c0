"""Read the Protocol Buffers messages of ONNX files without the package `onnx`."""

from __future__ import annotations

import struct
from collections.abc import Set
from dataclasses import dataclass

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded Protocol Buffers message.

    Attributes:
        fields: values by field number, in the order of the file: integers for varints, bytes for
            all other types.
    """

    fields: dict[int, list[int | bytes]]

    def messages(self, field: int) -> list[bytes]:
        """Return all values of a field of bytes, such as encoded submessages."""
        return [value for value in self.fields.get(field, []) if not isinstance(value, int)]

    def bytes(self, field: int) -> bytes:
        """Return the last value of a field of bytes; empty bytes if the field is missing."""
        # If a field that is not repeated occurs twice, the format lets the last value count.
        return (self.messages(field) or [b""])[-1]

    def text(self, field: int) -> str:
        """Return the last value of a string field; an empty string if the field is missing."""
        return self.bytes(field).decode("utf-8")

    def number(self, field: int) -> int:
        """Return the last value of a field of signed integers; 0 if the field is missing."""
        return (self.numbers(field) or [0])[-1]

    def numbers(self, field: int) -> list[int]:
        """Return all values of a field of signed integers, packed or not."""
        values: list[int] = []
        for value in self.fields.get(field, []):
            if isinstance(value, int):
                values.append(_signed(value))
                continue
            at = 0
            # A packed field: varints without keys, one after the other.
            while at < len(value):
                number, at = _varint(value, at)
                values.append(_signed(number))
        return values

    def float(self, field: int) -> float:
        """Return the last value of a float32 field; 0 if the field is missing."""
        # Fixed-width values are little-endian on every machine.
        (value,) = struct.unpack("<f", self.bytes(field) or bytes(4))
        return float(value)


def read_message(data: bytes, known: Set[int]) -> Message:
    """Decode a Protocol Buffers message.

    Args:
        data: encoded message.
        known: allowed field numbers.

    Raises:
        ValueError: the message is truncated or damaged, or has a field that is not in `known`.
    """
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if field not in known:
            raise ValueError(f"the protobuf field {field} is unknown")
        value: int | bytes
        if kind == _VARINT:
            value, at = _varint(data, at)
        else:
            if kind == _BYTES:
                length, at = _varint(data, at)
            elif kind in (_FIXED32, _FIXED64):
                length = 4 if kind == _FIXED32 else 8
            else:
                raise ValueError(f"the protobuf wire type {kind} is unknown")
            value, at = data[at : at + length], at + length
            # A slice beyond the end is shortened without an error.
            if at > len(data):
                raise ValueError("the message is truncated")
        fields.setdefault(field, []).append(value)
    return Message(fields)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    # 64 bits need at most ten bytes of 7 bits, the lowest bits first.
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("the message is truncated")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("an integer is too long")


def _signed(number: int) -> int:
    # Negative numbers are stored as 64-bit two's complement; the tenth byte may have spare bits.
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number
