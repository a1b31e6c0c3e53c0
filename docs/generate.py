"""Write the generated parts of the docs; `--check` fails when one of them is stale.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->` in a Markdown page.
The part `bench` is left alone: `make bench` writes it.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import course_glossary

from moue.learn import tutorial_table
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import LABELS

Scores: TypeAlias = dict[tuple[str, str], dict[str, Any]]
"""Score rows of a model card by test set and measure."""
DOCS = Path(__file__).parent
ROOT = DOCS.parent
BUNDLED = ROOT / "src/moue/model/bundled"
PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(\n<!-- end -->)", re.DOTALL)

CHINESE = {
    "left-out sources": "未参与训练的来源",
    "left-out sources, without mild pouts": "未参与训练的来源，不含轻微噘嘴",
    "left-out sources, cross-fitted": "未参与训练的来源，交叉拟合",
    "web pictures, a left-out source": "网络图片，未参与训练的来源",
    "a third of UTKFace": "UTKFace 中未参与训练的三分之一",
    "with a face mesh": "有人脸网格的嘴部",
    "the darkest third": "最暗的三分之一",
    "the brightest third": "最亮的三分之一",
    "children": "儿童",
    "aged 60 and older": "60 岁及以上",
    "male": "男性",
    "female": "女性",
    "white": "白人",
    "black": "黑人",
    "asian": "东亚裔",
    "indian": "印度裔",
    "white adults at rest": "嘴部静止的成年白人",
    "black adults at rest": "嘴部静止的成年黑人",
    "asian adults at rest": "嘴部静止的成年东亚裔",
    "indian adults at rest": "嘴部静止的成年印度裔",
    "mouths hidden by a blob or a mask": "被色块或口罩遮住的嘴部",
    "crops next to the mouth": "嘴部旁边的裁剪图",
    "the same mouths in grey": "同一批嘴部的灰度图",
    "accuracy": "准确率",
    "macro-F1": "宏平均 F1",
    "recall of none": "`none` 的召回率",
    "recall of pout": "`pout` 的召回率",
    "recall of smile": "`smile` 的召回率",
    "recall of open": "`open` 的召回率",
    "expected calibration error": "期望校准误差",
    "coverage at a maximum error of 0.02": "最大错误率 0.02 时的覆盖率",
    "coverage at a maximum error of 0.05": "最大错误率 0.05 时的覆盖率",
    "error of the answers at a maximum error of 0.02": "最大错误率 0.02 时作答的错误率",
    "error of the answers at a maximum error of 0.05": "最大错误率 0.05 时作答的错误率",
    "predicted as pout": "预测为 `pout`",
    "abstained": "弃答",
    "same predicted label": "预测标签与彩色时相同",
}
"""Chinese for every test set and measure of the model cards."""


def main() -> int:
    """Write all parts, or list the pages that are stale."""
    check = "--check" in sys.argv
    stale = []
    for page in sorted(DOCS.rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        new = PART.sub(lambda match, page=page: _filled(match, page), old)
        if new != old:
            stale.append(page.relative_to(ROOT).as_posix())
            if not check:
                page.write_text(new, encoding="utf-8")
    glossary = course_glossary.TARGET
    if not glossary.exists() or glossary.read_text(encoding="utf-8") != course_glossary.content():
        stale.append(glossary.relative_to(ROOT).as_posix())
        if not check:
            glossary.write_text(course_glossary.content(), encoding="utf-8")
    if check and stale:
        print(f"{', '.join(stale)}: stale; run `make docs`", file=sys.stderr)
    return int(check and bool(stale))


def file_tree(page: Path) -> str:
    """Return one table for each package: its files with the first sentence of their docstrings."""
    lines: list[str] = []
    for folder in _packages(ROOT / "src/moue"):
        name = folder.relative_to(ROOT / "src").as_posix()
        summary = _summary(folder / "__init__.py")
        lines += ["", f"### `{name}/`", "", summary, "", "| file | content |", "|---|---|"]
        files = (p for p in sorted(folder.glob("*.py")) if p.name != "__init__.py")
        lines += [f"| `{path.name}` | {_summary(path)} |" for path in files]
    return "\n".join(lines[1:])


def layers(page: Path) -> str:
    """Return the layers that the test of imports checks, from the top down."""
    tree = ast.parse((ROOT / "tests/test_architecture.py").read_text(encoding="utf-8"))
    values = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("FLOORS", "LAYERS")
    ]
    names = [sorted(layer) for layer in ast.literal_eval(values[0])]
    return "\n".join(f"    {'  '.join(layer)}" for layer in names)


def drop_reasons(page: Path) -> str:
    """Return the table of drop reasons."""
    rows = [f"| `{reason}` | {meaning} |" for reason, meaning in DROP_REASONS.items()]
    return "\n".join(["| reason | meaning |", "|---|---|", *rows])


LABEL_MEASURES = ("accuracy", "macro-F1", *(f"recall of {label}" for label in LABELS))
RIVAL = " of MediaPipe with plain rules"


def model_scores(page: Path, name: str = "mouth") -> str:
    """Return the scores of a bundled model: accuracy by test set, then all other measures."""
    chinese = page.parent.name == "zh"
    scores = _scores(name)
    head = ["测试集", "n"] if chinese else ["test set", "n"]
    head += [_word(measure, chinese) for measure in LABEL_MEASURES]
    lines = [_row(head), _row(["---"] * len(head))]
    sets = dict.fromkeys(on for on, measure in scores if measure in LABEL_MEASURES)
    for on in sets:
        for suffix in ("", RIVAL):
            if (on, f"accuracy{suffix}") in scores:
                lines.append(_score_row(scores, on, suffix, chinese))
    head = ["测试集", "指标", "n", "值"] if chinese else ["test set", "measure", "n", "value"]
    lines += ["", _row(head), _row(["---"] * len(head))]
    for (on, measure), score in scores.items():
        if measure.removesuffix(RIVAL) not in LABEL_MEASURES:
            words = [_word(on, chinese), _word(measure, chinese)]
            lines.append(_row([*words, f"{score['count']:,}", _interval(score)]))
    return "\n".join(lines)


def tutorial_rows(page: Path) -> str:
    """Return the table of the tutorial in the language of the page."""
    return tutorial_table.markdown("zh" if page.parent.name == "zh" else "en")


def _score_row(scores: Scores, on: str, suffix: str, chinese: bool) -> str:
    rival = ("，MediaPipe 简单规则" if chinese else RIVAL.replace(" of", ":")) if suffix else ""
    cells = [_word(on, chinese) + rival, f"{scores[on, f'accuracy{suffix}']['count']:,}"]
    for measure in LABEL_MEASURES:
        score = scores.get((on, measure + suffix))
        if score is None:
            cells.append("")
        elif measure.startswith("recall"):
            cells.append(f"{score['value']:.3f}")
        else:
            cells.append(_interval(score))
    return _row(cells)


def _interval(score: dict[str, Any]) -> str:
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _word(text: str, chinese: bool) -> str:
    """Translate a test set or measure; a name of a repository stays."""
    if not chinese:
        return text
    if text in CHINESE:
        return CHINESE[text]
    if text.startswith("left-out source "):
        source, _, rest = text.removeprefix("left-out source ").partition(", ")
        return f"未参与训练的来源 {source}" + (f"，{CHINESE[rest]}" if rest else "")
    return "，".join(CHINESE.get(part, part) for part in text.split(", "))


def _filled(match: re.Match[str], page: Path) -> str:
    part = PARTS.get(match[2])
    return f"{match[1]}\n{part(page)}\n{match[3]}" if part else match[0]


PARTS = {
    "file-tree": file_tree,
    "layers": layers,
    "drop-reasons": drop_reasons,
    "model-scores": model_scores,
    "large-scores": partial(model_scores, name="mouth-l"),
    "tutorial-table": tutorial_rows,
}


def _scores(name: str) -> Scores:
    card = json.loads((BUNDLED / f"{name}.json").read_text(encoding="utf-8"))
    return {(s["on"], s["measure"]): s for s in card["scores"]}


def _packages(folder: Path) -> Iterator[Path]:
    yield folder
    for below in sorted(p.parent for p in folder.glob("*/__init__.py")):
        yield from _packages(below)


def _summary(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) ", paragraph)[0].replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
