"""A workspace with labelled mouths of drawn pictures, and the values that its records have."""

from __future__ import annotations

from contextlib import contextmanager

from drawing import drawn
from moue.config import Config
from moue.dataset.exchange.catalog_records import catalog_records
from moue.dataset.exchange.export_dataset import export_dataset
from moue.engine import LocalEngine
from moue.files import write_bytes
from moue.media.image import encode_jpeg, encode_png
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.label_set import DEFAULT
from moue.workspace.provenance import Origin, add_origin
from moue.workspace.types import USER, Decision, Mouth, Sample
from moue.workspace.workspace import Workspace
from rows import face


@contextmanager
def opened(folder):
    """Yield the context of a workspace in a folder, which is created."""
    place = Workspace(folder)
    place.create("")
    with place.locked() as (catalog, _):
        yield Context(place, catalog, Config.of(), Progress(), LocalEngine(1))


def add_picture(context, name, seed, mouths, origins=(), **fields):
    """Add a picture with its files and mouths.

    Args:
        seed: seed of the drawn picture.
        mouths: values of the mouths, one dict for each face.
    """
    catalog, place = context.catalog, context.workspace
    faces = tuple(face(20 + 10 * i, 20, 40 + i) for i in range(len(mouths)))
    known = {
        "source": f"/raw/{name}.jpg", "original": f"/raw/{name}.jpg", "sha256": f"{seed:064x}",
        "width": 96, "height": 80, "phash": seed, "faces": faces, "format": "JPEG",
    }  # fmt: skip
    catalog.add_samples([Sample(name=name, **(known | fields))])
    write_bytes(place.image(name), encode_jpeg(drawn(seed, 96, 80), 90))
    rows = []
    for i, values in enumerate(mouths):
        own = name if i == 0 else f"{name}-face{i + 1}"
        rows.append(Mouth(name=own, sample=name, face=i, width=24, backend="haar", **values))
        write_bytes(place.mouth(own), encode_png(drawn(seed + i, 24, 24)))
    catalog.put_mouths(name, rows)
    for origin in origins:
        add_origin(catalog, Origin(sample=name, **origin))


def fill(context):
    """Add pictures with all kinds of values."""
    by = {"label_by": USER, "label_at": "2026-01-02T03:04:05+00:00"}
    add_picture(
        context, "anna-00112233aabb", 1,
        [{"label": "smile", "split": "train", **by}, {"label": "pout", "split": "train", **by},
         {"dropped": "small_face", "decided_by": USER}],
        [{"engine": "openverse", "query": "smile 微笑", "url": "https://x.test/1.jpg",
          "page": "https://x.test/1", "author": "Ann", "licence": "CC BY 4.0", "label": "smile",
          "licence_url": "https://x.test/by", "title": "A \"smile\"", "at": "2026-01-01T00:00:00"}],
        licence="CC BY 4.0", subject="Anna Ö", tags={"light": "low", "场景": "室内"},
    )  # fmt: skip
    add_picture(
        context, "bo-33445566ccdd", 2, [{"label": "open", "split": "val", "label_by": "folder"}],
        source="/raw/caf\udce9/b,o.jpg", video="/raw/clip\udcff.mp4",
    )  # fmt: skip
    add_picture(context, "图-778899eeff00", 3, [{"label": "none", "split": "test"}], subject="Bo")
    add_picture(context, "new-a1b2c3d4e5f6", 4, [{}])
    add_picture(context, "late-b1b2c3d4e5f6", 5, [{"label": "smile", "label_by": "csv"}])
    add_picture(context, "gone-c1b2c3d4e5f6", 6, [{"label": "smile"}], dropped="blurry")
    context.catalog.decide(
        [Decision("anna-00112233aabb", "label", None, "smile", USER, "a: 1, b"),
         Decision("anna-00112233aabb-face2", "label", "none", "pout", "csv", None)]
    )  # fmt: skip


def export(context, form, folder, unlabelled=False):
    """Export the data set of a context."""
    return export_dataset(
        context.workspace, context.catalog, DEFAULT, form, folder, unlabelled, Progress()
    )


def values(context, form, unlabelled=True):
    """Return all values of the records of a workspace, by name."""
    found = catalog_records(context.workspace, context.catalog, form, unlabelled)
    return {one.name: (one.facts(), one.suffix, one.read()) for one in found}
