"""The main data types: sample, face, mouth, decision.

All images are (H, W, 3) uint8 RGB. Points are (x, y) and boxes are (left, top, right, bottom), both
float32 in pixels of their image. The origin is the top left corner, and y points down.
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
"""Array (H, W, 3), uint8 RGB."""
Points: TypeAlias = npt.NDArray[np.float32]
"""Array of points (N, 2) or of one box (4,), float32 in pixels."""

LABELS = ("none", "pout", "smile", "open")
SPLITS = ("train", "val", "test")
Split: TypeAlias = Literal["train", "val", "test"]
USER = "user"
"""Value of `Decision.by` for a decision of the user."""


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face.

    Attributes:
        box: (4,) face box: left, top, right, bottom.
        score: detection score; its scale depends on the backend.
        landmarks: (68, 2) landmarks in iBUG-68 order from the backend `dlib68`, (20, 2) around the
            lips from `moue`; None from other backends.
        lips: (4,) lip box.
        mouth_box: (4,) mouth box, a square around the lips; it may extend beyond the image.
        roll: clockwise rotation of the head in the image, in degrees from -180 to 180; 0 if the
            backend does not measure it. The mouth crop compensates for it; see `mouth_crop.py`.
        backend: name of the backend that detected the face; None for a sample that is a mouth
            crop.
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
        """The shorter side of the face box, in pixels."""
        return float(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))

    def to_dict(self) -> dict[str, Any]:
        """Return the face as plain data for JSON, with coordinates rounded to 0.1 px."""
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
        """Create a face from the output of `to_dict`."""
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
"""Size of the grey patch of a `Fingerprint`, in bytes."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Features of a picture for the search for near-duplicates.

    Attributes:
        mirror_phash: 64-bit perceptual hash of the mirrored picture.
        patch: grey pixels (32, 32) of the aligned main face as bytes, in row-major order.
    """

    mirror_phash: int
    patch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One picture and its state in the catalog.

    Attributes:
        name: name, unique in the workspace; the stem of every file made from the sample.
        source: path, video frame such as `video.mp4#t=12.4`, or URL.
        sha256: hex digest of the original.
        original: path of the original, absolute or relative to the workspace.
        stamp: size and modification time of the original, to detect changes.
        kind: `photo`, or `mouth` for a picture that is a mouth crop.
        video: path of the video, for a video frame.
        subject: name of the subject.
        licence: licence of the picture.
        tags: attributes of the picture, by name.
        format: file format of the original, such as `JPEG`.
        width: width of the converted picture in pixels.
        height: height of the converted picture in pixels.
        phash: 64-bit perceptual hash of the picture.
        mouth_phash: 64-bit perceptual hash of the main mouth.
        faces: detected faces, main face first; None before detection.
        scores: measurements of the picture, by name.
        group: name of the group; a group is never in two splits.
        dropped: drop reason, a key of `DROP_REASONS`; None while in use.
        detail: measurement or explanation of the drop reason, for users.
        decided_by: stage that dropped the sample, or `user` for a decision of the user.
        backend: name of the backend that searched for faces; None before detection and for a
            mouth crop.
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
    """One mouth crop and its state in the catalog.

    Attributes:
        name: name, unique in the workspace.
        sample: name of the sample.
        face: index of the face in `Sample.faces`; 0 is the main face.
        width: width of the crop in pixels.
        label: label; None if the mouth is unlabelled.
        label_by: labeller, that is, a person, a CSV file, a data set or a folder name.
        label_at: time of the label in UTC, ISO 8601.
        split: `train`, `val` or `test`; None without a split.
        dropped: drop reason, a key of `DROP_REASONS`; None while in use.
        decided_by: stage that dropped the mouth, or `user` for a decision of the user.
        backend: name of the backend that detected the face; None for a sample that is a mouth
            crop.
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
        name: name of the sample or mouth.
        field: name of the field, such as `dropped`, `label` or `split`.
        old: value before the change.
        value: value after the change.
        by: name of the stage, or `user`.
        why: explanation for users, such as a measurement or the source of a label.
        at: time of the decision in UTC, ISO 8601; the catalog sets it.
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
