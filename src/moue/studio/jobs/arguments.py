"""Turn the options of a job into the arguments of its command, as a person would type them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moue.config import SECTIONS
from moue.errors import ConfigError
from moue.http_api.errors import ApiError, _
from moue.pipeline import STAGES
from moue.settings import Field, fields
from moue.studio.jobs.sources import Sources

Extra = Callable[[Any, Sources], Iterator[str]]
"""Function from the value of an option to arguments; it checks the value."""


def _switch(flag: str) -> Extra:
    def arguments(value: Any, _sources: Sources) -> Iterator[str]:
        if not isinstance(value, bool):
            raise _invalid(flag)
        if value:
            yield flag

    return arguments


def _workers(value: Any, _sources: Sources) -> Iterator[str]:
    if type(value) is not int or not 0 <= value <= 256:
        raise _invalid("--workers")
    yield f"--workers={value}"


def _run(flag: str) -> Extra:
    def arguments(value: Any, sources: Sources) -> Iterator[str]:
        yield f"{flag}={sources.run(value)}"

    return arguments


def _until(value: Any, _sources: Sources) -> Iterator[str]:
    if value not in STAGES:
        raise _invalid("--until")
    yield f"--until={value}"


def _paths(value: Any, sources: Sources) -> Iterator[str]:
    if not isinstance(value, list) or not 0 < len(value) <= 100:
        raise _invalid("sources")
    yield from (str(sources.path(one)) for one in value)


def _upload(value: Any, sources: Sources) -> Iterator[str]:
    yield "--copy"
    yield str(sources.upload(value))


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the studio may start.

    Attributes:
        words: words of the command.
        sections: sections of settings whose settings are flags of the command.
        extras: further options.
        needs: options of which one must be given; empty if all are optional.
    """

    words: tuple[str, ...]
    sections: tuple[str, ...] = ()
    extras: dict[str, Extra] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


_PIXELS: dict[str, Extra] = {"workers": _workers, "reset": _switch("--reset")}
_RESET: dict[str, Extra] = {"reset": _switch("--reset")}
_SOURCES: dict[str, Extra] = {"sources": _paths, "upload": _upload}

COMMANDS: dict[str, Command] = {
    "collect": Command(("collect", "files"), ("collect",), _SOURCES, ("sources", "upload")),
    "convert": Command(("convert",), ("convert",), _PIXELS),
    "clean": Command(("clean",), ("clean", "face"), _PIXELS),
    "dedupe": Command(("dedupe",), ("dedupe",), _RESET),
    "crop": Command(("crop",), ("crop", "face"), _PIXELS),
    "label": Command(("label",), (), {"labels_from_folders": _switch("--labels-from-folders")}),
    "suggest": Command(("label", "--suggest"), (), {"model": _run("--model")}),
    "people": Command(("people",), (), {"workers": _workers}),
    "split": Command(("split",), ("split",), _RESET),
    "train": Command(("train",), ("train",), _RESET),
    "evaluate": Command(
        ("evaluate",), (),
        {"model": _run("--model"), "against": _run("--against"),
         "robustness": _switch("--robustness")},
    ),
    "run": Command(
        ("run",), ("collect", "train"),
        _PIXELS | {
            "sources": _paths, "until": _until,
            "labels_from_folders": _switch("--labels-from-folders"),
        },
    ),
}  # fmt: skip
"""The commands that the studio may start, in pipeline order."""


def arguments(name: str, options: dict[str, Any], sources: Sources) -> list[str]:
    """Return the arguments of `moue` for a job, without the workspace.

    Args:
        name: name of the command, a key of `COMMANDS`.
        options: settings by name, and further options of the command. None stands for the default.
        sources: files and runs that the options may name.

    Raises:
        ApiError: an option is unknown, is missing, or has an invalid value.
    """
    command = COMMANDS[name]
    known = {
        f.name: f
        for section in command.sections
        for f in fields(SECTIONS[section])
        if not f.setting.runs_code
    }
    flags: list[str] = []
    rest: list[str] = []
    for option, value in options.items():
        if value is None:
            continue
        if option in command.extras:
            given = list(command.extras[option](value, sources))
            flags += [text for text in given if text.startswith("--")]
            rest += [text for text in given if not text.startswith("--")]
        elif option in known:
            flags.append(_flag(known[option], value))
        else:
            text = _("{command} has no option {option}")
            raise ApiError(422, "option", text, field=option[:80], command=name, option=option[:80])
    if command.needs and not any(options.get(option) for option in command.needs):
        raise ApiError(422, "option", _("choose the pictures first"), field=command.needs[0])
    return [*command.words, *flags, *(["--", *rest] if rest else [])]


def _flag(setting: Field, value: Any) -> str:
    try:
        value = setting.check(value, "options")
    except ConfigError as error:
        raise ApiError(422, "option", "{reason}", field=setting.name, reason=str(error)) from error
    if setting.type is bool:
        return setting.flag if value else f"--no-{setting.flag[2:]}"
    return f"{setting.flag}={value}"


def _invalid(option: str) -> ApiError:
    text = _("{option} has an invalid value")
    return ApiError(422, "option", text, field=option.lstrip("-"), option=option)
