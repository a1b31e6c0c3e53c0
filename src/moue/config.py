"""`moue.toml`: the settings of all stages. A flag overrides the file, the file the default."""

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
from moue.live.live_settings import LiveSettings
from moue.settings import build, fields
from moue.training.train_settings import TrainSettings
from moue.workspace.kept_settings import Kept
from moue.workspace.label_set import DEFAULT, LabelSet

T = TypeVar("T")

LABELS = "labels"
"""The setting of `moue.toml` that belongs to no section."""

SECTIONS: dict[str, type] = {
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
}
"""The sections of `moue.toml` and their settings, in pipeline order."""
KEPT = ("convert", "face", "clean", "dedupe", "crop", "split", "train")
"""Sections whose flags are kept with the workspace; see `kept_settings.py`."""


def section_of(settings: type) -> str:
    """Return the section of `moue.toml` that holds these settings."""
    return next(name for name, known in SECTIONS.items() if known is settings)


@dataclass(frozen=True, slots=True)
class Config:
    """The content of a `moue.toml`.

    Attributes:
        where: path of the file, for messages.
        values: the given settings by section and name; a section may be missing.
        labels: of the workspace, from the line `labels = [...]` above the first section.
        lists_labels: whether the file has that line.
    """

    where: str
    values: Mapping[str, Mapping[str, Any]]
    labels: LabelSet = DEFAULT
    lists_labels: bool = False

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read a settings file. If it does not exist, all settings have their defaults.

        Raises:
            ConfigError: not TOML, an unknown section or setting, a bad value, or an action.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return cls(str(path), {})
        except RecursionError as error:
            raise ConfigError(f"{path}: is not valid TOML: it is nested too deeply") from error
        except ValueError as error:
            raise ConfigError(f"{path}: is not valid TOML: {str(error)[:200]}") from error
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
                    f"{path}: {section!r} is in no section; write [{named}] once, and its settings "
                    "below it"
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
                        f"line, and use the flag of `moue {section}`"
                    )
        return config

    def get(self, settings: type[T], **flags: Any) -> T:
        """Return the settings of one section.

        Args:
            settings: one of `SECTIONS`.
            flags: by field name; they override the file.

        Raises:
            ConfigError: a bad value.
        """
        section = section_of(settings)
        from_file = {k.replace("-", "_"): v for k, v in self.values.get(section, {}).items()}
        build(settings, from_file, f"{self.where} [{section}]")
        return build(settings, from_file | flags, "command line")

    def with_flags(self, settings: type, flags: Mapping[str, Any]) -> Config:
        """Return a config in which these flags of one section override the file."""
        self.get(settings, **flags)
        section = section_of(settings)
        merged = dict(self.values.get(section, {})) | dict(flags)
        return replace(self, values={**self.values, section: merged})

    @classmethod
    def of(cls, *settings: Any) -> Config:
        """Return a config with these settings objects, and defaults for the rest."""
        return cls("settings", {section_of(type(one)): dataclasses.asdict(one) for one in settings})

    def with_listed_labels(self, labels: LabelSet) -> Config:
        """Return a config with other labels, as if `moue.toml` listed them."""
        return replace(self, labels=labels, lists_labels=True)

    def with_kept(self, rows: Iterable[Kept]) -> Config:
        """Return a config in which settings kept with the workspace override the file.

        Raises:
            ConfigError: an unknown setting or a bad value.
        """
        values = {section: dict(content) for section, content in self.values.items()}
        for row in rows:
            values.setdefault(row.section, {})[row.name] = row.value
            if row.section not in KEPT:
                raise ConfigError(
                    f"unknown kept setting {row.section}.{row.name}; run the command with --reset"
                )
            build(SECTIONS[row.section], {row.name: row.value}, "kept settings (see --reset)")
        return replace(self, values=values)

    def with_values(self, assignments: Mapping[str, str]) -> Config:
        """Return a config with other values, given as text by `section.setting`.

        Raises:
            ConfigError: a key is not `section.setting`, or unknown, or has a bad value.
        """
        values = {section: dict(content) for section, content in self.values.items()}
        for key, text in assignments.items():
            section, _, name = key.partition(".")
            if key == LABELS:
                raise ConfigError("--set labels: labels belong to the workspace, in moue.toml")
            if section not in SECTIONS or not name:
                raise ConfigError(f"--set {key}: write it as section.setting=value")
            values.setdefault(section, {})[name.replace("-", "_")] = _parsed(text)
        config = replace(self, values=values)
        for section in {key.partition(".")[0] for key in assignments}:
            build(SECTIONS[section], values[section], "--set")
        return config


def template() -> str:
    """Return a `moue.toml` that explains every setting, each commented out."""
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
            lines.append(f"# {field.name} = {_toml(field.default):<14} # {about}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    return '""' if value is None else json.dumps(value, ensure_ascii=False)


_TEMPLATE_LINE = f"# {LABELS} = {_toml(DEFAULT.names)}  # keep this line above the sections"


def _parsed(text: str) -> Any:
    """Return the TOML value of a text, or the text itself if it is not TOML."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def as_json(config: Config) -> dict[str, Any]:
    """Return the labels and the current value of every setting, by section."""
    return {LABELS: list(config.labels.names)} | {
        name: dataclasses.asdict(config.get(settings)) for name, settings in SECTIONS.items()
    }


def with_labels(text: str, labels: LabelSet) -> str:
    """Return the text of a `moue.toml` with a line that lists these labels.

    The line replaces the commented line of the template, or becomes the first line. The rest of
    the text stays, with its line ends.
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
    """Return the line of a `moue.toml` that lists these labels."""
    return f"{LABELS} = {_toml(labels.names)}"


def _labels(listed: Any, sections: Mapping[str, Any], path: Path) -> LabelSet:
    for name, content in sections.items():
        if isinstance(content, dict) and LABELS in content:
            raise ConfigError(f"{path}: move the line {LABELS} = ... above [{name}], to the top")
    if listed is None:
        return DEFAULT
    if not isinstance(listed, list):
        raise ConfigError(f"{path}: write labels as a list: labels = {_toml(DEFAULT.names)}")
    return LabelSet.of(listed, str(path))
