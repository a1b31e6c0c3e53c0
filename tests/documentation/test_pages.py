"""The pages agree with the code and with each other."""

from __future__ import annotations

import json
import re

import pytest

from documentation.markdown_blocks import ENGLISH, ROOT, name
from moue.workspace.drop_reasons import DROP_REASONS

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
CHINESE = sorted((ROOT / "docs/zh").rglob("*.md"))
PAGES = [*ENGLISH, READMES[1], ROOT / "CONTRIBUTING.md", *CHINESE]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", READMES, ids=name)
def test_readme_has_at_most_150_lines(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    missing = [x for x in links if "://" not in x and not (page.parent / x).exists()]
    assert not missing


def test_every_guide_exists_in_chinese():
    english, chinese = (
        {p.name for p in (ROOT / at).glob("*.md")} for at in ("docs/guides", "docs/zh/guides")
    )
    assert english == chinese


@pytest.mark.parametrize("page", CHINESE, ids=name)
def test_a_page_in_two_languages_links_the_other_one_below_its_title(page):
    path = page.relative_to(ROOT / "docs/zh")
    other = ROOT / "docs" / path
    up = "../" * len(path.parts)
    assert third_line(page) == f"[English]({up}{path.as_posix()}) · **简体中文**"
    back = "../" * (len(path.parts) - 1)
    assert third_line(other) == f"**English** · [简体中文]({back}zh/{path.as_posix()})"


def third_line(page):
    return page.read_text(encoding="utf-8").splitlines()[2]


@pytest.mark.parametrize("page", READMES, ids=name)
@pytest.mark.parametrize(("model", "shown"), [("mouth", 2), ("mouth-l", 1)])
def test_readme_shows_the_accuracy_of_the_model_card(page, model, shown):
    card = json.loads((ROOT / f"src/moue/model/bundled/{model}.json").read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8").replace(" %", "%")
    tests = ["left-out sources", "a third of UTKFace"][:shown]
    scores = [s for s in card["scores"] if s["measure"] == "accuracy" and s["on"] in tests]
    assert len(scores) == shown
    for score in scores:
        value, low, high = (f"{100 * round(score[key], 3):.1f}" for key in ("value", "low", "high"))
        assert re.search(rf"{value}%\s?[(（]{low}–{high}[)）]", text)


def test_chinese_drop_reasons_are_complete():
    text = (ROOT / "docs/zh/drop-reasons.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == list(DROP_REASONS)


def test_glossaries_have_the_same_terms():
    english = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    chinese = (ROOT / "docs/zh/glossary.md").read_text(encoding="utf-8")
    pairs = re.findall(r"^\| ([^|]+?) \| [^|]+ \| ([^|]+?) \|", english, re.MULTILINE)[0:]
    known = re.findall(r"^\| ([^|]+?) \| [^|]+ \|", chinese, re.MULTILINE)
    assert [zh for _, zh in pairs if zh not in known and zh not in ("中文", "---")] == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/zh/architecture.md"])
def test_files_named_in_architecture_exist(page):
    names = re.findall(r"`([\w/]+\.py)`", (ROOT / page).read_text(encoding="utf-8"))
    assert len(names) > 30
    assert not [x for x in names if not any((p / x).exists() for p in (ROOT, ROOT / "src/moue"))]
