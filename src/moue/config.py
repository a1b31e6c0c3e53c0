"""Read and write `moue.toml`, the settings of all stages.

A command-line flag overrides `moue.toml`, and `moue.toml` overrides the default.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from moue.dataset.clean import CleanSettings
from moue.dataset.collect.candidate import Filters
from moue.dataset.collect.collect_camera import CameraSettings
from moue.dataset.collect.collect_files import CollectSettings
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.convert import ConvertSettings
from moue.dataset.crop import CropSettings
from moue.dataset.dedupe import DedupeSettings
from moue.dataset.split import SplitSettings
from moue.errors import ConfigError
from moue.face.backends import FaceSettings
from moue.live.keys.key_settings import KeySettings
from moue.live.live_settings import LiveSettings
from moue.settings import build, fields
from moue.training.train_settings import TrainSettings
from moue.workspace.kept_settings import Kept
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.workspace_settings import WorkspaceSettings

T = TypeVar("T")

LABELS = "labels"
"""Name of the setting `labels`, the only setting of `moue.toml` outside the sections."""

SECTIONS: dict[str, type] = {
    "workspace": WorkspaceSettings,
    "collect": CollectSettings,
    "camera": CameraSettings,
    "web": WebSettings,
    "filters": Filters,
    "convert": ConvertSettings,
    "face": FaceSettings,
    "clean": CleanSettings,
    "dedupe": DedupeSettings,
    "crop": CropSettings,
    "split": SplitSettings,
    "train": TrainSettings,
    "live": LiveSettings,
    "keys": KeySettings,
}
"""Settings class of each section of `moue.toml`, in pipeline order."""
KEPT = ("convert", "face", "clean", "dedupe", "crop", "split", "train")
"""Names of the sections whose command-line values are saved in the catalog."""


def section_of(settings: type) -> str:
    """Return the name of the `moue.toml` section of a settings class."""
    return next(name for name, known in SECTIONS.items() if known is settings)


@dataclass(frozen=True, slots=True)
class Config:
    """The content of a `moue.toml` file.

    Attributes:
        where: path of the file, for error messages.
        values: values in the file, by section and setting name; sections without values may be
            missing.
        labels: labels of the workspace, from the line `labels = [...]` above the first section.
        lists_labels: True if the file has the line `labels = [...]`.
    """

    where: str
    values: Mapping[str, Mapping[str, Any]]
    labels: LabelSet = DEFAULT
    lists_labels: bool = False

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read a settings file. If the file does not exist, all settings have their defaults.

        Raises:
            ConfigError: the file is not TOML, has an unknown section or setting or an invalid
                value, or contains a setting that applies to one call only.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return cls(str(path), {})
        except RecursionError as error:
            raise ConfigError(f"{path} is not valid TOML: tables are nested too deeply") from error
        except ValueError as error:
            raise ConfigError(f"{path} is not valid TOML: {str(error)[:200]}") from error
        listed = values.pop(LABELS, None)
        labels = _labels(listed, values, path)
        for section, content in values.items():
            if not isinstance(content, dict):
                homes = (
                    name
                    for name, settings in SECTIONS.items()
                    if any(section == field.name for field in fields(settings))
                )
                named = next(homes, section if section in SECTIONS else "SECTION")
                raise ConfigError(
                    f"{path}: {section!r} is outside any section; write [{named}] once, and its "
                    "settings below it"
                )
            if section not in SECTIONS:
                near = difflib.get_close_matches(section, SECTIONS, n=1)
                hint = f"did you mean [{near[0]}]?" if near else f"known: {', '.join(SECTIONS)}"
                raise ConfigError(f"{path}: unknown section [{section}]; {hint}")
        config = cls(str(path), values, labels, listed is not None)
        for section, settings in SECTIONS.items():
            config.get(settings)
            for field in fields(settings):
                given = {field.name, field.flag[2:]} & set(values.get(section, ()))
                if field.setting.once and given:
                    raise ConfigError(
                        f"{path} [{section}]: {field.name} applies to one call only; remove the "
                        f"line, and use the flag {field.flag} of `moue {section}`"
                    )
        return config

    def get(self, settings: type[T], **flags: Any) -> T:
        """Return the settings object of one section, with the values of the file and of the flags.

        Args:
            settings: settings class, one of the values of `SECTIONS`.
            flags: command-line values by field name; they override the file.

        Raises:
            ConfigError: a value has a wrong type or is out of range.
        """
        section = section_of(settings)
        from_file = {k.replace("-", "_"): v for k, v in self.values.get(section, {}).items()}
        build(settings, from_file, f"{self.where} [{section}]")
        return build(settings, from_file | flags, "command line")

    def with_flags(self, settings: type, flags: Mapping[str, Any]) -> Config:
        """Return a config in which command-line values of one section override the file.

        Args:
            settings: settings class of the section.
            flags: command-line values by field name.

        Raises:
            ConfigError: a value has a wrong type or is out of range.
        """
        self.get(settings, **flags)
        section = section_of(settings)
        merged = dict(self.values.get(section, {})) | dict(flags)
        return replace(self, values={**self.values, section: merged})

    @classmethod
    def of(cls, *settings: Any) -> Config:
        """Return a config from settings objects; all other settings have their defaults."""
        return cls("settings", {section_of(type(one)): dataclasses.asdict(one) for one in settings})

    def with_listed_labels(self, labels: LabelSet) -> Config:
        """Return a config with `labels`, as if `moue.toml` listed them."""
        return replace(self, labels=labels, lists_labels=True)

    def with_kept(self, rows: Iterable[Kept]) -> Config:
        """Return a config in which the saved settings of the workspace override the file.

        Raises:
            ConfigError: a saved setting is unknown or has an invalid value.
        """
        values = {section: dict(content) for section, content in self.values.items()}
        for row in rows:
            values.setdefault(row.section, {})[row.name] = row.value
            if row.section not in KEPT:
                raise ConfigError(
                    f"the saved setting {row.section}.{row.name} is unknown; remove it with --reset"
                )
            build(SECTIONS[row.section], {row.name: row.value}, "saved settings (see --reset)")
        return replace(self, values=values)

    def with_values(self, assignments: Mapping[str, str]) -> Config:
        """Return a config with changed values, for the option `--set section.setting=value`.

        Args:
            assignments: text of each value, by `section.setting`.

        Raises:
            ConfigError: a key is not of the form `section.setting`, a setting is unknown, or a
                value is invalid.
        """
        values = {section: dict(content) for section, content in self.values.items()}
        for key, text in assignments.items():
            section, _, name = key.partition(".")
            if key == LABELS:
                raise ConfigError("--set cannot change the labels; change them in moue.toml")
            if section not in SECTIONS or not name:
                raise ConfigError(f"--set {key} is not of the form section.setting=value")
            values.setdefault(section, {})[name.replace("-", "_")] = _parsed(text)
        config = replace(self, values=values)
        for section in {key.partition(".")[0] for key in assignments}:
            build(SECTIONS[section], values[section], "--set")
        return config


def template(values: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Return the text of a `moue.toml` with every setting explained.

    Args:
        values: settings of the file, by section and name; all others are commented out.
    """
    given = values or {}
    lines = [
        "# Settings of this workspace. Uncomment a line to change it. A flag overrides it.\n",
        f"{_TEMPLATE_LINE}\n",
    ]
    for section, settings in SECTIONS.items():
        lines.append(f"[{section}]")
        for field in fields(settings):
            if field.setting.once:
                continue
            about = field.setting.help
            if field.choices:
                about += f" ({', '.join(field.choices)})"
            own = given.get(section, {})
            start, value = ("", own[field.name]) if field.name in own else ("# ", field.default)
            lines.append(f"{start}{field.name} = {_toml(value):<14} # {about}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    return '""' if value is None else json.dumps(value, ensure_ascii=False)


_TEMPLATE_LINE = f"# {LABELS} = {_toml(DEFAULT.names)}  # keep this line above the sections"


def _parsed(text: str) -> Any:
    """Return the value of a TOML expression; text that is not valid TOML is returned unchanged."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def as_json(config: Config) -> dict[str, Any]:
    """Return the labels and all settings, by section and name, as plain data for JSON."""
    return {LABELS: list(config.labels.names)} | {
        name: dataclasses.asdict(config.get(settings)) for name, settings in SECTIONS.items()
    }


def with_labels(text: str, labels: LabelSet) -> str:
    """Add the line `labels = [...]` to the text of a `moue.toml`, and return the new text.

    The line replaces the commented line of the template, or becomes the first line. All other
    lines and their line endings stay unchanged.
    """
    line = labels_line(labels)
    lines = text.splitlines(keepends=True)
    for number, old in enumerate(lines):
        if old.startswith("["):
            break
        if old.rstrip("\r\n") == _TEMPLATE_LINE:
            lines[number] = line + old.removeprefix(_TEMPLATE_LINE)
            return "".join(lines)
    end = "\r\n" if "\r\n" in text else "\n"
    return f"{line}{end}{end if text else ''}{text}"


def labels_line(labels: LabelSet) -> str:
    """Return the line `labels = [...]` of a `moue.toml`, without a line ending."""
    return f"{LABELS} = {_toml(labels.names)}"


def _labels(listed: Any, sections: Mapping[str, Any], path: Path) -> LabelSet:
    for name, content in sections.items():
        if isinstance(content, dict) and LABELS in content:
            raise ConfigError(f"{path}: move the line {LABELS} = ... out of [{name}], to the top")
    if listed is None:
        return DEFAULT
    if not isinstance(listed, list):
        raise ConfigError(f"{path}: labels is not a list; write labels = {_toml(DEFAULT.names)}")
    return LabelSet.of(listed, str(path))
