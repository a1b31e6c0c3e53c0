"""Names and texts from outside, stored, printed and turned back."""

from __future__ import annotations

import json
import os
import sqlite3
import unicodedata
from contextlib import closing

import pytest

from moue.text import (
    ERRORS,
    printable,
    restored,
    shortened,
    spellings,
    storable,
    to_json,
    unescaped,
)

NAMES = [
    b"plain.jpg",
    "笑顔の写真.jpg".encode(),
    b"caf\xe9.jpg",
    b"bad\xff\xfe.jpg",
    b"\x1b[31mred\x1b[0m.png",
    "a\u009b31mb\u202egpj.exe".encode(),
    b"two\nlines\ttab\r.jpg",
    b"\xed\xb3\xa9.jpg",  # a surrogate, written as if it were UTF-8
    "e\u0301 \u2028 \u2066x\u2069 \x7f".encode(),
]


@pytest.mark.parametrize("name", NAMES)
def test_sqlite_and_json_keep_every_name(name: bytes):
    text = name.decode("utf-8", "surrogateescape")
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t (x TEXT NOT NULL UNIQUE)")
        db.execute("INSERT INTO t VALUES (?)", [storable(text)])
        (row,) = db.execute("SELECT x FROM t WHERE x = ?", [storable(text)]).fetchone()
    assert restored(row).encode("utf-8", "surrogateescape") == name
    dumped = to_json({"file": text})
    assert dumped.encode("utf-8")
    assert json.loads(dumped)["file"].encode("utf-8", "surrogateescape") == name


@pytest.mark.parametrize("name", NAMES)
def test_printed_text_cannot_move_the_cursor(name: bytes):
    text = name.decode("utf-8", "surrogateescape")
    for shown in (printable(text), to_json([text])):
        assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(shown) & set("\u202e\u2066\u2069\u200f\u061c")


@pytest.mark.parametrize("code_page", ["ascii", "cp1252", "gbk", "cp437", "shift_jis", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_every_code_page_can_write_every_name(name: bytes, code_page: str):
    text = name.decode("utf-8", "surrogateescape")
    assert text.encode(code_page, ERRORS).decode(code_page)


def test_a_printed_name_identifies_its_file():
    text = os.fsdecode(b"caf\xe9 \xff.jpg")
    assert printable(text) == r"caf\xe9 \xff.jpg"
    assert unescaped(printable(text)) == text
    assert list(spellings(printable(text))) == [printable(text), text]
    assert list(spellings("plain.jpg")) == ["plain.jpg"]


def test_plain_text_is_unchanged():
    text = "笑顔 – “é” 😀 C:\\x5\\new\\table.jpg"
    assert printable(text) == text
    assert json.loads(to_json(text)) == text
    assert storable(text) == text
    assert printable("a\nb", keep="\n") == "a\nb"


def test_every_surrogate_can_be_stored_and_printed():
    broken = json.loads(r'"\ud800 \udfff"')
    assert restored(storable(broken)) == r"\ud800 \udfff"
    assert printable(broken) == r"\ud800 \udfff"


@pytest.mark.parametrize(
    "name",
    ["L" * 250 + ".jpg.jpg", "笑" * 90 + ".png", os.fsdecode(b"\xff" * 300), "." + "x" * 300],
)
def test_a_shortened_name_is_unique(name: str):
    short = shortened(name)
    assert len(os.fsencode(short)) <= 255
    assert short == shortened(name)
    assert short != shortened("x" + name)
    assert shortened(short) == short


def test_a_shortened_name_keeps_its_extension():
    assert shortened("a" * 300 + ".mp4").endswith(".mp4")
    assert shortened("short.mp4") == "short.mp4"
