"""Every text of a figure has its Chinese, with the same placeholders."""

from __future__ import annotations

import json
import re

import pytest

from figure_names import FIGURE_NAMES, FIGURES

CALL = re.compile(r'(?<![\w.])t\(\s*(?:("(?:[^"\\\n]|\\.)*")|(?=[^)\s]))')
ENTRY = re.compile(r'^  ("(?:[^"\\]|\\.)*"):\s*("(?:[^"\\]|\\.)*"),$', re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\w+\}")
NAMES = sorted(path.stem for path in (FIGURES / "zh").glob("*.js"))


def chinese(name: str) -> dict[str, str]:
    script = (FIGURES / "zh" / f"{name}.js").read_text(encoding="utf-8")
    entries = {json.loads(key): json.loads(value) for key, value in ENTRY.findall(script)}
    lines = [line for line in script.splitlines() if line.startswith("  ")]
    assert len(entries) == len(lines), f"{name}: one entry per line, each key once"
    return entries


def used(name: str) -> set[str]:
    """Return the texts of a figure and its parts, such as `cascade.js` and `cascade_parts.js`."""
    texts = set()
    files = [FIGURES / f"{name}.js", *FIGURES.glob(f"{name.replace('-', '_')}_*.js")]
    for path in files:
        script = path.read_text(encoding="utf-8")
        for match in CALL.finditer(script):
            assert match[1], f"{path.name}: write the text as a literal in double quotes"
            texts.add(json.loads(match[1]))
    return texts


@pytest.mark.parametrize("name", NAMES)
def test_the_chinese_has_exactly_the_texts_of_the_figure(name):
    assert set(chinese(name)) == used(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_chinese_text_has_the_placeholders_of_the_english(name):
    for text, translated in chinese(name).items():
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(text)), text


def test_every_figure_has_a_chinese_dictionary():
    assert set(FIGURE_NAMES) <= set(NAMES)
