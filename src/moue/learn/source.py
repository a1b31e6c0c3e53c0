"""The pictures, mouths and runs that the figures of the course show.

They are those of the reader's workspace, or the bundled pictures.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from moue.demo.raw_folder import demo_pictures
from moue.errors import DataError
from moue.face.backends import FaceSettings, detect_faces
from moue.face.mouth_crop import crop_mouth
from moue.media.image import Picture
from moue.model.spec import resize
from moue.store import Location
from moue.workspace.conditions import IN_SPLIT, LABELLED
from moue.workspace.queries import dataset_mouths, samples_with_faces
from moue.workspace.types import LABELS, Face, Image
from moue.workspace.workspace import Workspace

FACES = Path(__file__).parent / "bundled" / "faces.json"
"""Main faces of the bundled pictures by name, written by `tools/course_answers.py`."""
CROP = 64
"""Side in pixels of the mouths of a source, as the tutorial resizes its crops."""
MOST_PICTURES = 400
"""Maximum number of pictures of a workspace that the figures use."""
MOST_MOUTHS = 600
"""Maximum number of mouths of a workspace that the figures use."""


@dataclass(frozen=True, slots=True)
class LearnPicture:
    """A picture with a face.

    Attributes:
        name: unique name.
        path: place of the picture file.
        label: label of the main mouth; None without a label.
        person: name of the subject; None if unknown.
        face: main face; None for a bundled picture, see `Source.face`.
    """

    name: str
    path: Location
    label: str | None
    person: str | None
    face: Face | None = None


@dataclass(frozen=True, slots=True)
class Mouths:
    """Labelled mouth crops.

    Attributes:
        names: (N,) names of the mouths.
        pixels: (N, 64, 64, 3) uint8 RGB crops.
        labels: names of the labels.
        targets: (N,) int64 indices into `labels`.
        persons: (N,) names of the subjects; mouths of one person have the same name. A mouth of an
            unknown person has the name of its picture or its group.
        splits: (N,) `train`, `val` or `test`.
    """

    names: tuple[str, ...]
    pixels: npt.NDArray[np.uint8]
    labels: tuple[str, ...]
    targets: npt.NDArray[np.int64]
    persons: tuple[str, ...]
    splits: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def of_split(self, split: str) -> npt.NDArray[np.int64]:
        """Return the indices of the mouths of a split."""
        return np.flatnonzero(np.array(self.splits) == split)


@dataclass(frozen=True)
class Source:
    """Where the figures take their pictures from.

    Attributes:
        workspace: workspace of the reader; None for the bundled pictures.
    """

    workspace: Workspace | None = None

    @classmethod
    def bundled(cls) -> Source:
        """Return the source of the bundled pictures."""
        return cls()

    @classmethod
    def of(cls, workspace: Workspace) -> Source:
        """Return the source of a workspace, or the bundled pictures if it has no data set yet."""
        source = cls(workspace)
        if not workspace.exists:
            return cls()
        with workspace.reading() as catalog:
            first = next(dataset_mouths(catalog), None)
        return source if first is not None else cls()

    @property
    def kind(self) -> Literal["workspace", "bundled"]:
        """`workspace` or `bundled`."""
        return "bundled" if self.workspace is None else "workspace"

    @property
    def cache(self) -> Path | None:
        """The folder for computed answers; None for the bundled pictures."""
        return None if self.workspace is None else self.workspace.studio / "learn"

    @functools.cached_property
    def pictures(self) -> Sequence[LearnPicture]:
        """The pictures with a face, in the order of collection; at most `MOST_PICTURES`."""
        return _bundled_pictures() if self.workspace is None else _pictures_of(self.workspace)

    @functools.cached_property
    def mouths(self) -> Mouths:
        """The labelled mouths of the data set, at most `MOST_MOUTHS`.

        Raises:
            DataError: the workspace has no labelled mouths in splits.
        """
        return _bundled_mouths() if self.workspace is None else _mouths_of(self.workspace)

    def picture(self, name: str | None, default: int = 0) -> LearnPicture:
        """Return the picture `name`, or the picture number `default` without a name.

        Raises:
            DataError: there is no such picture.
        """
        if name:
            for picture in self.pictures:
                if picture.name == name:
                    return picture
            raise DataError(f"the course has no picture named {name!r}")
        if not self.pictures:
            raise DataError("the workspace has no picture with a face; run: moue crop")
        return self.pictures[default % len(self.pictures)]

    def face(self, picture: LearnPicture) -> Face:
        """Return the main face of a picture.

        Raises:
            DataError: the picture shows no face.
        """
        if picture.face is not None:
            return picture.face
        return _detected(picture.path)[0]


@functools.cache
def _bundled_pictures() -> tuple[LearnPicture, ...]:
    return tuple(
        LearnPicture(shown.path.stem, shown.path, shown.label, shown.person)
        for shown in demo_pictures()
    )


@functools.lru_cache(maxsize=256)
def _detected(path: Path) -> tuple[Face, Image]:
    """Return the main face of a bundled picture, and the picture."""
    picture = Picture(path.read_bytes())
    known = _stored_faces().get(path.stem)
    return (detect_main_face(picture) if known is None else known), picture.rgb()


def detect_main_face(picture: Picture) -> Face:
    """Return the main face of a bundled picture, as a detection finds it.

    Raises:
        DataError: the picture shows no face.
    """
    faces = detect_faces(picture, FaceSettings())
    if not faces:
        raise DataError("a bundled picture shows no face")
    return faces[0]


@functools.cache
def _stored_faces() -> dict[str, Face]:
    """Return the stored faces of the bundled pictures: 181 detections would take 10 seconds."""
    if not FACES.exists():
        return {}
    stored = json.loads(FACES.read_bytes())
    return {name: Face.from_dict(face) for name, face in stored.items()}


@functools.cache
def _bundled_mouths() -> Mouths:
    pictures = _bundled_pictures()
    pixels = np.empty((len(pictures), CROP, CROP, 3), np.uint8)
    for row, picture in zip(pixels, pictures, strict=True):
        face, image = _detected(picture.path)
        row[:] = resize(crop_mouth(image, face.mouth_box, face.roll), CROP)
    persons = sorted({str(picture.person) for picture in pictures})
    # Whole persons: every fifth person is in the test set, every fifth in the validation set.
    turn = ("train", "train", "val", "train", "test")
    split_of = {person: turn[index % len(turn)] for index, person in enumerate(persons)}
    return Mouths(
        names=tuple(picture.name for picture in pictures),
        pixels=pixels,
        labels=LABELS,
        targets=np.array([LABELS.index(str(picture.label)) for picture in pictures]),
        persons=tuple(str(picture.person) for picture in pictures),
        splits=tuple(split_of[str(picture.person)] for picture in pictures),
    )


def _pictures_of(workspace: Workspace) -> tuple[LearnPicture, ...]:
    found = []
    with workspace.reading() as catalog:
        samples = list(islice(samples_with_faces(catalog), MOST_PICTURES))
        names = [sample.name for sample in samples]
        mouths = catalog.mouths_in_use(LABELLED, IN_SPLIT, sample=names)
        labels = {mouth.sample: mouth.label for mouth in mouths}
        for sample in samples:
            path, label = workspace.image(sample.name), labels.get(sample.name)
            if path.exists() and sample.faces:
                found.append(
                    LearnPicture(sample.name, path, label, sample.subject, sample.faces[0])
                )
    return tuple(found)


def _mouths_of(workspace: Workspace) -> Mouths:
    with workspace.reading() as catalog:
        total = catalog.total_in_use(LABELLED, IN_SPLIT)
        # Evenly spaced, so that a large data set keeps its labels and splits in proportion.
        chosen = set(np.linspace(0, total - 1, min(total, MOST_MOUTHS)).astype(int).tolist())
        mouths = enumerate(catalog.mouths_in_use(LABELLED, IN_SPLIT))
        rows = list(catalog.with_samples(mouth for index, mouth in mouths if index in chosen))
    if not rows:
        raise DataError("the workspace has no labelled mouths in splits; run: moue run")
    labels = tuple(label for label in LABELS if any(m.label == label for m, _ in rows))
    labels += tuple(sorted({str(m.label) for m, _ in rows} - set(labels)))
    images = [Picture(workspace.mouth(m.name).read_bytes()).rgb() for m, _ in rows]
    return Mouths(
        names=tuple(mouth.name for mouth, _ in rows),
        pixels=np.stack([resize(image, CROP) for image in images]),
        labels=labels,
        targets=np.array([labels.index(str(mouth.label)) for mouth, _ in rows]),
        persons=tuple(sample.subject or sample.group or sample.name for _, sample in rows),
        splits=tuple(str(mouth.split) for mouth, _ in rows),
    )
