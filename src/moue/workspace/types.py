"""The main data types: sample, face, mouth, decision.

Everywhere, images are (H, W, 3) uint8 RGB. Points are (x, y) and boxes are xyxy, both in float32
pixels of their image; the origin is top left, and y points down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "LABELS",
    "PATCH_BYTES",
    "SPLITS",
    "USER",
    "Decision",
    "Face",
    "Fingerprint",
    "Image",
    "Mouth",
    "Points",
    "Sample",
    "Split",
]  # fmt: skip

Image: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
Points: TypeAlias = npt.NDArray[np.float32]
"""(N, 2) or, for a box, (4,) float32 pixels."""

LABELS = ("none", "pout", "smile", "open")
SPLITS = ("train", "val", "test")
Split: TypeAlias = Literal["train", "val", "test"]
USER = "user"
"""The value of `by` if the user decided, not a stage."""


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    Attributes:
        box: (4,) xyxy.
        score: of the detection; the scale depends on the backend.
        landmarks: (68, 2) in iBUG-68 order from `dlib68`, (20, 2) around the lips from
            `moue`; None from other backends.
        lips: (4,) tight box of the lips.
        mouth_box: (4,) square around the lips; it may extend beyond the image.
        roll: clockwise rotation of the head in the image, in degrees from -180 to 180; 0 if the
            backend does not measure it. The mouth crop is rotated by it; see `mouth_crop.py`.
        backend: that detected it; None for a sample that is a mouth crop.
    """

    box: Points
    score: float
    landmarks: Points | None
    lips: Points
    mouth_box: Points
    roll: float = 0.0
    backend: str | None = None

    @property
    def size(self) -> float:
        """The shorter side of the box, in pixels."""
        return float(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, coordinates rounded to 0.1 px."""
        return {
            "box": _rounded(self.box),
            "score": round(self.score, 4),
            "lips": _rounded(self.lips),
            "mouth_box": _rounded(self.mouth_box),
            "roll": round(self.roll, 1),
            "backend": self.backend,
        } | ({} if self.landmarks is None else {"landmarks": _rounded(self.landmarks)})

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Face:
        """Return the face from the output of `to_dict`."""
        points = data.get("landmarks")
        return cls(
            box=np.array(data["box"], np.float32),
            score=data["score"],
            landmarks=None if points is None else np.array(points, np.float32),
            lips=np.array(data["lips"], np.float32),
            mouth_box=np.array(data["mouth_box"], np.float32),
            roll=data.get("roll", 0.0),
            backend=data.get("backend"),
        )


PATCH_BYTES = 32 * 32
"""Bytes of the grey patch in a `Fingerprint`."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Features that identify near-duplicates of a picture.

    Attributes:
        mirror_phash: 64-bit perceptual hash of the mirrored picture.
        patch: 32 x 32 grey pixels of the aligned main face, row by row.
    """

    mirror_phash: int
    patch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One picture and its state in the catalog.

    Attributes:
        name: unique in a workspace; the stem of every file made from the sample.
        source: a path, a video frame such as `video.mp4#t=12.4`, or a URL.
        sha256: hex digest of the original file's bytes.
        original: path of the original, absolute or from the workspace.
        stamp: size and time of the original; they show whether it has changed.
        kind: `photo`, or `mouth` for a picture that is a mouth crop.
        phash: 64-bit perceptual hash of the picture; `mouth_phash`, of the main mouth.
        faces: detected faces, main face first; None before detection.
        group: near-duplicate cluster; a group is never in two splits.
        dropped: drop reason, a key of `DROP_REASONS`; None while in use.
        decided_by: the stage or `user` that dropped or restored it.
        backend: that searched for faces; None before detection and for a mouth crop.
    """

    name: str
    source: str
    sha256: str
    original: str
    stamp: str = ""
    kind: str = "photo"
    video: str | None = None
    subject: str | None = None
    licence: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    width: int | None = None
    height: int | None = None
    phash: int | None = None
    mouth_phash: int | None = None
    faces: tuple[Face, ...] | None = None
    scores: dict[str, float] = field(default_factory=dict)
    group: str | None = None
    dropped: str | None = None
    detail: str | None = None
    decided_by: str | None = None
    backend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """One mouth crop: face number `face` of picture `sample`, in `mouths/<name>.png`.

    Attributes:
        width: of the crop, pixels.
        backend: that detected the face; None for a sample that is a mouth crop.
    """

    name: str
    sample: str
    face: int
    width: int
    label: str | None = None
    label_by: str | None = None
    label_at: str | None = None
    split: Split | None = None
    dropped: str | None = None
    decided_by: str | None = None
    backend: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One change of a field of a sample or mouth.

    Attributes:
        name: of the sample or the mouth.
        field: such as `dropped`, `label`, `split`.
        by: a stage or `user`.
        why: reason for readers, such as a measurement or the source of a label.
        at: time in UTC, ISO 8601; the catalog sets it.
    """

    name: str
    field: str
    old: str | None
    value: str | None
    by: str
    why: str | None = None
    at: str = ""


def _rounded(values: Points) -> list[Any]:
    return list(np.round(values.astype(np.float64), 1).tolist())
