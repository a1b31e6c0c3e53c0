"""The development sets as one list of mouths with lip boxes, labels and attributes."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moue.workspace.types import LABELS, Points

FACES = Path(__file__).parent / "labels" / "faces.csv"
"""Mouths of the sets without lip boxes, with their labels from blind labelling passes."""
SHORT_NAMES = {
    "yousan.ai_mouth": "yousan",
    "deepankarvarma_yawn": "yawn",
    "fantopop(HELEN)": "helen",
    "chandrikadeb7_without_mask": "portraits",
    "V-Express_generated_talking_video": "talking",
    "UTKFace": "utk",
}
PASSES = Path(__file__).parent / "labels" / "mouths3_passes.csv"
"""Labels of two later blind passes; they override all earlier labels."""
MILD = "mild pout"
TARGETS = {
    **{label: tuple(float(label == other) for other in LABELS) for label in LABELS},
    MILD: (0.35, 0.65, 0.0, 0.0),
}
"""Target probabilities of each answer of the later passes: some labellers call a mild pout none."""
MEAD = ("jixinya/EAMM", "Hangz-nju-cuhk/Talking-Face_PC-AVS")
"""Repositories with clips of the same actors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """One mouth of the development data.

    Attributes:
        file: Path from the data folder; `video.mp4#8` is frame 8 of a video.
        source: Short name of the development set.
        lips: (4,) lip box, xyxy in pixels of the file; None if the file is a mouth crop.
        label: Label on which the passes agree; None if they disagree or there was no pass.
        target: Target probabilities by label where the passes see a mild pout or disagree; None
            for the label alone.
        person: Name of the person or clip; all mouths of a person stay together.
        weak: Labels that are possible by the coarser labels of the set; all labels if it has none.
        tags: Age, gender, ethnicity and colour, if known; `rest` is `yes` if the face mesh
            measures neither a smile nor a gap between the lips.
    """

    file: str
    source: str
    lips: Points | None = None
    label: str | None = None
    target: tuple[float, ...] | None = None
    person: str = ""
    weak: tuple[str, ...] = LABELS
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique name of the mouth; a picture may have several mouths."""
        if self.lips is None or self.source_is_square:
            return self.file
        return f"{self.file}@{self.lips.round().tolist()}"

    @property
    def source_is_square(self) -> bool:
        """True if the file is already the square that `crops.py` cuts."""
        return self.file.startswith("mouths3/")


def mouths(data: Path) -> list[Mouth]:
    """Return every mouth for training and evaluation, in a fixed order."""
    passes = {(row["file"], row["face"]): row for row in _read(FACES)}
    later = {row["mouth"]: row for row in _read(PASSES)}
    found = [*_dev4(data, passes), *_utk(data, passes), *_others(data, passes), *_crops(data)]
    # All frames of one video stay together.
    found = [
        dataclasses.replace(one, person=f"{one.source}/{one.file.partition('#')[0]}")
        for one in found
    ]
    return [relabelled(one, later.get(one.name)) for one in [*_mouths3(data), *found]]


def relabelled(mouth: Mouth, row: dict[str, str] | None) -> Mouth:
    """Return a mouth with the labels of the later passes, if it has any."""
    if row is None:
        return mouth
    agreed, answers = row["agreed"], (row["pass_a"], row["pass_b"])
    if agreed in TARGETS:
        label = "pout" if agreed == MILD else agreed
        return dataclasses.replace(mouth, label=label, target=TARGETS[agreed])
    if all(answer in TARGETS for answer in answers):
        first, second = (TARGETS[answer] for answer in answers)
        mean = tuple((a + b) / 2 for a, b in zip(first, second, strict=True))
        return dataclasses.replace(mouth, label=None, target=mean)
    return dataclasses.replace(mouth, label=None)


def _mouths3(data: Path) -> Iterator[Mouth]:
    """Yield the lower-face crops of `mouths3`, which have their lips at the centre."""
    for row in _read(data / "mouths3.csv"):
        clip = row["source"] in MEAD or row["file"].startswith(("clipeamm", "clipsp"))
        side = float(row["crop_px"])
        yield Mouth(
            file=f"mouths3/{row['file']}",
            source=row["source"],
            lips=_box(row),
            label=row["eye_label"] if row["eye_label"] in LABELS else None,
            person="mead" if clip else f"{row['source']}/{row['person'] or row['file']}",
            tags={"colour": "grey" if row["grey"] == "1" else "", "side": f"{side:g}"},
        )


def agreed_label(row: dict[str, str], gap: float) -> str | None:
    """Return the label of a row of `FACES`, if its passes agree on one.

    Possible pouts have a third and a fourth pass on larger crops, which may also answer `maybe`;
    these override the first two. For parted lips, `none` of these passes includes wider gaps
    than `none` of `dev4`. A `none` with a gap above 0.18 therefore has no label; above 0.25, one
    `open` and one `unclear` give `open`.

    Args:
        gap: Height of the mouth opening divided by the mouth width.
    """
    answers = {row["third"], row["fourth"]}
    if answers == {""}:
        answers = {row["first"], row["second"]}
    if answers == {"pout", "maybe"}:
        return "pout"
    if answers == {"open", "unclear"} and gap > 0.25:
        return "open"
    if len(answers) > 1 or (answers == {"none"} and gap > 0.18):
        return None
    label = answers.pop()
    return label if label in LABELS else None


def _dev4(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    known = {row["file"]: row for row in _read(data / "utkface10k.csv")}
    for row in _read(data / "dev4.csv"):
        utkface_row = known.get(row["utkface10k_file"])
        file = f"dev4/{row['file']}"
        found = passes.get((file, "0"))
        label = row["label"] if row["agreement"] == "both" else None
        if found and label is None:
            label = agreed_label(found, float(found["gap"]))
        if row["kind"] == "face" and found is None:
            continue
        lips = _box(found) if row["kind"] == "face" and found else None
        yield Mouth(
            file=file,
            source=SHORT_NAMES[row["source"]],
            lips=lips,
            label=label,
            tags={"colour": row["colour"]} | (_person(utkface_row) if utkface_row else {}),
        )


def _utk(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    taken = {row["utkface10k_file"] for row in _read(data / "dev4.csv")}
    for row in _read(data / "utkface10k.csv"):
        if row["file"] in taken:
            continue
        file = f"utkface10k/{row['file']}"
        found = passes.get((file, "0"))
        box = np.array([float(row[f"lip_{k}"]) for k in ("x0", "y0", "x1", "y1")], np.float32)
        gap = float(row["lip_gap_px"]) / float(box[2] - box[0])
        yield Mouth(
            file=file,
            source="utk",
            lips=box,
            label=agreed_label(found, gap) if found else None,
            tags=_person(row),
        )


def _person(row: dict[str, str]) -> dict[str, str]:
    smile = (float(row["mouthSmileLeft"]) + float(row["mouthSmileRight"])) / 2
    gap = float(row["lip_gap_px"]) / (float(row["lip_x1"]) - float(row["lip_x0"]))
    rest = "yes" if smile < 0.25 and gap < 0.06 else "no"
    return {name: row[name] for name in ("age", "gender", "ethnicity")} | {"rest": rest}


def _crops(data: Path) -> Iterator[Mouth]:
    """Yield the sets of mouth crops; their folders are weak labels."""
    folders = {
        "yawn/yawn": ("smile", "open"),
        "yawn/no_yawn": ("none", "pout", "smile"),
        "mouth2/0": ("none",),
        "mouth2/1": ("smile",),
    }
    known = {Path(row["file"]).name.split("__")[-1] for row in _read(data / "dev4.csv")}
    for folder, weak in folders.items():
        source = "yawn" if folder.startswith("yawn") else "yousan"
        for path in sorted((data / folder).iterdir()):
            if path.name not in known:
                yield Mouth(file=f"{folder}/{path.name}", source=source, weak=weak)


def _others(data: Path, passes: dict[tuple[str, str], dict[str, str]]) -> Iterator[Mouth]:
    sets = {"helen": "helen", "webscrape": "web", "videos": "talking"}
    known = {Path(row["file"]).name.split("__")[-1] for row in _read(data / "dev4.csv")}
    for (file, _), row in passes.items():
        source = sets.get(file.split("/")[0])
        if source is None or (source == "helen" and Path(file).name in known):
            continue
        if source == "talking" and "stage" in file:
            source = "stage"
        label = agreed_label(row, float(row["gap"]))
        yield Mouth(file=file, source=source, lips=_box(row), label=label)


def _box(row: dict[str, str]) -> Points:
    return np.array([float(row[k]) for k in ("x0", "y0", "x1", "y1")], np.float32)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
