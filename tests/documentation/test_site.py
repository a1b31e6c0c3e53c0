"""The website loads nothing from elsewhere; the checks of the docs notice what they should."""

from __future__ import annotations

import importlib.util

import pytest

from documentation.markdown_blocks import ROOT


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/a.js"></script>',
        "<script defer src=//cdn.example/a.js></script>",
        '<img alt="" src="http://a.example/b.png">',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<link href="https://fonts.example" rel=preconnect crossorigin>',
        "@import 'https://a.example/b.css';",
        "a { background: url(//a.example/b.png) }",
    ],
)
def test_external_loads_are_noticed(text):
    assert load("site_hooks").external_loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.org">a link</a>',
        '<script src="../assets/a.js"></script>',
        '<link rel="canonical" href="https://example.org/">',
        "a { background: url(data:image/png;base64,AA==) }",
    ],
)
def test_links_and_local_files_are_allowed(text):
    assert not load("site_hooks").external_loads(text)


def test_a_changed_english_page_makes_its_translation_stale(tmp_path, monkeypatch):
    translations = load("translations")
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    for path in ("README.md", "README.zh-CN.md", "docs/a.md", "docs/zh/a.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("text\n", encoding="utf-8")
    assert translations.stale() == ["README.zh-CN.md", "docs/zh/a.md"]
    translations.stamp([])
    assert translations.stale() == []
    (tmp_path / "docs/a.md").write_text("new text\n", encoding="utf-8")
    assert translations.stale() == ["docs/zh/a.md"]


@pytest.mark.parametrize("phrase", ["the finder", "The finder", "the\n    finder"])
def test_word_list_finds_a_phrase(phrase):
    words = load("word_list")
    assert words.PATTERN.search(f"say {phrase} here")
    assert not words.PATTERN.search("the detector finds it")
