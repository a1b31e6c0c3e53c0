"""How the work on a catalog grows with its pictures, counted in SQLite's own steps."""

from __future__ import annotations

import pytest

from moue.dataset.dedupe import dedupe
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.split import SplitSettings, split
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import samples_at_url
from moue.workspace.queries import dataset_mouths
from moue.workspace.stage_rows import pending_rows
from moue.workspace.types import LABELS, Mouth
from moue.workspace.workspace import Workspace
from rows import context, sample

pytestmark = pytest.mark.slow

FEW, MANY = 1500, 6000
LINEAR = 5.5
"""Four times the pictures may take so many times the steps; quadratic work would take 16."""


def filled(path, count):
    catalog = Catalog(path / f"{count}.db", create=True)
    names = [f"p{i:05d}" for i in range(count)]
    with catalog.transaction():
        catalog.add_samples(
            sample(name, source=f"/raw/{LABELS[i % 4]}/{name}.jpg", faces=())
            for i, name in enumerate(names)
        )
        for name in names:
            catalog.put_mouths(name, [Mouth(name=name, sample=name, face=0, width=40)])
    return catalog


def steps(catalog, work):
    """How many hundreds of steps SQLite takes for `work`."""
    taken = 0

    def count():
        nonlocal taken
        taken += 1
        return 0

    catalog._db.set_progress_handler(count, 100)
    work(catalog)
    catalog._db.set_progress_handler(None, 100)
    return taken


def drain(found):
    for _ in found:
        pass


WORK = {
    "mouths in use": lambda c: drain(c.mouths_in_use()),
    "mouths with their pictures": lambda c: drain(c.with_samples(c.mouths())),
    "pending": lambda c: drain(pending_rows(c, "detect", "key", ("name", "faces"))[1]),
    "counts": lambda c: (c.count_in_use("label"), c.count("samples", "dropped")),
    "dedupe": lambda c: dedupe(context(Workspace(c.path.parent), c)),
    "label": label_from_class_folders,
    "split": lambda c: (label_from_class_folders(c), split(c, SplitSettings())),
    "labelled": lambda c: drain(dataset_mouths(c)),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_work_grows_linearly_with_the_pictures(tmp_path, work):
    few, many = (filled(tmp_path, count) for count in (FEW, MANY))
    with few, many:
        assert steps(many, work) <= LINEAR * steps(few, work)


@pytest.mark.parametrize(
    "query",
    [
        lambda c: list(c.samples(name="p00001")),
        lambda c: list(c.samples(source="/raw/p00001.jpg")),
        lambda c: list(c.samples(group="p00001")),
        lambda c: list(c.mouths(sample="p00001")),
        lambda c: samples_at_url(c, "http://a/1.jpg"),
    ],
    ids=["name", "source", "group", "mouths of a picture", "found at"],
)
def test_a_lookup_does_not_depend_on_the_catalog_size(tmp_path, query):
    few, many = (filled(tmp_path, count) for count in (200, 2000))
    with few, many:
        assert steps(many, query) <= steps(few, query) + 1
