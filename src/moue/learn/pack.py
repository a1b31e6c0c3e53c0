"""Arrays and plain values in one binary answer, for the figures of the course.

A pack is the length of a JSON header as uint32, the header, and the arrays. Each array starts at a
multiple of 8 bytes. `static/core/pack.js` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_ALIGNMENT = 8
_TYPES = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64")


def pack(values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return plain values and arrays as one pack.

    Args:
        values: values for JSON by name; the name `arrays` is reserved.
        arrays: arrays by name, of the types in `_TYPES`, in little-endian order.

    Raises:
        ValueError: an array has another type.
    """
    places: dict[str, dict[str, Any]] = {}
    body = bytearray()
    for name, array in arrays.items():
        kind = array.dtype.name
        if kind not in _TYPES:
            raise ValueError(f"the array {name!r} has the type {kind}, which a pack cannot hold")
        places[name] = {"type": kind, "shape": list(array.shape), "start": len(body)}
        body += np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        body += bytes(-len(body) % _ALIGNMENT)
    header = json.dumps({**values, "arrays": places}, ensure_ascii=False).encode()
    header += b" " * (-(len(header) + 4) % _ALIGNMENT)
    return len(header).to_bytes(4, "little") + header + bytes(body)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the values and the arrays of a pack."""
    start = 4 + int.from_bytes(data[:4], "little")
    values = json.loads(data[4:start])
    arrays = {}
    for name, place in values.pop("arrays").items():
        count = int(np.prod(place["shape"]))
        kind = np.dtype(place["type"]).newbyteorder("<")
        flat = np.frombuffer(data, kind, count, start + place["start"])
        arrays[name] = flat.reshape(place["shape"])
    return values, arrays
