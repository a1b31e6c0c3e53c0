"""Folders that a person sorts mouths into, for the tests of them."""

from __future__ import annotations

from drawing import drawn
from moue.files import write_bytes
from moue.media.image import encode_png
from rows import add, sample


def new(workspace, catalog, *names):
    """Add mouths without a label."""
    for seed, name in enumerate(names):
        add(catalog, sample(name))
        write_bytes(workspace.mouth(name), encode_png(drawn(seed, 40, 40)))


def lying(folder):
    """Where the crops lie now."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*_mouth*.png")}


def move(folder, name, old, new):
    (folder / new).mkdir(exist_ok=True)
    (folder / old / f"{name}_mouth.png").rename(folder / new / f"{name}_mouth.png")


def said(catalog):
    return {one.name: (one.label, one.label_by) for one in catalog.mouths()}
