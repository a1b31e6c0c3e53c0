"""The table of the tutorial: each of its files, functions, parameters and ideas, and moue's.

The rows stand in `tutorial_table.csv`. `docs/generate.py` writes them into the docs, and the
chapters of the course name the rows that they explain.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

CHAPTERS = (
    "whole-way", "collecting", "one-format", "cascade", "landmarks-and-crop", "duplicates",
    "data-interface", "network", "loss", "optimizer", "scheduler", "training", "honest-testing",
    "pictures-video-camera",
)  # fmt: skip
"""Names of the chapters of the course, in order, without their numbers."""
FIGURES = (
    "cascade", "crop", "transforms", "line-fit", "cross-entropy", "optimizers", "loss-surface",
    "schedules", "feature-maps", "receptive-field", "parameters", "perceptual-hash", "leakage",
    "confusion", "whole-way", "jpeg-bytes", "dict-comprehension",
)  # fmt: skip
"""Names of the figures of the course."""
KINDS = {
    "concept": "概念", "system": "系统", "file": "文件", "function": "函数", "parameter": "参数",
    "code": "代码", "analogy": "类比", "problem": "问题",
}  # fmt: skip
"""Kinds of rows, with their Chinese names."""
SECTIONS = {
    "1": ("Background", "项目背景"),
    "2": ("Collecting pictures", "数据获取"),
    "3": ("Processing the data", "数据处理"),
    "3.1": ("One format", "图片格式统一"),
    "3.2": ("Cleaning", "数据清洗"),
    "3.3": ("Cutting out the lips", "提取嘴唇区域"),
    "4": ("Training and testing", "模型搭建训练与测试"),
    "4.1": ("Data interface", "数据接口准备"),
    "4.2": ("Network", "模型定义"),
    "4.3": ("Training", "模型训练"),
    "4.4": ("Testing", "模型测试"),
    "5": ("Concepts", "相关概念"),
}
"""Sections of the tutorial, with their titles in English and in Chinese."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the tutorial.

    Attributes:
        id: unique name of the row.
        section: section of the tutorial, a key of `SECTIONS`.
        kind: kind of the item, a key of `KINDS`.
        tutorial: the item under its name in the tutorial.
        tutorial_zh: the same in Chinese; empty for code, which has no translation.
        chapter: chapter that explains it, one of `CHAPTERS`.
        command: command of moue that does it or shows it.
        figure: figure that shows it, one of `FIGURES`.
        test: file below `tests/`, or `FILE::FUNCTION`, that checks moue's counterpart.
        en, zh: the counterpart in moue, one or two sentences in English and in Chinese.
        mention: words that the English and the Chinese chapter contain, separated by a slash;
            empty for none.
    """

    id: str
    section: str
    kind: str
    tutorial: str
    tutorial_zh: str
    chapter: str
    command: str
    figure: str
    test: str
    en: str
    zh: str
    mention: str

    @property
    def is_code(self) -> bool:
        """True if `tutorial` is code or a name in code."""
        return not self.tutorial_zh and self.kind in ("file", "function", "parameter", "code")

    def item(self, language: str) -> str:
        """Return the item in a language, `en` or `zh`."""
        return self.tutorial_zh if language == "zh" and self.tutorial_zh else self.tutorial


@cache
def rows() -> tuple[Row, ...]:
    """Return all rows in the order of the tutorial."""
    text = (files("moue.learn") / "tutorial_table.csv").read_text(encoding="utf-8")
    names = [field.name for field in fields(Row)]
    return tuple(
        Row(**{name: row[name] for name in names}) for row in csv.DictReader(text.splitlines())
    )


def of_chapter(chapter: str) -> tuple[Row, ...]:
    """Return the rows that a chapter explains.

    Args:
        chapter: name of the chapter, with or without its number.
    """
    name = chapter.lstrip("0123456789").lstrip("-")
    return tuple(row for row in rows() if row.chapter == name)


def markdown(language: str) -> str:
    """Return the table as Markdown, one table per section of the tutorial.

    Args:
        language: `en` or `zh`.
    """
    chinese = language == "zh"
    head = "| 教程中 | moue 中 | 章 | 命令 | 图 |" if chinese else (
        "| in the tutorial | in moue | chapter | command | figure |"
    )  # fmt: skip
    lines: list[str] = []
    for section, titles in SECTIONS.items():
        found = [row for row in rows() if row.section == section]
        if not found:
            continue
        lines += ["", f"### {section} {titles[chinese]}", "", head, "|---|---|---|---|---|"]
        lines += [_line(row, chinese) for row in found]
    return "\n".join(lines[1:])


def _line(row: Row, chinese: bool) -> str:
    kind = KINDS[row.kind] if chinese else row.kind
    item = row.item("zh" if chinese else "en").replace("|", "\\|")
    if row.is_code:
        item = f"`{item}`"
    number = CHAPTERS.index(row.chapter) + 1
    said = (row.zh if chinese else row.en).replace("|", "\\|")
    bracket = f"（{kind}）" if chinese else f" ({kind})"
    return f"| {item}{bracket} | {said} | {number} | `{row.command}` | {row.figure} |"
