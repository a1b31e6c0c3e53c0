"""The settings of a command: from its flags, kept with the workspace, or from `moue.toml`."""

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
    """The settings on the command line.

    Attributes:
        config: `moue.toml` with `values` in it.
        values: by section and name.
        reset: forget the kept settings first.
    """

    config: Config
    values: Mapping[str, Mapping[str, Any]]
    reset: bool


def in_force(
    given: Given, catalog: Catalog, command: str, uses: Collection[str], progress: Progress
) -> Config:
    """Keep the settings of the command line, and return all settings of the command.

    Print the settings kept from earlier commands if the command uses their section.

    Args:
        command: its name.
        uses: sections of settings.
    """
    if given.reset:
        progress.say(f"note: forgot {forget_kept(catalog)} kept settings")
    _keep(catalog, given.values, command)
    rows = kept(catalog)
    notes = [
        row.words
        for row in rows
        if row.section in uses and row.name not in given.values.get(row.section, {})
    ]
    if notes:
        progress.say(f"note: {'; '.join(notes)} (--reset forgets this)")
    config = given.config.with_kept(rows)
    for section, values in given.values.items():
        config = config.with_flags(SECTIONS[section], values)
    return config


def _keep(catalog: Catalog, given: Mapping[str, Mapping[str, Any]], command: str) -> None:
    if given.get("clean", {}).get("dry_run"):
        return  # a dry run changes nothing
    for section in KEPT:
        once = {field.name for field in fields(SECTIONS[section]) if field.setting.once}
        values = {name: v for name, v in given.get(section, {}).items() if name not in once}
        if section == "train" and "recipe" in values:
            forget_kept(catalog, section)  # these settings belong to the earlier recipe
        if values:
            keep(catalog, section, values, command)
