"""A workspace: the folder that holds one project's settings, catalog, pictures and runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moue.errors import CatalogError, ConfigError
from moue.files import absolute, remove_parts, write_text
from moue.text import first_names, spellings
from moue.workspace.catalog import Catalog
from moue.workspace.lock import Lock
from moue.workspace.schema import is_catalog
from moue.workspace.types import Mouth, Sample

SETTINGS = "moue.toml"
CATALOG = "catalog.db"
MOUTHS = "mouths.txt"
"""In a run folder: the name of every mouth that it learnt from or was chosen by."""
TRAINING = "training.db"
USUAL = "moue-workspace"
"""Name of the folder that becomes the workspace where none is named."""
_FILLED = ("originals", "images", "mouths", "dataset", "runs", "reports", "sorting")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where things are. In all of these folders, only files that moue wrote are ever changed."""

    root: Path

    @property
    def settings(self) -> Path:
        """The settings file, `moue.toml`."""
        return self.root / SETTINGS

    @property
    def originals(self) -> Path:
        """Copies of originals (`--copy`) and frames of videos."""
        return self.root / "originals"

    @property
    def images(self) -> Path:
        """Converted pictures."""
        return self.root / "images"

    @property
    def mouths(self) -> Path:
        """Mouth crops."""
        return self.root / "mouths"

    @property
    def dataset(self) -> Path:
        """The built data set: a folder for each split, in it one for each label."""
        return self.root / "dataset"

    @property
    def runs(self) -> Path:
        """Trainings, one folder each."""
        return self.root / "runs"

    @property
    def reports(self) -> Path:
        """Pages and contact sheets for people."""
        return self.root / "reports"

    def original(self, sample: Sample) -> Path:
        """Where the original bytes of a sample are."""
        return self.root / sample.original  # an absolute path stays itself

    def image(self, name: str) -> Path:
        """The converted picture of the sample called `name`."""
        return self.images / f"{name}.jpg"

    def mouth(self, name: str) -> Path:
        """The crop of the mouth called `name`."""
        return self.mouths / f"{name}_mouth.png"

    def owns(self, path: Path) -> bool:
        """Whether a path is, or lies in, a folder that moue itself fills."""
        return any(path.is_relative_to(absolute(self.root) / name) for name in _FILLED)

    @property
    def exists(self) -> bool:
        """Whether this folder is a workspace already."""
        return is_catalog(self.root / CATALOG)

    @classmethod
    def usual(cls, folder: Path) -> Workspace:
        """Return the workspace that is meant where none is named.

        That is `folder` itself where it is one, or has a `moue.toml` to become one; else the
        folder `moue-workspace` in it.
        """
        here = cls(absolute(folder))
        return here if here.exists or here.settings.is_file() else cls(here.root / USUAL)

    def create(self, settings_text: str) -> None:
        """Make the folder a workspace; an existing one keeps everything it has.

        Raises:
            ConfigError: the path is a file.
        """
        if self.root.exists() and not self.root.is_dir():
            raise ConfigError(f"{self.root}: is a file; --workspace takes a folder")
        self.root.mkdir(parents=True, exist_ok=True)
        if not self.settings.exists():
            write_text(self.settings, settings_text)
        Catalog(self.root / CATALOG, create=True).close()

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """Open the catalog to read it, also while another process writes it."""
        with Catalog(self.root / CATALOG, reading=True) as catalog:
            yield catalog

    @contextmanager
    def writing(self, command: str = "") -> Iterator[Catalog]:
        """Open the catalog to change the workspace: one process at a time.

        Raises:
            CatalogError: no workspace, or another moue is at work in it.
        """
        with self.locked(command) as (catalog, _):
            yield catalog

    @contextmanager
    def locked(self, command: str = "") -> Iterator[tuple[Catalog, Lock]]:
        """As `writing`; the lock can be given back for a while.

        Args:
            command: named in the message of another moue that has to wait.
        """
        lock = Lock(self.root / "lock.db", command)
        with Catalog(self.root / CATALOG) as catalog, lock:
            self._remove_parts()  # those that a training is writing now are locked, and stay
            try:
                yield catalog, lock
            except BaseException:
                self._remove_parts()
                raise

    def _remove_parts(self) -> None:
        remove_parts(self.root, deep=False)
        for name in _FILLED:
            remove_parts(self.root / name)

    @contextmanager
    def training(self, command: str = "") -> Iterator[None]:
        """Keep other trainings out; all other commands go on.

        Take it while `writing` is held: what a killed process left in runs/ is then gone.

        Raises:
            CatalogError: another moue is training here.
        """
        with Lock(self.root / TRAINING, command, "is training in this workspace"):
            yield

    def find(self, catalog: Catalog, file: str) -> tuple[Sample | None, Mouth | None]:
        """Return the sample or mouth that a person means by a path or a name.

        Accepts the path of an original, a converted picture or a crop, a name, the beginning of
        a name or of the hex digits at its end, and the end of the path of an original.

        Raises:
            CatalogError: nothing in the catalog goes by it, or more than one thing does.
        """
        name = Path(file).stem
        for mouth in catalog.mouths(name=name.removesuffix("_mouth")):
            if name.endswith("_mouth"):
                return None, mouth
        for sample in catalog.samples(name=name):
            return sample, None
        for mouth in catalog.mouths(name=name):
            return None, mouth
        meant = [s for one in spellings(file) for s in (one, str(absolute(Path(one))))]
        named = list(catalog.samples(source=meant))
        for sample in sorted(named, key=lambda s: s.dropped == "replaced"):
            return sample, None
        if not absolute(Path(file)).exists():  # else a file is meant that is not here
            found = _by_part(catalog, file)
            if len(found) == 1:
                return found[0]
            if found:
                raise CatalogError(f"{file}: matches {_names(found)}; type more of the name")
        raise CatalogError(
            f"{file}: no such picture or mouth in {self.root / CATALOG}; `moue info --sources "
            f"--json` lists the names"
        )


def _by_part(catalog: Catalog, text: str) -> list[tuple[Sample | None, Mouth | None]]:
    """Return what a part of a name or path can mean: pictures, or else mouth crops."""
    part = text.removesuffix("_mouth.png").removesuffix("_mouth")
    if not part:
        return []
    size, end = len(part), "/" + text.replace("\\", "/").lstrip("/")
    begins = "substr(name, 1, ?) = ?"
    digits = "substr(name, length(name) - 11, ?) = ?"  # the id: 12 hex digits
    if part == text:
        where = f"{begins} OR {digits} OR substr(source, -?) = ?"
        samples = list(catalog.select_samples(where, [size, part, size, part, len(end), end]))
        if samples:
            current = [sample for sample in samples if sample.dropped != "replaced"]
            return [(sample, None) for sample in current or samples]
    if "/" in part:
        return []
    where = f"{begins} OR substr(sample, length(sample) - 11, ?) = ?"
    return [(None, mouth) for mouth in catalog.select_mouths(where, [size, part, size, part])]


def _names(found: list[tuple[Sample | None, Mouth | None]]) -> str:
    return first_names([one.name for pair in found for one in pair if one is not None])
