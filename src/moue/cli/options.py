"""Flags made from settings dataclasses, and what all commands share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from moue.cli.console import ConsoleProgress
from moue.cli.settings_in_force import Given, in_force
from moue.config import Config, section_of, template
from moue.errors import ConfigError
from moue.files import absolute, without_dots
from moue.settings import Field, fields
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace


class _PlainPath(click.Path):
    """A path as it is printed later: without `..`, which hides where a file is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return without_dots(Path(os.fsdecode(super().convert(value, param, ctx))))


PATH = _PlainPath(path_type=Path)
GOES_ON = "nothing that was saved is lost, the same command goes on from here"

LABELS_FROM_FOLDERS = click.option(
    "--labels-from-folders",
    is_flag=True,
    help="Make the names of the class folders the labels of this workspace, in its moue.toml.",
)


OVERWRITE = click.option(
    "--overwrite", is_flag=True, help="Replace files that exist; else they stop the command."
)


def ending(*suffixes: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a callback that refuses a file whose name does not tell what will be in it."""

    def check(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in suffixes:
            raise click.BadParameter(f"{path}: its name is to end in {' or '.join(suffixes)}")
        return path

    return check


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What every command that works on a workspace is given.

    Attributes:
        config: `moue.toml` with what was given on the command line.
        named: whether the workspace was given on the command line.
        given: the settings that were given on the command line, by section.
        uses: the sections whose settings the command takes as flags.
        reset: whether the settings kept with the workspace are to be forgotten first.
    """

    workspace: Workspace
    config: Config
    json: bool
    workers: int
    named: bool = False
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    reset: bool = False

    def at(self, folder: Path) -> CommonOptions:
        """Return the same for another workspace."""
        return replace(self, workspace=Workspace(absolute(folder)), named=True)

    def create(self) -> None:
        """Make the folder a workspace; an existing one keeps everything it has.

        Raises:
            ConfigError: no folder was named, and the usual one holds other files.
        """
        place = self.workspace
        root, begun = place.root, place.exists or place.settings.is_file()
        if not self.named and not begun and root.is_dir() and any(root.iterdir()):
            raise ConfigError(
                f"{root}: holds files and is no workspace; name a folder with --workspace"
            )
        self.workspace.create(template())

    def _given(self) -> Given:
        return Given(self.config, self.given, self.reset)

    @contextmanager
    def job(self, create: bool = False, uses: tuple[str, ...] = ()) -> Iterator[Context]:
        """Open the workspace to work on it, with progress shown.

        Settings that earlier commands were given are in force, and said; those given to this
        one are kept.

        Args:
            uses: further sections of settings that are used.
        """
        if create:
            self.create()
        progress = ConsoleProgress()
        command = click.get_current_context().info_name or ""
        try:
            with self.workspace.locked(command) as (catalog, lock), progress.shown():
                used = {*self.uses, *uses}
                config = in_force(self._given(), catalog, command, used, progress)
                yield Context(
                    self.workspace, catalog, config, progress, self.workers, lock.paused, command
                )
        except (OSError, MemoryError, KeyboardInterrupt) as error:
            error.add_note(GOES_ON)
            raise


def common(
    *settings: type, keeps: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command `--workspace`, `--workers`, `--json`, and a flag for each setting.

    The command is called with a `CommonOptions` first, whose config has the flags in it.

    Args:
        keeps: what the command makes depends on settings kept with the workspace: it also has
            `--reset`, which forgets them.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def called(
            workspace: Path | None,
            as_json: bool,
            workers: int,
            assignments: tuple[str, ...],
            **rest: Any,
        ) -> None:
            named = workspace is not None
            place = Workspace(absolute(workspace)) if workspace else Workspace.usual(Path())
            config, assigned = Config.load(place.settings), _assigned(assignments)
            config = config.with_values(assigned)
            given: dict[str, dict[str, Any]] = {}
            for section, name in map(_section_and_name, assigned):
                given.setdefault(section, {})[name] = config.values[section][name]
            for cls in settings:
                flags = {f.name: rest.pop(f.name) for f in fields(cls)}
                flags = {name: value for name, value in flags.items() if value is not None}
                config = config.with_flags(cls, flags)
                given.setdefault(section_of(cls), {}).update(flags)
            reset = bool(rest.pop("reset", False))
            uses = tuple(given)
            command(
                CommonOptions(place, config, as_json, workers, named, given, uses, reset), **rest
            )

        made: Callable[..., None] = _RESET(called) if keeps else called
        for cls in reversed(settings):
            for one in reversed(fields(cls)):
                made = _option(one)(made)
        for option in reversed(_SHARED):
            made = option(made)
        return made

    return decorate


_SHARED = [
    click.option(
        "--workspace", "-w", type=PATH,
        help="Folder of the project.  [default: this folder if it is a workspace, else "
        "moue-workspace in it]",
    ),
    click.option(
        "--workers", type=click.IntRange(min=0), default=0,
        help="Processes to work with; 0 is one for each core.",
    ),
    click.option(
        "--set", "assignments", multiple=True, metavar="SECTION.SETTING=VALUE",
        help="Any setting of moue.toml, as a flag of its own would set it; may be repeated.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
]  # fmt: skip


_RESET = click.option(
    "--reset", is_flag=True, help="First forget the settings kept from earlier commands."
)


def _section_and_name(key: str) -> tuple[str, str]:
    section, _, name = key.partition(".")
    return section, name.replace("-", "_")


def _assigned(assignments: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--set {text}: write it as section.setting=value")
        pairs[key] = value
    return pairs


def _option(field: Field) -> Callable[[Callable[..., None]], Callable[..., None]]:
    text = field.setting.help[0].upper() + field.setting.help[1:] + "."
    if field.default is not None:
        shown = str(field.default).lower() if field.type is bool else field.default
        text += f"  [default: {shown}]"
    if field.type is bool:
        flag = f"{field.flag}/--no-{field.flag[2:]}"
        return click.option(flag, field.name, default=None, help=text)
    kind: Any = click.Choice(field.choices) if field.choices else field.type
    more: dict[str, Any] = {}
    if field.setting.bare is not None:
        number = field.type is int
        more = {"is_flag": False, "flag_value": field.setting.bare}
        more["metavar"] = "[NUMBER]" if number else "[NAME]"
        text += "" if number else f"  [without a name: {field.setting.bare}]"
    return click.option(field.flag, field.name, type=kind, default=None, help=text, **more)
