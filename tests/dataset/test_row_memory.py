"""Memory of commands on many rows: a few bytes for each row at most."""

from __future__ import annotations

import hashlib

from memory_growth import bytes_per_row, link_copies
from moue.dataset.dataset_folder import build_dataset_folder
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import CATALOG
from rows import context

CROP = b"a crop"


def record_crops(workspace, catalog):
    """Write a crop and its copy in `dataset/` for every mouth, and record both files."""
    digest = hashlib.sha256(CROP).hexdigest()
    mouths = list(catalog.mouths())
    crops = [workspace.mouth(one.name) for one in mouths]
    copies = [
        workspace.dataset / one.split / one.label / crop.name
        for one, crop in zip(mouths, crops, strict=True)
    ]
    source = workspace.root / "crop.png"
    source.write_bytes(CROP)
    link_copies(source, [*crops, *copies])
    catalog.execute_each(
        "INSERT INTO files VALUES (?, ?, ?, '')",
        ((path.relative_to(workspace.root).as_posix(), digest, len(CROP))
         for path in (*crops, *copies)),
    )  # fmt: skip


def test_the_copies_of_split_need_few_bytes_for_each_picture(tmp_path):
    def prepare(workspace, count):
        catalog = Catalog(workspace.root / CATALOG)
        with catalog.transaction():
            record_crops(workspace, catalog)
            catalog.execute("UPDATE mouths SET label = 'pout' WHERE id <= 100")

        def operation():
            with catalog:
                assert build_dataset_folder(context(workspace, catalog)) == count
            lines = (workspace.dataset / "dataset.csv").read_bytes().count(b"\n")
            assert lines == count + 1

        return operation

    assert bytes_per_row(tmp_path, prepare) < 100
