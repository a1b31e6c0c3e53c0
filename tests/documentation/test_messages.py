"""The message catalogs of the studio: what is extracted, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "src/moue/studio/static"

pytest.importorskip("babel")


@pytest.fixture(scope="module")
def messages():
    spec = importlib.util.spec_from_file_location("messages", ROOT / "docs/messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(folder: Path, text: str, messages, monkeypatch) -> list:
    path = folder / "page.js"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(messages, "_name", lambda given: given.name)
    return list(messages.script_texts(path))


def test_texts_in_nested_templates_are_found(tmp_path, messages, monkeypatch):
    text = 'html`<p>${on ? html`<b>${t("It\'s on, {name}", { name })}</b>` : t("Off")}</p>`'
    assert script(tmp_path, text, messages, monkeypatch) == ["It's on, {name}", "Off"]


def test_a_plural_is_a_pair_and_long_texts_may_be_joined(tmp_path, messages, monkeypatch):
    text = 'n("{n} face",\n  "{n} " + "faces", count); t("a " +\n "b")'
    assert script(tmp_path, text, messages, monkeypatch) == [("{n} face", "{n} faces"), "a b"]


@pytest.mark.parametrize("call", ["t(title)", "t(`a ${b}`)", 'n("{n} face", many, 2)', "t('a')"])
def test_a_text_that_cannot_be_extracted_is_an_error(tmp_path, messages, monkeypatch, call):
    with pytest.raises(ValueError, match=r"page\.js:1: write the text as a literal"):
        script(tmp_path, call, messages, monkeypatch)


def test_names_that_end_with_t_or_n_are_no_texts(tmp_path, messages, monkeypatch):
    text = 'put("settings", value); on("state", f); list.t("x"); export function t(text) {}'
    assert script(tmp_path, text, messages, monkeypatch) == []


def test_missing_chinese_and_other_placeholders_are_reported(messages):
    catalog = messages.Catalog(locale="zh")
    catalog.add("Drop", string="")
    catalog.add("{n} of {total}", string="{n}/{all}")
    catalog.add("Undo", string="撤销")
    found = list(messages.faults(catalog))
    assert len(found) == 2
    assert "no Chinese for “Drop”" in found[0]
    assert "other placeholders" in found[1]


def test_the_page_has_chinese_for_every_text_of_its_scripts(messages):
    chinese = json.loads((STATIC / "locale/zh.json").read_text(encoding="utf-8"))
    for path in sorted(STATIC.rglob("*.js")):
        if "vendor" in path.parts:
            continue
        for text in messages.script_texts(path):
            english = text[0] if isinstance(text, tuple) else text
            assert chinese.get(english), f"{path.name}: {english}"
            assert set(re.findall(r"\{\w+\}", chinese[english])) == set(
                re.findall(r"\{\w+\}", text[1] if isinstance(text, tuple) else text)
            )


def test_no_script_of_the_page_names_another_host():
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in (".js", ".css", ".html") and "vendor" not in path.parts:
            assert not re.search(r"""["'(]https?://""", path.read_text(encoding="utf-8")), path
