"""The nouns: a picture, a face in it, the mouth cut from it.

Conventions, here and everywhere: images are (H, W, 3) uint8 RGB; points are (x, y) and boxes
xyxy, both float32 pixels of the image they were found in, origin top-left, y down.
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
    """One face found in an image.

    Attributes:
        box: (4,) xyxy.
        score: how sure the detector is; its scale depends on the backend.
        landmarks: (68, 2) in iBUG-68 order from `dlib68`, (20, 2) around the lips from
            `moue`; None where the backend gives none.
        lips: (4,) tight box of the lips.
        mouth_box: (4,) square around the lips; it may reach past the image.
        roll: degrees by which the head is tilted clockwise in the image, from -180 up to 180: a
            head tilted to the right of the image is positive, one upside down is at 180. 0 where
            the backend cannot tell. The mouth's square is turned about its centre by it; see
            `face/mouth_crop.py`.
        backend: the name of what found it; None for a picture that is a mouth crop already.
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
        """Return the face that `to_dict` described."""
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
    """What changed copies of a picture are known by.

    Attributes:
        mirror_phash: 64-bit perceptual hash of the mirrored picture.
        patch: 32 x 32 grey bytes, row by row: the main face, laid upright.
    """

    mirror_phash: int
    patch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One picture and what is known of it. Stages return new values; they do not change it.

    Attributes:
        name: unique in a workspace; the stem of every file made from it.
        source: where it came from: a path, `video.mp4#t=12.4`, a URL.
        sha256: hex digest of the original file's bytes.
        original: path of the original bytes, absolute or from the workspace.
        stamp: size and time of the original, by which an unchanged file is known.
        kind: `photo`, or `mouth` for a picture that is a mouth crop already.
        phash: 64-bit perceptual hash of the picture; `mouth_phash`, of the main mouth.
        faces: the faces found, main face first; None until they have been looked for.
        group: near-duplicate cluster; one group is never in two splits.
        dropped: why it was set aside, a key of `DROP_REASONS`; None while in use.
        decided_by: the stage or person behind the verdict.
        backend: what looked for faces; None until it has, and for a mouth crop.
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
        backend: what found the face that was cut; None for a picture that is a crop already.
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
    """Somebody set a field of a sample or mouth to a value.

    Attributes:
        name: of the sample or the mouth.
        field: such as `dropped`, `label`, `split`.
        by: a stage or `user`.
        why: for people; what the stage saw, or where the label came from.
        at: UTC, ISO 8601; filled in by the catalog.
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
