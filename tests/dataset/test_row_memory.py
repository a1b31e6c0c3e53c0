"""Memory of commands on many rows: a few bytes for each row at most."""

from __future__ import annotations

import hashlib
import os

from memory_growth import check_growth, link_copies
from moue.dataset.collect.collect_files import collect
from moue.dataset.dataset_folder import build_dataset_folder
from moue.dataset.label_folders_read import read_label_folders
from moue.dataset.label_folders_write import LabelSuggestions, write_label_folders
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


def write_crops(workspace, catalog):
    """Write a crop for every mouth."""
    source = workspace.root / "crop.png"
    source.write_bytes(CROP)
    link_copies(source, [workspace.mouth(one.name) for one in catalog.mouths()])


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

    check_growth(200, tmp_path, prepare)


def test_new_crops_in_label_folders_need_few_bytes_for_each_crop(tmp_path):
    def predict(names):
        return {name: {"smile": int(name[:8], 16) / 2**32} for name in names}

    def prepare(workspace, count):
        catalog = Catalog(workspace.root / CATALOG)
        write_crops(workspace, catalog)
        catalog.execute("UPDATE mouths SET label = NULL, label_by = NULL WHERE id % 2")

        def operation():
            place = workspace.root / "sorting"
            presort = lambda: LabelSuggestions("model", predict=predict)  # noqa: E731
            with catalog:
                found = write_label_folders(context(workspace, catalog), place, presort)
            assert found.done == count
            assert sum(1 for _ in os.scandir(place / "maybe-smile")) == count // 2

        return operation

    check_growth(200, tmp_path, prepare, 2000, 5000)


def test_sorted_crops_need_few_bytes_for_each_crop(tmp_path):
    def prepare(workspace, count):
        catalog = Catalog(workspace.root / CATALOG)
        write_crops(workspace, catalog)
        place = workspace.root / "sorting"
        copies = [place / one.label / f"{one.name}_mouth.png" for one in catalog.mouths()]
        link_copies(workspace.root / "crop.png", copies)

        def operation():
            with catalog:
                assert write_label_folders(context(workspace, catalog), place).done == 0
                (place / "open").rename(place / "moved")
                (place / "pout").rename(place / "open")
                (place / "moved").rename(place / "pout")
                assert read_label_folders(catalog, place).done == count // 2
                assert write_label_folders(context(workspace, catalog), place).done == 0

        return operation

    check_growth(200, tmp_path, prepare)


def test_collected_files_need_few_bytes_for_each_file(tmp_path):
    def prepare(workspace, count):
        folder = tmp_path / f"raw-{count}"
        for number in range(count):
            path = folder / f"{number % 7}" / f"picture-{number:06d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"not a picture %d" % number)

        def operation():
            catalog = Catalog(workspace.root / CATALOG)
            with catalog:
                given = context(workspace, catalog)
                assert collect(given, [folder]).done == count
                assert collect(given, [folder, folder]).done == 0

        return operation

    check_growth(400, tmp_path, prepare, 1000, 3000)
