"""The rows of the results, and their table."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Spent

HEAD = ("step", "tutorial", "moue", "ratio", "wall", "goal", "reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        tutorial, moue: the numbers, with units.
        ratio: the factor by which moue is better; of times, by CPU time.
        wall: the factor by wall time; None if the numbers are not times.
        goal: as text.
        reached: None without a goal.
        note: an explanation.
    """

    step: str
    tutorial: str = ""
    moue: str
    ratio: float | None = None
    wall: float | None = None
    goal: str = ""
    reached: bool | None = None
    note: str = ""


def times(
    step: str, tutorial: Spent, moue: Spent, goal: float | None = None, note: str = ""
) -> Row:
    """Return the row of two CPU times; `goal` is the ratio to reach."""
    ratio = tutorial.cpu / moue.cpu
    return Row(
        step=step,
        tutorial=f"{tutorial.cpu:.1f} ms",
        moue=f"{moue.cpu:.1f} ms",
        ratio=ratio,
        wall=tutorial.wall / moue.wall,
        goal=f"{goal:g}x" if goal else "",
        reached=ratio >= goal if goal else None,
        note=note,
    )


def markdown(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """Return the table, its notes and the machine as Markdown."""
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    lines += [_line(_cells(row)) for row in rows]
    lines += [
        "",
        "ratio: of times, by CPU time, which a busy machine disturbs least; wall: by wall time.",
    ]
    lines += ["", *(f"- {row.step}: {row.note}" for row in rows if row.note)]
    lines += ["", *(f"- {name}: {value}" for name, value in facts.items())]
    return "\n".join(lines) + "\n"


def text(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """Return the Markdown with its columns aligned, for a terminal."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    plain = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    plain.insert(1, "  ".join("-" * w for w in widths))
    notes = markdown(rows, facts).split("\n")[len(rows) + 2 :]
    return "\n".join([*(line.rstrip() for line in plain), *notes])


def save(rows: Sequence[Row], facts: Mapping[str, str], folder: Path) -> None:
    """Write `table.md` and `table.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(markdown(rows, facts), encoding="utf-8")
    data = {"machine": dict(facts), "rows": [dataclasses.asdict(row) for row in rows]}
    (folder / "table.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def update_page(page: Path, rows: Sequence[Row], facts: Mapping[str, str]) -> None:
    """Replace the part `bench` of a Markdown page by the table."""
    text = page.read_text(encoding="utf-8")
    part = re.compile(r"(<!-- generated: bench -->\n).*?(\n<!-- end -->)", re.DOTALL)
    new, count = part.subn(lambda match: f"{match[1]}\n{markdown(rows, facts)}{match[2]}", text)
    if count != 1:
        raise ValueError(f"{page}: has no part <!-- generated: bench -->")
    page.write_text(new, encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    reached = {None: "", True: "yes", False: "NO"}[row.reached]
    ratios = ("" if value is None else f"{value:.1f}x" for value in (row.ratio, row.wall))
    return (row.step, row.tutorial, row.moue, *ratios, row.goal, reached)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
