"""Bodies for schemathesis, which cannot make pictures: `SCHEMATHESIS_HOOKS=picture_generators`."""

from __future__ import annotations

import base64
import json

import numpy as np
import schemathesis
from hypothesis import strategies as st

from mutated_requests import pictures
from mutations import mutated

_WHOLE = pictures()


def _changed(seed: int) -> bytes:
    return mutated(np.random.default_rng(seed), _WHOLE)


PICTURES = st.one_of(st.sampled_from(_WHOLE), st.integers(0, 1 << 32).map(_changed))
"""Small picture files, whole and damaged."""
_LINE = PICTURES.map(lambda data: json.dumps({"image": base64.b64encode(data).decode()}))

schemathesis.openapi.media_type("image/*", PICTURES)
schemathesis.openapi.media_type("application/octet-stream", PICTURES)
schemathesis.openapi.media_type(
    "application/x-ndjson", st.lists(_LINE, min_size=1, max_size=3).map("\n".join).map(str.encode)
)


@schemathesis.deserializer("application/x-ndjson")
def lines(_context, response):
    """Return the first line of an answer; the schema describes one line."""
    return json.loads(response.content.splitlines()[0])
