"""A workspace: the folder of one project with its settings, catalog, pictures and runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from moue.errors import CatalogError, ConfigError
from moue.files import absolute, remove_parts, write_text
from moue.store import Location, Staged, Store
from moue.text import first_names, spellings
from moue.workspace.catalog import Catalog
from moue.workspace.find_rows import by_part
from moue.workspace.layout import PICTURES, image_key, mouth_key
from moue.workspace.lock import Lock
from moue.workspace.network_disk import check_disk
from moue.workspace.schema import is_catalog
from moue.workspace.store_claim import check_store
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace_settings import WorkspaceSettings

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
_FILLED = ("dataset", "runs", "reports", "results", "sorting")
_REPLACED = ("runs", "reports")
"""Folders with files that are not staged, whose part files lie beside them."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths of a workspace.

    Attributes:
        root: folder of the workspace.
        configured: store of the setting `store`; None for the folder of the workspace.
        on_network_disk: True to allow a catalog on a network disk.
    """

    root: Path
    configured: Store | None = None
    on_network_disk: bool = False

    @property
    def store(self) -> Store:
        """The place of the originals, the converted pictures and the mouth crops."""
        return self.configured or Store.in_folder(self.root)

    def with_settings(self, settings: WorkspaceSettings) -> Workspace:
        """Return this workspace with its store and other settings of moue.toml.

        Raises:
            ConfigError: the setting `store` is neither a path nor a known URL.
        """
        store = Store.parse(settings.store, self.root)
        configured = None if store == Store.in_folder(self.root) else store
        return replace(self, configured=configured, on_network_disk=settings.allow_network_disk)

    @property
    def parts(self) -> Path:
        """The folder of the part files of the files in the workspace."""
        return Store.in_folder(self.root).parts

    @property
    def settings(self) -> Path:
        """The path of the settings file, `moue.toml`."""
        return self.root / SETTINGS

    @property
    def originals(self) -> Location:
        """The folder of the copies of originals (`--copy`) and of video frames."""
        return self.store.file("originals")

    @property
    def images(self) -> Location:
        """The folder of the converted pictures."""
        return self.store.file("images")

    @property
    def mouths(self) -> Location:
        """The folder of the mouth crops."""
        return self.store.file("mouths")

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

    def original(self, sample: Sample) -> Location:
        """Return the place of the original of a sample."""
        return self.original_at(sample.original)

    def original_at(self, path: str) -> Location:
        """Return the place of an original, given the field `original` of its sample."""
        return Path(path) if Path(path).is_absolute() else self.store.file(path)

    def image(self, name: str) -> Location:
        """Return the place of the converted picture of the sample `name`."""
        return self.store.file(image_key(name))

    def mouth(self, name: str) -> Location:
        """Return the place of the crop of the mouth `name`."""
        return self.store.file(mouth_key(name))

    @property
    def on_nodes(self) -> Workspace:
        """The workspace as other machines see it: with the real path of the store."""
        return replace(self, configured=self.store.on_nodes)

    def from_nodes(self, files: Iterable[Staged]) -> list[Staged]:
        """Return files that were staged in the store of `on_nodes`, with their place in `store`."""
        own, nodes = self.store, self.store.on_nodes
        if own.root == nodes.root:
            return list(files)
        keys = ((file, nodes.key(file.path)) for file in files)
        return [
            file if key is None else replace(file, path=str(own.file(key))) for file, key in keys
        ]

    def owns(self, path: Path) -> bool:
        """Return whether an absolute path is, or lies in, a folder that moue writes to."""
        root, store = absolute(self.root), self.store.root
        folders = [root / name for name in (*PICTURES, *_FILLED, STUDIO)]
        if isinstance(store, Path):
            folders += [store / name for name in PICTURES]
        return any(path.is_relative_to(folder) for folder in folders)

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
        self.open_catalog(create=True).close()

    def open_catalog(
        self, create: bool = False, reading: bool = False, any_thread: bool = False
    ) -> Catalog:
        """Open the catalog; see `Database` for the arguments and the errors."""
        if not self.on_network_disk:
            check_disk(self.root)
        catalog = Catalog(self.root / CATALOG, create, reading, any_thread)
        catalog.store = self.store
        return catalog

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """Open the catalog for reading; other processes may write to the catalog meanwhile."""
        with self.open_catalog(reading=True) as catalog:
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
        with self.open_catalog() as catalog, lock:
            check_store(catalog, self.configured)
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
        with self.open_catalog() as catalog, self.brief_lock():
            yield catalog

    def remove_parts(self) -> None:
        """Remove the part files of killed processes; the workspace must be locked."""
        remove_parts(self.root, deep=False)
        for folder in {self.parts, self.store.parts}:
            remove_parts(folder, deep=False)
        for name in _REPLACED:
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
            found = by_part(catalog, file)
            if len(found) == 1:
                return found[0]
            if found:
                names = first_names([one.name for pair in found for one in pair if one is not None])
                raise CatalogError(f"{file}: the name matches {names}; type more characters")
        raise CatalogError(
            f"{file}: no picture or mouth in {self.root / CATALOG} matches; "
            f"run `moue info --sources --json` to list all names"
        )
