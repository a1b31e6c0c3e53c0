from __future__ import annotations

import os
from pathlib import Path

import pytest

from moue.path_list import PathList

GIVEN = [
    Path(text)
    for text in ("/b/图.jpg", "/a/1.jpg", "/b/2.jpg", "/a/1.jpg", "/1.jpg", "1.jpg", "/b/图.jpg",
                 os.fsdecode(b"/a/\xff.jpg"), "/")
]  # fmt: skip


def filled(paths):
    found = PathList()
    for path in paths:
        found.add(path)
    return found


def test_paths_keep_their_order_and_value():
    assert list(filled(GIVEN)) == GIVEN
    assert len(filled(GIVEN)) == len(GIVEN)


def test_of_equal_paths_the_first_is_kept():
    found = filled(GIVEN)
    found.remove_repeated()
    assert list(found) == list(dict.fromkeys(GIVEN))
    assert len(found) == len(set(GIVEN))


def test_the_list_knows_its_paths():
    found = filled(GIVEN)
    found.remove_repeated()
    others = ["/b/1.jpg", "/a/2.jpg", "", "/a/1.jpg "]
    answers = found.contain([*map(str, GIVEN), *others])
    assert answers.tolist() == [True] * len(GIVEN) + [False] * len(others)
    assert found.contain([]).tolist() == []


def test_an_empty_list_has_no_path():
    found = filled([])
    found.remove_repeated()
    assert (list(found), len(found), found.contain(["/a"]).tolist()) == ([], 0, [False])
    with pytest.raises(RuntimeError, match="remove_repeated"):
        filled([]).contain(["/a"])
