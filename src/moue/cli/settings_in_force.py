"""Settings of a command: its flags override saved settings, which override `moue.toml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from moue.config import KEPT, SECTIONS, Config
from moue.progress import Progress
from moue.settings import fields
from moue.workspace.catalog import Catalog
from moue.workspace.kept_settings import forget_kept, keep, kept


@dataclass(frozen=True, slots=True)
class Given:
    """Settings on the command line.

    Attributes:
        config: Settings of `moue.toml`, overridden by `values`.
        values: Settings on the command line, by section and name.
        reset: True to discard the saved settings of the workspace before applying `values`.
    """

    config: Config
    values: Mapping[str, Mapping[str, Any]]
    reset: bool


def in_force(
    given: Given, catalog: Catalog, command: str, uses: Collection[str], progress: Progress
) -> Config:
    """Save the command-line settings in the catalog, and return all settings of the command.

    Print the settings that earlier commands saved and this command uses.

    Args:
        given: Settings on the command line.
        catalog: Catalog with the saved settings.
        command: Name of the command.
        uses: Names of the sections of settings that the command uses.
        progress: Progress display that prints the notes.
    """
    if given.reset:
        progress.say(f"note: saved settings discarded: {forget_kept(catalog)}")
    _keep(catalog, given.values, command)
    rows = kept(catalog)
    notes = [
        row.words
        for row in rows
        if row.section in uses and row.name not in given.values.get(row.section, {})
    ]
    if notes:
        progress.say(f"note: saved settings in use: {'; '.join(notes)} (--reset discards them)")
    config = given.config.with_kept(rows)
    for section, values in given.values.items():
        config = config.with_flags(SECTIONS[section], values)
    return config


def _keep(catalog: Catalog, given: Mapping[str, Mapping[str, Any]], command: str) -> None:
    if given.get("clean", {}).get("dry_run"):
        return  # a dry run saves nothing
    for section in KEPT:
        once = {field.name for field in fields(SECTIONS[section]) if field.setting.once}
        values = {name: v for name, v in given.get(section, {}).items() if name not in once}
        if section == "train" and "recipe" in values:
            forget_kept(catalog, section)  # the saved settings belong to the previous recipe
        if values:
            keep(catalog, section, values, command)
