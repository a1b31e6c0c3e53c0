"""A workspace: the folder that holds one project's settings, catalog, pictures and runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moue.catalog import Catalog
from moue.errors import CatalogError, ConfigError
from moue.files import remove_parts, write_text
from moue.sample import Mouth, Sample

SETTINGS = "moue.toml"
_CATALOG = "catalog.db"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where things are. Everything below `root` is made by moue; what it is made from is not."""

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

    @property
    def exists(self) -> bool:
        """Whether this folder is a workspace already."""
        return (self.root / _CATALOG).exists()

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
        Catalog(self.root / _CATALOG, create=True).close()

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """Open the catalog to read it, also while another process writes it."""
        with Catalog(self.root / _CATALOG) as catalog:
            yield catalog

    @contextmanager
    def writing(self) -> Iterator[Catalog]:
        """Open the catalog to change the workspace: one process at a time.

        Raises:
            CatalogError: no workspace, or another moue is at work in it.
        """
        with Catalog(self.root / _CATALOG) as catalog, _locked(self.root / "lock.db"):
            remove_parts(self.root)
            yield catalog

    def find(self, catalog: Catalog, file: str) -> tuple[Sample | None, Mouth | None]:
        """Return the sample or mouth that a person means by a path or a name.

        Accepts the path of an original, a converted picture, a crop, or the bare name.

        Raises:
            CatalogError: nothing in the catalog goes by it.
        """
        path = Path(file)
        stem = path.name.removesuffix(path.suffix) if path.suffix else path.name
        for mouth in catalog.mouths("name = ?", [stem.removesuffix("_mouth")]):
            if stem.endswith("_mouth"):
                return None, mouth
        source = str(path.absolute())
        for sample in catalog.samples(
            "name IN (?, ?) OR source IN (?, ?)", [stem, file, file, source]
        ):
            return sample, None
        raise CatalogError(f"{file}: nothing in {self.root / _CATALOG} goes by this name")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold SQLite's own lock on a file: it is given back even when the process is killed."""
    lock = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise CatalogError(
            f"{path.parent}: another moue is at work here; wait for it, or end it"
        ) from error
    try:
        yield
    finally:
        lock.close()
