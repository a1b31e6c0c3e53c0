"""Evaluate detectors on held-out pictures.

A face is found if the IoU of its lip box with the true lip box is at least 0.3. The true lips are
the points of `landmarks68`; face mesh points of the held-out half of HELEN, also rotated by
30 degrees, and of the held-out tenth of UTKFace, by group of people; and pseudo-labels of both
teachers in held-out web pictures, video frames and `photos`, for faces at least 32 px wide. A
false positive has its lips outside every YuNet box of score 0.3 or more.

A detector is a backend of moue, `yunet-SIDE` (lips estimated from mouth corners), or
`yunet-SIDE+dlib68`. Times are medians over pictures, in milliseconds of CPU time, without decoding.
"""

from __future__ import annotations

import csv
import json
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from moue.evaluation.metrics import wilson
from moue.face import dlib68
from moue.face.backends import FaceSettings, detect_faces
from moue.face.mouth_crop import LIPS, lips_box
from moue.files import write_json
from moue.geometry import box_around, center_inside, iou, scale_box
from moue.media.image import Picture, resize_to_fit
from moue.model.bundled import Score
from research.common.held_out import held_out
from research.common.landmarks import OUTER_LIPS
from research.common.video_frames import read_picture
from research.face_detector.arrays import Floats

FOUND, MIN_FACE_WIDTH, CHILD = 0.3, 32, 12
"""Minimum IoU of a found face, its minimum width in pixels, and maximum age of a child."""
WHOLE_PICTURE = np.array([-1e4, -1e4, 1e4, 1e4])
"""Box for pictures with one known face, where false positives are not counted."""
DetectLips = Callable[[np.ndarray], list[Floats]]
"""A function from (H, W, 3) RGB to lip boxes."""


@dataclass
class Case:
    """One picture: its true lips, and the boxes in which a face may be."""

    group: str
    file: str
    lips: list[Floats] = field(default_factory=list)
    maybe: list[Floats] = field(default_factory=list)
    turn: float = 0.0
    """Rotation of the picture before detection, in degrees."""


def cases(data: Path, mesh: Path, pseudo_labels: Path) -> Iterator[Case]:
    """Yield every evaluation picture with its true lip boxes."""
    rows = json.loads(pseudo_labels.read_text())
    boxes_by_file = {row["file"]: [np.array(face["box"]) for face in row["faces"]] for row in rows}
    for xml in sorted((data / "landmarks68").glob("*_with_face_landmarks.xml")):
        for image in ElementTree.parse(xml).getroot().iter("image"):
            file = f"landmarks68/{image.get('file')}"
            case = Case("landmarks68", file, [], boxes_by_file.get(file, []))
            for box in image.iter("box"):
                parts = sorted(box.iter("part"), key=lambda part: str(part.get("name")))
                points = np.array([[float(p.get(k, 0)) for k in "xy"] for p in parts])
                case.lips.append(lips_box(points.astype(np.float32)))
            yield case
    for row in rows:
        group = row["file"].split("/")[0]
        if group == "landmarks68" or not held_out(row["file"]):
            continue
        case = Case(
            group if row["faces"] else "no face", row["file"], [], boxes_by_file[row["file"]]
        )
        for face in row["faces"]:
            if face["points"] is not None:
                points = np.array(face["points"]).reshape(-1, 2)
                if np.ptp(points[:, 0]) >= MIN_FACE_WIDTH:
                    case.lips.append(_tight(points[OUTER_LIPS]))
        yield case
    files = json.loads((mesh / "mouths.json").read_text())
    people = _people(data)
    with np.load(mesh / "mesh.npz") as kept:
        for (file, _), points in zip(files, kept["P"][..., :2], strict=True):
            if np.isnan(points[0, 0]) or not held_out(file):
                continue
            if file.startswith("utkface10k/"):
                yield Case(people[file], file, [_tight(points[OUTER_LIPS])], [WHOLE_PICTURE])
            if file.startswith("helen/"):
                for turn in (0, -30, 30):
                    group = "helen, 30 degrees" if turn else "helen"
                    matrix = _turn(read_picture(data, file).shape, turn)
                    lips = _tight(points[OUTER_LIPS] @ matrix[:, :2].T + matrix[:, 2])
                    yield Case(group, file, [lips], [WHOLE_PICTURE], turn)


def _people(data: Path) -> dict[str, str]:
    """Return the group of each file of UTKFace."""
    with (data / "utkface10k.csv").open(newline="") as table:
        return {
            f"utkface10k/{row['file']}": "utk, child"
            if row["age"] and int(row["age"]) <= CHILD
            else f"utk, {row['ethnicity']}"
            for row in csv.DictReader(table)
        }


def _turn(shape: tuple[int, ...], degrees: float) -> np.ndarray:
    return cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), degrees, 1.0)


def _tight(points: Floats) -> Floats:
    return np.concatenate([points.min(0), points.max(0)])


def detector_by_name(name: str, model: Path) -> DetectLips:
    """Return the detector with a name; `model` is the ONNX file of YuNet."""
    if not name.startswith("yunet"):
        settings = FaceSettings(backend=name)  # type: ignore[arg-type]
        return lambda image: [f.lips for f in detect_faces(Picture.from_array(image), settings)]
    side, _, points = name.removeprefix("yunet-").partition("+")
    net = cv2.FaceDetectorYN.create(str(model), "", (320, 320), 0.6)
    predictor = _predictor() if points else None

    def find(image: np.ndarray) -> list[Floats]:
        small = resize_to_fit(image, int(side))
        net.setInputSize((small.shape[1], small.shape[0]))
        rows = net.detect(np.ascontiguousarray(small[..., ::-1]))[1]
        scale = max(image.shape) / max(small.shape)
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if predictor else None
        sane = [] if rows is None else [r[:14] * scale for r in rows if np.isfinite(r).all()]
        return [_corners(row) if predictor is None else predictor(grey, row) for row in sane]

    return find


def _corners(row: Floats) -> Floats:
    # YuNet finds only the corners of the lips, so the height is a guess: 0.45 of the width.
    width = float(np.hypot(*(row[10:12] - row[12:14])))
    return box_around((row[10:12] + row[12:14]) / 2, np.array([width, 0.45 * width]))


def _predictor() -> Callable[[Any, Floats], Floats]:
    import dlib

    predict = dlib.shape_predictor(str(dlib68.verified()))

    def lips(grey: Any, row: Floats) -> Floats:
        # dlib's own boxes are square, from the brows to the chin.
        side, middle = float(row[2:4].mean()), row[:2] + row[2:4] * (0.5, 0.55)
        box = [round(float(v)) for v in (*(middle - side / 2), *(middle + side / 2))]
        parts = predict(grey, dlib.rectangle(*box)).parts()
        return _tight(np.array([(p.x, p.y) for p in parts], np.float32)[LIPS])

    return lips


def evaluate(find: DetectLips, data: Path, all_cases: list[Case]) -> dict[str, dict[str, Any]]:
    """Return counts of faces, found and false positives, IoUs and times, by group."""
    result: dict[str, dict[str, Any]] = {}
    for case in all_cases:
        row = result.setdefault(
            case.group,
            {"faces": 0, "found": 0, "overlaps": [], "false": 0, "pictures": 0, "ms": []},
        )
        image = read_picture(data, case.file)
        if case.turn:
            turned = cv2.warpAffine(image, _turn(image.shape, case.turn), image.shape[1::-1])
            image = np.asarray(turned)
        # CPU time of this thread, so other load on the machine counts less.
        begun = time.thread_time()
        lips = find(image)
        row["ms"].append(1000 * (time.thread_time() - begun))
        row["pictures"] += 1
        for true in case.lips:
            best = max((float(iou(box, true)) for box in lips), default=0.0)
            row["faces"] += 1
            row["found"] += best >= FOUND
            row["overlaps"].append(best)
        row["false"] += sum(
            not any(center_inside(box, scale_box(other[:4], 1.3)) for other in case.maybe)
            for box in lips
        )
    return result


def scores(group: str, row: dict[str, Any]) -> Iterator[Score]:
    """Yield a detector's scores in a group for its card: recall and lip IoU."""
    if not row["faces"]:
        return
    interval = wilson(row["found"], row["faces"])
    assert interval is not None
    command = "python -m research evaluate-detector"
    on = f"{group}: {row['faces']} faces left out of training"
    found = round(row["found"] / row["faces"], 4)
    yield Score(
        on=on, measure="faces found", value=found, low=round(interval[0], 4),
        high=round(interval[1], 4), count=row["pictures"], command=command,
    )  # fmt: skip
    # The interval of a median, from the ranks of a binomial distribution.
    ordered = np.sort(row["overlaps"])
    # reach is 1.96 standard deviations of a binomial distribution: 1.96 * sqrt(n) / 2.
    middle, reach = len(ordered) / 2, 0.98 * np.sqrt(len(ordered))
    low, high = (ordered[int(np.clip(middle + r, 0, len(ordered) - 1))] for r in (-reach, reach))
    yield Score(
        on=on, measure="median overlap of lip boxes", value=round(float(np.median(ordered)), 4),
        low=round(float(low), 4), high=round(float(high), 4), count=row["pictures"],
        command=command,
    )  # fmt: skip


def evaluate_detectors(
    data: Path, mesh: Path, pseudo_labels: Path, yunet: Path, detectors: list[str]
) -> None:
    """Print a line per detector and group; write scores-DETECTOR.json beside the labels."""
    cv2.setNumThreads(1)
    every = list(cases(data, mesh, pseudo_labels))
    for name in detectors:
        all_scores: list[Score] = []
        for group, row in evaluate(detector_by_name(name, yunet), data, every).items():
            all_scores += scores(group, row)
            faces, overlaps = row["faces"], np.array(row["overlaps"] or [np.nan])
            hit = overlaps[overlaps >= FOUND]
            print(
                f"{name:18} {group:18} found {row['found']:4}/{faces:4} "
                f"{row['found'] / max(faces, 1):.3f}  IoU {np.median(overlaps):.3f} "
                f"(of found {np.median(hit) if len(hit) else np.nan:.3f})  "
                f"false {row['false']:3} in {row['pictures']:3}  {np.median(row['ms']):.2f} ms",
                flush=True,
            )
        write_json(
            pseudo_labels.parent / f"scores-{name}.json",
            [asdict(score) for score in all_scores],
        )
