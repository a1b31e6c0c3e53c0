"""Options of the commands: flags generated from settings classes, and shared options."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from moue.cli.call_engine import open_engine
from moue.cli.console import ConsoleProgress, print_summary
from moue.cli.setting_options import setting_option
from moue.cli.settings_in_force import Given, in_force
from moue.config import SECTIONS, Config, section_of, template
from moue.errors import ConfigError
from moue.files import absolute, without_dots
from moue.progress import Summary
from moue.settings import fields
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace
from moue.workspace.workspace_settings import WorkspaceSettings


class _PlainPath(click.Path):
    """Path parameter that resolves `..` and rejects an empty path, such as an unset variable."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not os.fspath(value):
            self.fail("the path is empty; give the path of a file or folder", param, ctx)
        return without_dots(Path(os.fsdecode(super().convert(value, param, ctx))))


PATH = _PlainPath(path_type=Path)
RESUME_HINT = "finished work is saved; run the same command again to resume"

LABELS_FROM_FOLDERS = click.option(
    "--labels-from-folders",
    is_flag=True,
    help="Use the names of the folders of the pictures as the labels of the workspace, and write "
    "them to moue.toml.",
)

OVERWRITE = click.option(
    "--overwrite", is_flag=True, help="Replace existing output files instead of failing."
)


def ending(*suffixes: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a Click callback that accepts output files with these suffixes only."""

    def check(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in suffixes:
            raise click.BadParameter(f"{path}: the file name must end in {' or '.join(suffixes)}")
        return path

    return check


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """Values of the shared options of one call.

    Attributes:
        workspace: Workspace from `--workspace`, or the default workspace.
        config: Settings of `moue.toml`, overridden by the settings on the command line.
        json: Value of `--json`.
        workers: Value of `--workers`; 0 uses all CPU cores.
        named: True if `--workspace` is given.
        given: Settings on the command line, by section and name.
        uses: Names of the sections whose settings are flags of the command.
        reset: Value of `--reset`; True to discard the saved settings of the workspace.
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
        """Return a copy of these options for the workspace in `folder`."""
        return replace(self, workspace=Workspace(absolute(folder)), named=True)

    def create(self, values: Mapping[str, Any] | None = None) -> None:
        """Create the workspace if it does not exist.

        Args:
            values: Settings of the section `[workspace]` for a new moue.toml.

        Raises:
            ConfigError: `--workspace` is not given, and the default folder contains other files.
        """
        place = self.workspace
        root, begun = place.root, place.exists or place.settings.is_file()
        if not self.named and not begun and root.is_dir() and any(root.iterdir()):
            raise ConfigError(
                f"{root}: this folder contains files and is not a workspace; choose a folder with "
                "--workspace"
            )
        self.workspace.create(template({section_of(WorkspaceSettings): values or {}}))

    @contextmanager
    def context(self, create: bool = False, uses: tuple[str, ...] = ()) -> Iterator[Context]:
        """Lock the workspace, open its catalog and show progress while the context is open.

        Apply and print the settings that earlier commands saved in the workspace. Save the settings
        of this command line.

        Args:
            create: True to create the workspace if it does not exist.
            uses: Names of further sections of settings that the command uses.
        """
        if create:
            self.create()
        progress = ConsoleProgress()
        command = click.get_current_context().command_path.removeprefix("moue ")
        try:
            with (
                open_engine(self.config, self.workers, progress) as engine,
                self.workspace.locked(command) as (catalog, lock),
                progress.shown(),
            ):
                used = {*self.uses, *uses}
                given = Given(self.config, self.given, self.reset)
                config = in_force(given, catalog, command, used, progress)
                yield Context(
                    self.workspace, catalog, config, progress, engine, lock.paused, command
                )
        except (OSError, MemoryError, KeyboardInterrupt) as error:
            error.add_note(RESUME_HINT)
            raise

    def run(self, stage: Callable[[Context], Summary]) -> None:
        """Run a stage, a function from a context to a summary, and print the summary."""
        with self.context() as context:
            summary = stage(context)
        print_summary(summary, self.json)


BASIC = ("workspace", "set", "json")
"""Names of the shared options of most commands."""


def common(
    *settings: type,
    keeps: bool = False,
    without: Collection[str] = (),
    shared: Collection[str] = BASIC,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the shared options, and a flag for each setting, to a command.

    The decorated command receives a `CommonOptions` as its first argument.

    Args:
        settings: Settings classes whose fields become flags.
        keeps: True to add `--reset`, since saved settings of the workspace affect the command.
        without: Names of the settings that get no flag; `section.name` names that of one section.
        shared: Names of the shared options to add, from `SHARED`.
    """
    chosen = [
        (cls, f)
        for cls in settings
        for f in fields(cls)
        if f.name not in without and f"{section_of(cls)}.{f.name}" not in without
    ]

    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        """Return the command with the options added."""

        @functools.wraps(command)
        def call_with_options(
            workspace: Path | None = None,
            as_json: bool = False,
            workers: int = 0,
            on: str | None = None,
            assignments: tuple[str, ...] = (),
            reset: bool = False,
            **rest: Any,
        ) -> None:
            place = Workspace(absolute(workspace)) if workspace else Workspace.usual(Path())
            flags: dict[str, dict[str, Any]] = {section_of(cls): {} for cls in settings}
            if on is not None:
                flags[section_of(WorkspaceSettings)] = {"on": on}
            for cls, setting in chosen:
                if (value := rest.pop(setting.name)) is not None:
                    flags[section_of(cls)][setting.name] = value
            config, given = _with_command_line(Config.load(place.settings), assignments, flags)
            place = place.with_settings(config.get(WorkspaceSettings))
            options = CommonOptions(
                place, config, as_json, workers, workspace is not None, given, tuple(given), reset
            )
            command(options, **rest)

        decorated: Callable[..., None] = _RESET(call_with_options) if keeps else call_with_options
        for cls, setting in reversed(chosen):
            decorated = setting_option(section_of(cls), setting)(decorated)
        for name in reversed(SHARED):
            if name in shared:
                decorated = SHARED[name](decorated)
        return decorated

    return add_options


SHARED: dict[str, Callable[[Callable[..., None]], Callable[..., None]]] = {
    "workspace": click.option(
        "--workspace", "-w", type=PATH,
        help="Folder of the workspace.  [default: the current folder if it is a workspace, else "
        "./moue-workspace]",
    ),
    "workers": click.option(
        "--workers", type=click.IntRange(min=0), default=0, show_default=True,
        metavar="INTEGER",
        help="Number of worker processes. 0 uses all CPU cores.",
    ),
    "on": setting_option(section_of(WorkspaceSettings), fields(WorkspaceSettings)[0]),
    "set": click.option(
        "--set", "assignments", multiple=True, metavar="SECTION.SETTING=VALUE",
        help="Override a setting of moue.toml, such as web.rate=1. May be repeated.",
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Print the results as JSON."),
}  # fmt: skip
"""Decorators of the shared options by name."""
ALL = tuple(SHARED)

_RESET = click.option(
    "--reset", is_flag=True,
    help="Discard the settings that earlier calls of convert, clean, dedupe, crop, split, train "
    "and run saved in the workspace. moue.toml does not change.",
)  # fmt: skip


def _with_command_line(
    config: Config, assignments: Sequence[str], flags: Mapping[str, Mapping[str, Any]]
) -> tuple[Config, dict[str, dict[str, Any]]]:
    """Return the config, updated from the command line, and the settings of the command line.

    Args:
        config: Settings of `moue.toml`.
        assignments: Values of `--set`, such as `web.rate=1`.
        flags: Values of the flags, by section and name.

    Raises:
        UsageError: A setting is unknown or has an invalid value.
    """
    pairs = dict(_assignment(text) for text in assignments)
    given: dict[str, dict[str, Any]] = {}
    try:
        config = config.with_values(pairs)
        for key in pairs:
            section, _, name = key.replace("-", "_").partition(".")
            given.setdefault(section, {})[name] = config.values[section][name]
        for section, values in flags.items():
            config = config.with_flags(SECTIONS[section], values)
            given.setdefault(section, {}).update(values)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    return config, given


def _assignment(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: write SECTION.SETTING=VALUE, such as web.rate=1")
    return key, value
