"""The settings in force for a command: given, kept with the workspace, or of `moue.toml`."""

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
    """What a command was given.

    Attributes:
        config: `moue.toml` with `values` in it.
        values: by section and name.
        reset: forget what is kept first.
    """

    config: Config
    values: Mapping[str, Mapping[str, Any]]
    reset: bool


def in_force(
    given: Given, catalog: Catalog, command: str, uses: Collection[str], progress: Progress
) -> Config:
    """Keep what the command was given, and return the settings in force for it.

    Those that earlier commands were given are said where the command uses their section.

    Args:
        command: its name.
        uses: sections of settings.
    """
    if given.reset:
        progress.say(f"note: forgot {forget_kept(catalog)} kept settings")
    _keep(catalog, given.values, command)
    rows = kept(catalog)
    told = [
        row.words
        for row in rows
        if row.section in uses and row.name not in given.values.get(row.section, {})
    ]
    if told:
        progress.say(f"note: {'; '.join(told)} (--reset forgets this)")
    config = given.config.with_kept(rows)
    for section, values in given.values.items():
        config = config.with_flags(SECTIONS[section], values)
    return config


def _keep(catalog: Catalog, given: Mapping[str, Mapping[str, Any]], command: str) -> None:
    if given.get("clean", {}).get("dry_run"):
        return  # a trial leaves nothing behind
    for section in KEPT:
        once = {field.name for field in fields(SECTIONS[section]) if field.setting.once}
        values = {name: v for name, v in given.get(section, {}).items() if name not in once}
        if section == "train" and "recipe" in values:
            forget_kept(catalog, section)  # they belonged to another recipe
        if values:
            keep(catalog, section, values, command)
