"""Run commands in copies of one workspace, and compare what they print, write and request."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import click
import pytest

from moue.cli import main
from moue.cli.commands import moue
from webserver import Site

CHANGING = re.compile(
    r"in [\d.]+ s(, [\d.,]+(/s| s/\w+))?|\d+(\.\d+)? ms\b|\d+\.\d$|"
    r"\d{4}-\d\d-\d\d[T \d:+]*|[0-9a-f]{12}|events\.out\S*|(?<=/)[0-9a-f]{3}/(?=camera-)",
    re.MULTILINE,
)
"""Times, and the parts of a name and its subfolder that depend on a time."""


def walk(command: click.Command, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Return the commands by name, without groups."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    found: dict[str, click.Command] = {}
    for name, one in command.commands.items():
        found |= walk(one, (*path, name))
    return found


COMMANDS = walk(moue)
OPTIONS = {
    (name, max(option.opts, key=len)): option
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option)
}


class Caller:
    """Runs commands, each in a fresh copy of the workspace."""

    def __init__(self, done: Path, site: Site, root: Path) -> None:
        self.done, self.site, self.root = done, site, root
        self.capsys: pytest.CaptureFixture[str] | None = None
        self.count, self.known = 0, {}

    def __call__(self, text: str) -> tuple[object, ...]:
        """Return exit code, output, files, rows and requests of a call; calls are cached."""
        if text not in self.known:
            self.known[text] = self.run(text)
        return self.known[text]

    def run(self, text: str) -> tuple[object, ...]:
        self.count += 1
        self.place = place = self.root / f"{self.count:04d}"  # names of one length: tables align
        (place / "other").mkdir(parents=True)
        (place / "other" / "moue.toml").write_text("[web]\nallow_private = true\n")
        shutil.copytree(self.done / "w", place / "w")
        names = {"at": place, "here": self.done, "site": self.site.root}
        arguments = text.format(**names).split()
        if "--workspace" not in arguments and OPTIONS.get((command_of(arguments), "--workspace")):
            arguments += ["--workspace", str(place / "w")]
        for old in self.done.glob("old.*"):
            shutil.copy(old, place)
        self.site.asked.clear()
        code = main(arguments)
        out, err = self.capsys.readouterr()
        files = [
            f"{file.relative_to(place)} {digest(file)}"
            for file in place.rglob("*.*")
            if file.is_file()
        ]
        rows = [str(row) for one in place.glob("*/catalog.db") for row in catalog_rows(one)]
        asked = sorted(self.site.asked)
        stable = [CHANGING.sub("", t.replace(str(place), "")) for t in (out, err, *files, *rows)]
        return code, *stable[:2], sorted(stable[2:]), asked


def digest(file: Path) -> str:
    """Return a hash of a picture, table, video or training log, without what holds times."""
    if file.name == "log.jsonl":
        epochs = [json.loads(line) for line in file.read_text().splitlines()]
        times = {"seconds", "images_per_second", "time"}
        return str([{k: v for k, v in epoch.items() if k not in times} for epoch in epochs])
    if file.suffix not in (".jpg", ".png", ".csv", ".mp4") or {"runs", "collect"} & {*file.parts}:
        return ""
    return sha256(file.read_bytes()).hexdigest()[:11]


def command_of(arguments: list[str]) -> str:
    two = " ".join(arguments[:2])
    return two if two in COMMANDS else arguments[0]


def catalog_rows(path: Path) -> list[tuple[object, ...]]:
    """Return the state of all samples and mouths, without times."""
    with closing(sqlite3.connect(path)) as db:
        samples = db.execute('SELECT name, kind, "group", dropped, width, backend FROM samples')
        mouths = db.execute("SELECT name, width, label, label_by, split, dropped FROM mouths")
        weak = db.execute("SELECT sample, label FROM origins")
        return [*samples.fetchall(), *mouths.fetchall(), *weak.fetchall()]
