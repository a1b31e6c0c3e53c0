"""Encode results as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from moue.text import to_json


def encode(result: Any) -> bytes:
    """Return a Struct or plain data as one line of JSON."""
    try:
        return msgspec.json.encode(result)
    except UnicodeEncodeError:  # a file name that is not UTF-8
        return to_json(msgspec.to_builtins(result)).encode()
