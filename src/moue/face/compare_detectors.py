"""Compare detectors by their detections, time and agreement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from moue.geometry import iou
from moue.media.image import Picture
from moue.workspace.types import Face, Image

ComparedDetector = Callable[[Picture], list[Face]]


@dataclass(frozen=True, slots=True)
class DetectorResult:
    """The detections of all detectors in one picture.

    Attributes:
        name: name of the picture.
        faces: detected faces, by detector.
        seconds: duration of the detection in seconds, without decoding, by detector.
    """

    name: str
    faces: Mapping[str, Sequence[Face]]
    seconds: Mapping[str, float]

    @property
    def difference(self) -> float:
        """The number of unmatched faces, plus the sum of 1 - IoU of all matched lip boxes."""
        names, total = list(self.faces), 0.0
        for number, one in enumerate(names):
            for other in names[number + 1 :]:
                pairs = match_faces(self.faces[one], self.faces[other])
                alone = len(self.faces[one]) + len(self.faces[other]) - 2 * len(pairs)
                total += alone + sum(1 - overlap for _, _, overlap in pairs)
        return total


def run_detector(
    image: Image, name: str, detectors: Mapping[str, ComparedDetector]
) -> DetectorResult:
    """Detect the faces of a decoded picture with each detector.

    Args:
        image: (H, W, 3) uint8 RGB.
        name: name of the picture.
        detectors: detectors by name.
    """
    faces, seconds = {}, {}
    for detector, find in detectors.items():
        picture = Picture.from_array(image)  # a new one each time: it caches the reduced copies
        start = time.perf_counter()
        faces[detector] = find(picture)
        seconds[detector] = time.perf_counter() - start
    return DetectorResult(name, faces, seconds)


class DetectorComparison:
    """Statistics of detectors over many pictures, from two stored numbers per face and detector.

    Attributes:
        names: names of the detectors.
        pictures: number of added pictures.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self.pictures = 0
        self._faces = dict.fromkeys(self.names, 0)
        self._with_face = dict.fromkeys(self.names, 0)
        self._alone = dict.fromkeys(self.names, 0)
        self._seconds: dict[str, list[float]] = {name: [] for name in self.names}
        self._overlaps: dict[tuple[str, str], list[float]] = {
            (one, other): [] for one in self.names for other in self.names if one != other
        }

    def add(self, seen: DetectorResult) -> None:
        """Add the detections in one picture."""
        self.pictures += 1
        for one in self.names:
            faces = seen.faces[one]
            self._faces[one] += len(faces)
            self._with_face[one] += bool(faces)
            self._seconds[one].append(seen.seconds[one])
            shared: set[int] = set()
            for other in self.names:
                if other != one:
                    pairs = match_faces(faces, seen.faces[other])
                    self._overlaps[one, other] += [overlap for _, _, overlap in pairs]
                    shared |= {index for index, _, _ in pairs}
            self._alone[one] += len(faces) - len(shared)

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as plain data.

        `agreement` has, for each ordered pair of detectors, the share of the faces of the first
        that the second also detects, and the median IoU of their lip boxes; both are None if there
        are no such faces.
        """
        return {
            "pictures": self.pictures,
            "detectors": {name: self._detector(name) for name in self.names},
            "agreement": {
                one: {o: self._agreement(one, o) for o in self.names if o != one}
                for one in self.names
            },
        }

    def _detector(self, name: str) -> dict[str, Any]:
        seconds = self._seconds[name]
        return {
            "faces": self._faces[name],
            "pictures_with_a_face": self._with_face[name],
            "faces_no_other_has": self._alone[name],
            "milliseconds": round(1e3 * median(seconds), 2) if seconds else None,
        }

    def _agreement(self, one: str, other: str) -> dict[str, float | None]:
        overlaps, faces = self._overlaps[one, other], self._faces[one]
        return {
            "found_too": round(len(overlaps) / faces, 4) if faces else None,
            "lips_iou": round(median(overlaps), 4) if overlaps else None,
        }


def match_faces(faces: Sequence[Face], others: Sequence[Face]) -> list[tuple[int, int, float]]:
    """Match the faces of two detectors greedily by the IoU of their lip boxes.

    Returns:
        Tuples of index in `faces`, index in `others` and IoU > 0, sorted by descending IoU. Each
        face is in at most one tuple.
    """
    # The best overlaps are matched first. The time is quadratic, but a picture has few faces.
    overlaps = sorted(
        (
            (float(iou(a.lips, b.lips)), i, j)
            for i, a in enumerate(faces)
            for j, b in enumerate(others)
        ),
        key=lambda pair: -pair[0],
    )
    pairs: list[tuple[int, int, float]] = []
    for overlap, i, j in overlaps:
        if overlap > 0 and all(i != a and j != b for a, b, _ in pairs):
            pairs.append((i, j, overlap))
    return pairs
