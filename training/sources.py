"""The development sets as one list of mouths: where each is, what it may be, who it is of."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moue.sample import LABELS, Points

FACES = Path(__file__).parent / "labels" / "faces.csv"
"""Mouths of the sets that come without boxes, and what two blind passes said of them."""
SHORT = {
    "yousan.ai_mouth": "yousan",
    "deepankarvarma_yawn": "yawn",
    "fantopop(HELEN)": "helen",
    "chandrikadeb7_without_mask": "portraits",
    "V-Express_generated_talking_video": "talking",
    "UTKFace": "utk",
}
SOFT = ("mouthPucker", "mouthFunnel", "jawOpen", "mouthSmileLeft", "mouthSmileRight",
        "mouthFrownLeft", "mouthStretchLeft", "cheekPuff", "yaw",
        "ref_none", "ref_pout", "ref_smile", "ref_open")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """One mouth of the development data.

    Attributes:
        file: from the data folder; `video.mp4#8` is frame 8 of a video.
        lips: (4,) xyxy pixels of the file; None where the file is a mouth crop already.
        label: what two passes agree on; None where they do not, or there was none.
        soft: what machines said of it, by name; empty where they were not asked.
        tags: age, gender, ethnicity and colour where they are known.
    """

    file: str
    source: str
    lips: Points | None = None
    label: str | None = None
    soft: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def mouths(data: Path) -> list[Mouth]:
    """Return every mouth that training or judging may use, in a fixed order."""
    passes = {(row["file"], row["face"]): row for row in _read(FACES)}
    return [*_dev4(data, passes), *_utk(data, passes), *_others(data, passes)]


def agreed(row: dict[str, str]) -> str | None:
    """Return the label of a row of `FACES`, if its passes agree on one.

    Mouths that might be pouts were looked at again, larger, in a third and a fourth pass that
    could also say `maybe`; these decide where they were made.
    """
    said = {row["third"], row["fourth"]}
    if said != {""}:
        if "pout" in said and said <= {"pout", "maybe"}:
            return "pout"
    else:
        said = {row["first"], row["second"]}
    label = said.pop()
    return label if not said and label in LABELS else None


def _dev4(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    for row in _read(data / "dev4.csv"):
        file = f"dev4/{row['file']}"
        found = passes.get((file, "0"))
        label = row["label"] if row["agreement"] == "both" else None
        if found and label is None:
            label = agreed(found)
        if row["kind"] == "face" and found is None:
            continue
        lips = _box(found) if row["kind"] == "face" and found else None
        source, tags = SHORT[row["source"]], {"colour": row["colour"]}
        yield Mouth(file=file, source=source, lips=lips, label=label, tags=tags)


def _utk(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    taken = {row["utkface10k_file"] for row in _read(data / "dev4.csv")}
    for row in _read(data / "utkface10k.csv"):
        if row["file"] in taken:
            continue
        file = f"utkface10k/{row['file']}"
        found = passes.get((file, "0"))
        box = np.array([float(row[f"lip_{k}"]) for k in ("x0", "y0", "x1", "y1")], np.float32)
        soft = {name: float(row[name]) for name in SOFT}
        soft["gap"] = float(row["lip_gap_px"]) / float(row["interocular_px"])
        soft["width"] = float(box[2] - box[0]) / float(row["interocular_px"])
        yield Mouth(
            file=file,
            source="utk",
            lips=box,
            label=agreed(found) if found else None,
            soft=soft,
            tags={name: row[name] for name in ("age", "gender", "ethnicity")},
        )


def _others(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    sets = {"helen": "helen", "webscrape": "web", "videos": "talking"}
    known = {Path(row["file"]).name.split("__")[-1] for row in _read(data / "dev4.csv")}
    for (file, _), row in passes.items():
        source = sets.get(file.split("/")[0])
        if source is None or (source == "helen" and Path(file).name in known):
            continue
        if source == "talking" and "stage" in file:
            source = "stage"
        label = agreed(row)
        yield Mouth(file=file, source=source, lips=_box(row), label=label)


def _box(row: dict[str, str]) -> Points:
    return np.array([float(row[k]) for k in ("x0", "y0", "x1", "y1")], np.float32)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
