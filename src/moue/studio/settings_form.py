"""The settings of the workspace, as a form and as changes of `moue.toml`."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from moue.config import KEPT, LABELS, SECTIONS, Config
from moue.errors import ConfigError
from moue.files import write_bytes
from moue.http_api.errors import ApiError, _, not_found
from moue.settings import Field, fields
from moue.studio.schema_settings import SettingField, SettingSection
from moue.studio.settings_file import with_setting
from moue.workspace.kept_settings import Kept, forget_kept, kept
from moue.workspace.label_set import LabelSet
from moue.workspace.workspace import Workspace

TITLES = {
    "workspace": _("Workspace"),
    "collect": _("Pictures from files and videos"),
    "camera": _("Pictures from a camera"),
    "web": _("Requests to web sites"),
    "filters": _("Filters of the search engines"),
    "convert": _("Reading and converting"),
    "face": _("Face detection"),
    "clean": _("Cleaning"),
    "dedupe": _("Duplicates"),
    "crop": _("Mouth crops"),
    "split": _("Splits"),
    "train": _("Training"),
    "live": _("Live video"),
    "keys": _("Keys that the mouth presses"),
}
_TYPES = {int: "int", float: "float", str: "str", bool: "bool"}
_writing = threading.Lock()


def config_in_force(workspace: Workspace) -> Config:
    """Return the settings that the next command uses: those kept from commands, then `moue.toml`.

    Raises:
        ConfigError: `moue.toml` or a kept setting is not valid.
    """
    return Config.load(workspace.settings).with_kept(_kept(workspace))


def sections(workspace: Workspace) -> list[SettingSection]:
    """Return all settings with their values, by section.

    Raises:
        ConfigError: `moue.toml` or a kept setting is not valid.
    """
    rows = {(row.section, row.name) for row in _kept(workspace)}
    file, config = Config.load(workspace.settings), config_in_force(workspace)
    return [_section(name, file, config, rows) for name in SECTIONS]


def change(workspace: Workspace, section: str, name: str, value: Any) -> SettingSection:
    """Change a setting in `moue.toml`, and forget the value that a command kept.

    Args:
        section: name of the section.
        name: name of the setting.
        value: new value; None for the default.

    Raises:
        ApiError: there is no such setting, or it applies to one call only.
        CatalogError: a command kept the setting and another process locks the workspace.
        ConfigError: the value is not valid, or `moue.toml` is damaged or not writable.
    """
    known = fields(SECTIONS[section]) if section in SECTIONS else []
    field = next((one for one in known if one.name == name), None)
    if field is None or field.setting.once:
        raise not_found(f"{section}.{name}"[:120])
    if value is not None:
        value = field.check(value, section)
    with _writing:
        if any((row.section, row.name) == (section, name) for row in _kept(workspace)):
            with workspace.editing() as catalog:
                forget_kept(catalog, section, name)
        _rewrite(workspace.settings, section, name, value, field.default)
    return next(one for one in sections(workspace) if one.name == section)


def change_labels(workspace: Workspace, names: list[str]) -> list[str]:
    """Change the labels of the workspace in `moue.toml`, and return them.

    Raises:
        ApiError: mouths have a label that is not among the new ones.
        ConfigError: the labels are not valid.
    """
    labels = LabelSet.of(names, "labels")
    with workspace.reading() as catalog:
        used = catalog.count_in_use("label")
    for label, count in used.items():
        if label is not None and label not in labels.names:
            text = _("{count} mouths have the label {label}; give them another label first")
            raise ApiError(409, "label_in_use", text, field="labels", count=count, label=label)
    with _writing:
        _rewrite(workspace.settings, "", LABELS, list(labels.names), None)
    return list(labels.names)


def _kept(workspace: Workspace) -> list[Kept]:
    with workspace.reading() as catalog:
        return kept(catalog)


def _rewrite(path: Path, section: str, name: str, value: Any, default: Any) -> None:
    """Replace the file at once; a symbolic link and the permissions stay."""
    target = path.resolve()
    try:
        text = target.read_bytes().decode("utf-8-sig") if target.exists() else ""
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise ConfigError(f"{path} is not writable; check its permissions")
        changed = with_setting(text, section, name, value, default)
        write_bytes(target, changed.encode())
        if mode is not None:
            target.chmod(mode)
    except UnicodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}") from error


def _section(name: str, file: Config, config: Config, rows: set[tuple[str, str]]) -> SettingSection:
    settings = SECTIONS[name]
    values: Any = config.get(settings)
    in_file = {key.replace("-", "_") for key in file.values.get(name, {})}

    def source(field: Field) -> str:
        if name in KEPT and (name, field.name) in rows:
            return "kept"
        return "moue.toml" if field.name in in_file else "default"

    return SettingSection(
        name, TITLES[name],
        [
            SettingField(
                name=field.name, flag=field.flag, type=_TYPES[field.type], default=field.default,
                value=getattr(values, field.name), source=source(field), help=field.setting.help,
                low=field.setting.low, high=field.setting.high, choices=list(field.choices),
                optional=field.optional,
            )
            for field in fields(settings) if not field.setting.once
        ],
    )  # fmt: skip
