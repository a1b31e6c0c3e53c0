"""A workspace: the folder of one project with its settings, catalog, pictures and runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from moue.errors import CatalogError, ConfigError
from moue.files import Staged, absolute, make_folder, remove_parts, write_text
from moue.text import first_names, spellings
from moue.workspace.catalog import Catalog
from moue.workspace.lock import Lock
from moue.workspace.schema import is_catalog
from moue.workspace.types import Mouth, Sample

SETTINGS = "moue.toml"
CATALOG = "catalog.db"
LOCK = "lock.db"
STUDIO = ".studio"
"""Folder of the studio in a workspace: thumbnails, jobs and labels that wait for the lock."""
MOUTHS = "mouths.txt"
"""File in a run folder with the names of its training and validation mouths."""
TRAINING = "training.db"
USUAL = "moue-workspace"
"""Folder name of the default workspace."""
_PICTURES = ("originals", "images", "mouths")
_FILLED = ("originals", "images", "mouths", "dataset", "runs", "reports", "results", "sorting")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths of a workspace.

    Attributes:
        root: folder of the workspace.
        pictures: parent folder of the three picture folders; None for `root`. See `on_nodes`.
    """

    root: Path
    pictures: Path | None = None

    @property
    def settings(self) -> Path:
        """The path of the settings file, `moue.toml`."""
        return self.root / SETTINGS

    @property
    def originals(self) -> Path:
        """The folder of the copies of originals (`--copy`) and of video frames."""
        return (self.pictures or self.root) / "originals"

    @property
    def images(self) -> Path:
        """The folder of the converted pictures."""
        return (self.pictures or self.root) / "images"

    @property
    def mouths(self) -> Path:
        """The folder of the mouth crops."""
        return (self.pictures or self.root) / "mouths"

    @property
    def dataset(self) -> Path:
        """The folder of the data set: a folder for each split, with a folder for each label."""
        return self.root / "dataset"

    @property
    def runs(self) -> Path:
        """The parent folder of the run folders."""
        return self.root / "runs"

    @property
    def reports(self) -> Path:
        """The folder of the reports and contact sheets."""
        return self.root / "reports"

    @property
    def studio(self) -> Path:
        """The folder of the studio: thumbnails, jobs and labels that wait for the lock."""
        return self.root / STUDIO

    def original(self, sample: Sample) -> Path:
        """Return the path of the original of a sample."""
        # An absolute path stays itself.
        return (self.pictures or self.root) / sample.original

    def image(self, name: str) -> Path:
        """Return the path of the converted picture of the sample `name`."""
        return self.images / f"{name}.jpg"

    def mouth(self, name: str) -> Path:
        """Return the path of the crop of the mouth `name`."""
        return self.mouths / f"{name}_mouth.png"

    @property
    def on_nodes(self) -> Workspace:
        """The workspace as other machines see it: with the real paths of the picture folders."""
        return replace(self, pictures=self.images.resolve().parent)

    def from_nodes(self, file: Staged) -> Staged:
        """Return a file that was staged in a folder of `on_nodes`, with its path in `root`."""
        shared = self.on_nodes
        for folder, own in ((shared.images, self.images), (shared.mouths, self.mouths)):
            if file.target.parent == folder:
                target, part = own / file.target.name, own / file.part.name
                return replace(file, target=target, part=part)
        return file

    def owns(self, path: Path) -> bool:
        """Return whether an absolute path is, or lies in, a folder that moue writes to."""
        return any(path.is_relative_to(absolute(self.root) / name) for name in (*_FILLED, STUDIO))

    @property
    def exists(self) -> bool:
        """True if the folder is a workspace, that is, if it contains a catalog."""
        return is_catalog(self.root / CATALOG)

    @classmethod
    def usual(cls, folder: Path) -> Workspace:
        """Return the default workspace for a current folder.

        This is `folder` if it is a workspace or contains `moue.toml`, else its subfolder
        `moue-workspace`.
        """
        here = cls(absolute(folder))
        return here if here.exists or here.settings.is_file() else cls(here.root / USUAL)

    def create(self, settings_text: str) -> None:
        """Create the folder, its settings file and its catalog; existing files stay unchanged.

        Args:
            settings_text: content of a new `moue.toml`.

        Raises:
            ConfigError: the path of the workspace is a file.
        """
        if self.root.exists() and not self.root.is_dir():
            raise ConfigError(f"{self.root}: the path is a file, but --workspace needs a folder")
        self.root.mkdir(parents=True, exist_ok=True)
        if not self.settings.exists():
            write_text(self.settings, settings_text)
        Catalog(self.root / CATALOG, create=True).close()

    def use_store(self, store: Path) -> None:
        """Put the picture folders of a new workspace into another folder, and link them here.

        Args:
            store: absolute path of the folder, which every node of a cluster must see.

        Raises:
            ConfigError: a picture folder exists already, here or in `store`.
        """
        folders = [(self.root / name, store / name) for name in _PICTURES]
        if all(link.is_symlink() and link.readlink() == folder for link, folder in folders):
            return
        for link, folder in folders:
            if os.path.lexists(link):
                raise ConfigError(f"{link} exists already; use --store with a new workspace")
            if folder.is_dir() and any(folder.iterdir()):
                raise ConfigError(
                    f"{folder} is not empty; use another folder, since each workspace needs its "
                    "own store"
                )
        for link, folder in folders:
            make_folder(folder)
            link.symlink_to(folder, target_is_directory=True)

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """Open the catalog for reading; other processes may write to the catalog meanwhile."""
        with Catalog(self.root / CATALOG, reading=True) as catalog:
            yield catalog

    @contextmanager
    def locked(self, command: str = "") -> Iterator[tuple[Catalog, Lock]]:
        """Lock the workspace, and yield its catalog for writing and the lock, which can be paused.

        Args:
            command: name of the command, for the message of another process that must wait.

        Raises:
            CatalogError: the folder is not a workspace, or another moue process is using it.
        """
        lock = Lock(self.root / LOCK, command)
        with Catalog(self.root / CATALOG) as catalog, lock:
            self.remove_parts()  # a running training locks its part files, so they stay
            try:
                yield catalog, lock
            except BaseException:
                self.remove_parts()
                raise

    def brief_lock(self) -> Lock:
        """Return a lock for one write that takes milliseconds, such as a label from the studio.

        Unlike `locked`, it does not search folders for part files, and a command that starts
        meanwhile waits for it.
        """
        return Lock(self.root / LOCK, brief=True)

    @contextmanager
    def editing(self) -> Iterator[Catalog]:
        """Lock the workspace for one write that takes milliseconds, and yield its catalog.

        Raises:
            CatalogError: the folder is not a workspace, or another moue process is using it.
        """
        with Catalog(self.root / CATALOG) as catalog, self.brief_lock():
            yield catalog

    def remove_parts(self) -> None:
        """Remove the part files of killed processes; the workspace must be locked."""
        remove_parts(self.root, deep=False)
        for name in _FILLED:
            remove_parts(self.root / name)

    @contextmanager
    def training(self, command: str = "") -> Iterator[None]:
        """Lock the workspace against other trainings; all other commands can run.

        Call this method inside `locked`, which removes the part files of killed processes.

        Args:
            command: name of the command, for the message of another process that must wait.

        Raises:
            CatalogError: another moue process is training in this workspace.
        """
        with Lock(self.root / TRAINING, command, "is training in this workspace"):
            yield

    def find(self, catalog: Catalog, file: str) -> tuple[Sample | None, Mouth | None]:
        """Find the sample or mouth that a text identifies.

        Args:
            catalog: open catalog.
            file: path of an original, a converted picture or a crop; name of a sample or mouth;
                beginning of a name or of its last 12 hex digits; or end of the path of an original.

        Returns:
            The sample and None, or None and the mouth.

        Raises:
            CatalogError: no sample or mouth matches, or several match.
        """
        if not file.strip():
            raise CatalogError("an empty name selects no picture; give a path or a name")
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
        if not absolute(Path(file)).exists():  # an existing file must match exactly
            found = _by_part(catalog, file)
            if len(found) == 1:
                return found[0]
            if found:
                names = first_names([one.name for pair in found for one in pair if one is not None])
                raise CatalogError(f"{file}: the name matches {names}; type more characters")
        raise CatalogError(
            f"{file}: no picture or mouth in {self.root / CATALOG} matches; "
            f"run `moue info --sources --json` to list all names"
        )


def _by_part(catalog: Catalog, text: str) -> list[tuple[Sample | None, Mouth | None]]:
    """Return the samples that match a part of a name or path, or the mouths if no sample does."""
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
