"""Large JSON arrays are read item by item."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.dataset.exchange import json_stream
from moue.dataset.exchange.json_stream import array_items
from moue.errors import DataError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(
    before=VALUES, items=st.lists(VALUES, max_size=5), chunk=st.integers(1, 9),
    indent=st.none() | st.integers(0, 2),
)  # fmt: skip
def test_items_are_those_of_the_json_module(tmp_path_factory, before, items, chunk, indent):
    path = tmp_path_factory.mktemp("json") / "a.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        path.write_text(json.dumps(items, indent=indent), encoding="utf-8")
        assert list(array_items(path)) == items
        path.write_text(json.dumps({"x": before, "a": items, "z": [before]}, indent=indent))
        assert list(array_items(path, "a")) == items
        assert list(array_items(path, "missing")) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2", '{"a": [1, 2', "{}", "[1 2]]x[", '{"a": [1,}]}']
)
def test_a_damaged_file_is_an_error(text, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(text)
    key = "a" if text.startswith('{"a"') else None
    if text == "[1 2]]x[":  # a missing comma is read; what follows the array is not
        assert list(array_items(path)) == [1, 2]
        return
    with pytest.raises(DataError, match=r"a\.json: the JSON file is damaged"):
        list(array_items(path, key))
