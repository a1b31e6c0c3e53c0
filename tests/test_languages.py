"""All texts for people exist in Chinese; files and streams for programs do not change."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from commands import call
from moue.cli.commands import moue
from moue.cli.help_text import wrap
from moue.i18n import language
from moue.i18n.catalog import messages
from moue.i18n.translate import translate

DOCS = Path(__file__).parent.parent / "docs"
CHINESE = r"[\u4e00-\u9fff]"


@pytest.fixture
def chinese():
    """Chinese as the language of the process."""
    language.use("zh")
    yield
    language.use("en")


def is_chinese(text):
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def commands(group, path=()):
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


ALL = [path for path, _ in commands(moue)]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_help_of_a_command_has_no_english_sentence(path, capsys):
    assert call("--lang", "zh", *path, "--help") == 0
    help_text = capsys.readouterr().out
    assert is_chinese(help_text)
    command = dict(commands(moue))[path]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help and not parameter.hidden:
            assert is_chinese(parameter.help), parameter.help
    for paragraph in (command.help or "").split("\n\n"):
        assert is_chinese(paragraph) or paragraph.startswith(("\b", "例：")), paragraph
    assert max(cell_len(line) for line in help_text.splitlines() if is_chinese(line)) <= 80
    assert call(*path, "--help") == 0
    assert not is_chinese(capsys.readouterr().out)


def test_no_text_is_missing_and_placeholders_agree():
    pytest.importorskip("babel")
    done = subprocess.run(
        [sys.executable, str(DOCS / "messages.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_check_notices_a_missing_text_and_other_placeholders():
    pytest.importorskip("babel")
    sys.path.insert(0, str(DOCS))
    spec = importlib.util.spec_from_file_location("messages", DOCS / "messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    catalog = module.Catalog(locale="zh")
    catalog.add("no {name} here")
    catalog.add("{a} of {b}", "{a}／{c}")
    assert len(list(module.faults(catalog))) == 2


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("/x/嘴: no such file or folder", "/x/嘴：没有这个文件或文件夹"),
        ("{x}: no such file or folder", "{x}：没有这个文件或文件夹"),
        ("model: run-1 (the only run)", "模型：run-1（唯一的训练运行）"),
        ("12 of 30", "12 / 30"),
        ("a text that nobody knows", "a text that nobody knows"),
        ("smile", "smile"),
        ("", ""),
    ],
)
def test_a_message_is_translated_with_its_values(chinese, english, expected):
    assert translate(english) == expected


def test_every_template_is_recognised_in_its_own_messages(chinese):
    for template in messages("zh"):
        if " " in template.strip():
            assert translate(template) != template or not is_chinese(messages("zh")[template])


def test_errors_and_usage_are_chinese_and_exit_codes_stay(tmp_path, capsys):
    assert call("collect", tmp_path / "gone", "-w", tmp_path / "w", "--lang=zh") == 1
    assert "没有这个文件或文件夹" in capsys.readouterr().err
    assert call("--lang", "zh", "collect", "--gone") == 2
    assert "没有选项" in capsys.readouterr().err
    assert call("--lang", "fr", "doctor") == 2


def test_json_is_the_same_in_every_language(tmp_path, capsys):
    outputs = []
    for name in ("en", "zh"):
        assert call("info", "--json", "--lang", name, "-w", tmp_path / "gone") in (0, 1)
        call("doctor", "--json", "--lang", name)
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    json.loads(outputs[0].strip().splitlines()[-1])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MOUE_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"MOUE_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"MOUE_LANG": "zh-Hans"}, "zh"),
    ],
)
def test_the_language_comes_from_moue_lang_or_the_system(environment, expected):
    assert language.from_environment(environment) == expected


@pytest.mark.parametrize(
    ("arguments", "rest", "chosen"),
    [
        (["--lang", "zh", "run"], ["run"], "zh"),
        (["run", "--lang=en", "x"], ["run", "x"], "en"),
        (["run", "--", "--lang", "zh"], ["run", "--", "--lang", "zh"], None),
        (["run", "--lang", "fr"], ["run", "--lang", "fr"], None),
        (["run", "--lang"], ["run", "--lang"], None),
    ],
)
def test_the_flag_may_stand_anywhere(arguments, rest, chosen):
    assert language.split_flag(arguments) == (rest, chosen)


def test_a_terminal_without_chinese_characters_gets_english():
    environment = os.environ | {"MOUE_LANG": "zh", "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "moue", "doctor"]
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0
    assert b"\\u" not in done.stdout


def test_texts_of_sheets_are_chinese_only_if_a_font_exists(chinese, monkeypatch):
    from moue.media import draw

    monkeypatch.setattr(draw, "_system_font", lambda character: None)
    assert draw.sheet_text("{title}: {n} pictures", title="a", n=3) == "a: 3 pictures"
    monkeypatch.undo()
    if draw.drawable("中文") == "中文":
        assert draw.sheet_text("{title}: {n} pictures", title="a", n=3) == "a：3 张图片"
        assert is_chinese(draw.sheet_text("/x: no such file or folder"))
        assert draw.sheet_text("{a file}.jpg") == "{a file}.jpg"


def test_every_text_of_a_sheet_is_in_the_catalog():
    """`sheet_text` translates whole templates; one that is not a literal would stay English."""
    source = Path(__file__).parent.parent / "src/moue"
    calls = [
        node.args[0]
        for path in source.rglob("*.py")
        if "sheet_text(" in path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "sheet_text"
    ]
    parts = [part for node in calls for part in ast.walk(node) if isinstance(part, ast.Constant)]
    texts = {part.value for part in parts if isinstance(part.value, str) and " " in part.value}
    assert len(texts) > 20
    assert texts <= set(messages("zh"))


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("collect   32 done      new 32, all 32", "collect   完成 32      新 32，全部 32"),
        ("collect   nothing new  new 0, all {n}", "collect   无新内容  新 0，全部 {n}"),
        ("          dry run: nothing was dropped", "          试运行：没有剔除任何图片"),
        ("{…}", "{…}"),
    ],
)
def test_the_output_of_a_command_is_translated_for_a_chapter(english, expected):
    from moue.i18n.translate import translate_output

    assert translate_output(english, "zh") == expected
    assert translate_output(english, "en") == english


def test_chinese_lines_end_in_time_and_never_begin_with_a_comma():
    text = "标签来自文件夹名（none、pout、smile、open，或 0 到 3），也可来自 CSV 文件。" * 4
    lines = wrap(text, 40, "  ", "  ").split("\n")
    assert all(cell_len(line) <= 42 for line in lines)
    assert not [line for line in lines if line.strip()[0] in "，。、）；："]
    assert "".join(line.strip() for line in lines).replace(" ", "") == text.replace(" ", "")
