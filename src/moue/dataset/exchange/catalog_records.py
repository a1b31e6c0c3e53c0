"""Read the data set of a workspace as records."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from moue.dataset.exchange.record import OF_CROP, OF_PICTURE, Form, Record
from moue.dataset.grouping import find_groups
from moue.errors import DataError
from moue.store import Location
from moue.workspace.catalog import Catalog, batched
from moue.workspace.exported import exported_names
from moue.workspace.imports import Imported, imported
from moue.workspace.provenance import origins
from moue.workspace.types import Decision, Mouth, Sample
from moue.workspace.workspace import Workspace

_PAGE = 400
"""Number of names whose rows are read with one query."""
_KEPT_OF_PICTURE = ("source", "sha256", "video", "format", "backend")
_KEPT_OF_MOUTH = ("picture", "face", "width", "backend", "detection")
"""Values that an imported record keeps, because the copy of the picture has others."""


def catalog_records(
    workspace: Workspace, catalog: Catalog, form: Form, unlabelled: bool
) -> Iterator[Record]:
    """Yield the records of the data set of a workspace; memory does not depend on their number.

    Args:
        workspace: paths of the workspace.
        catalog: open catalog of the workspace.
        form: `crop` for one record per mouth in use, `picture` for one per picture.
        unlabelled: True to include mouths without a label.
    """
    groups = find_groups(catalog)
    for names in batched(exported_names(catalog, form, unlabelled), _PAGE):
        pairs = list(_pairs(catalog, names, form))
        samples = [sample.name for sample, _ in pairs]
        known, group_of = imported(catalog, samples), groups.names(catalog, samples)
        for sample, mouths in pairs:
            origin = known.get(sample.name)
            group = (origin and origin.cluster) or group_of[sample.name]
            row = _Row(workspace, catalog, sample, origin, group)
            yield row.crop(mouths[0]) if form == "crop" else row.picture(mouths)


def _pairs(catalog: Catalog, names: list[str], form: Form) -> Iterator[tuple[Sample, list[Mouth]]]:
    """Yield each sample with its mouths, in the order of `names`."""
    if form == "crop":
        mouths = {mouth.name: mouth for mouth in catalog.mouths(name=names)}
        for mouth, sample in catalog.with_samples(mouths[name] for name in names):
            yield sample, [mouth]
        return
    found: dict[str, list[Mouth]] = {name: [] for name in names}
    for mouth in catalog.mouths(sample=names):
        found[mouth.sample].append(mouth)
    samples = {sample.name: sample for sample in catalog.samples(name=names)}
    for name in names:
        yield samples[name], sorted(found[name], key=lambda mouth: mouth.face)


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """One sample of the workspace.

    Attributes:
        workspace: paths of the workspace.
        catalog: open catalog.
        sample: sample.
        origin: what a data set said about the sample; None for a picture collected otherwise.
        group: name of the group of the sample.
    """

    workspace: Workspace
    catalog: Catalog
    sample: Sample
    origin: Imported | None
    group: str

    def crop(self, mouth: Mouth) -> Record:
        """Return the record of the crop of a mouth."""
        is_copy = self.origin is not None and self.sample.kind == "mouth"
        read = self._original if is_copy else partial(_read, self.workspace.mouth, mouth.name)
        return Record(
            form="crop", read=read, suffix=self._suffix if is_copy else ".png",
            picture=self._values(OF_CROP, [mouth.name]), mouths=[self._mouth(mouth)],
        )  # fmt: skip

    def picture(self, mouths: list[Mouth]) -> Record:
        """Return the record of the whole picture."""
        name, is_copy = self.sample.name, self.origin is not None
        read = self._original if is_copy else partial(_read, self.workspace.image, name)
        names = list(dict.fromkeys([name, *(mouth.name for mouth in mouths)]))
        return Record(
            form="picture", read=read, suffix=self._suffix if is_copy else ".jpg",
            picture=self._values(OF_PICTURE, names), mouths=[self._mouth(m) for m in mouths],
        )  # fmt: skip

    @property
    def _suffix(self) -> str:
        return Path(self.sample.original).suffix

    def _original(self) -> bytes:
        return _read(self.workspace.original, self.sample)

    def _values(self, names: tuple[str, ...], decided: list[str]) -> dict[str, Any]:
        sample = self.sample
        values = {name: getattr(sample, name) for name in names if hasattr(sample, name)}
        if "faces" in names and sample.faces is not None:
            values["faces"] = [face.to_dict() for face in sample.faces]
        if self.origin is not None:
            kept: Mapping[str, Any] = self.origin.facts["picture"]
            values |= {name: kept.get(name) for name in _KEPT_OF_PICTURE}
            if "faces" in names and values["faces"] is None:
                values["faces"] = kept.get("faces")
        listed = (dataclasses.asdict(one) for one in origins(self.catalog, sample.name))
        values["origins"] = [
            {key: value for key, value in one.items() if key != "sample"} for one in listed
        ]
        values["decisions"] = [
            _decision(one) for name in decided for one in self.catalog.decisions(name)
        ]
        return values | {"group": self.group}

    def _mouth(self, mouth: Mouth) -> dict[str, Any]:
        values = {f.name: getattr(mouth, f.name) for f in dataclasses.fields(mouth)}
        values["picture"] = values.pop("sample")
        faces = self.sample.faces or ()
        found = faces[mouth.face].to_dict() if mouth.face < len(faces) else None
        values["detection"] = found
        for kept in () if self.origin is None else self.origin.facts["mouths"]:
            if kept["name"] == mouth.name and (self.sample.kind == "mouth" or not faces):
                values |= {name: kept[name] for name in _KEPT_OF_MOUTH}
        return values


def _decision(one: Decision) -> dict[str, Any]:
    return dataclasses.asdict(one)


def _read(path: Callable[[Any], Location], name: Any) -> bytes:
    """Return the bytes of a file of the workspace.

    Raises:
        DataError: the file is missing.
    """
    file = path(name)
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            f"{file}: the file is missing; run `moue convert` and `moue crop` to write it again"
        ) from error
