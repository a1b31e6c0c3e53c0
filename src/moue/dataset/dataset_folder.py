"""The data set as folders that any tool can read: `dataset/<split>/<label>/<name>_mouth.png`."""

from __future__ import annotations

import csv
import io
import json

from moue.dataset.grouping import find_groups
from moue.files import Staged, stage
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import damaged, listed, publish, put_text, remove
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace import Workspace

_BATCH = 64
"""Files that reach the disk together."""
COLUMNS = ("file", "split", "label", "label_by", "source", "group", "subject", "licence", "tags")


def build_dataset_folder(workspace: Workspace, catalog: Catalog, progress: Progress) -> int:
    """Make `dataset/` show the catalog: copy crops that are new, remove those that moved away.

    Only copies that moue wrote are removed, so nothing is lost; a file of a person's own, or one
    that was changed, is left alone. `dataset/dataset.csv` lists every file with its source, and is
    the last to be written.

    Returns:
        How many crops it holds.

    Raises:
        FileTaken: a file that moue did not write stands where a crop belongs.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    groups = find_groups(catalog)
    crops, copies = listed(catalog, "mouths"), listed(catalog, "dataset")
    for path, _ in damaged(catalog, "dataset"):
        copies[path.relative_to(workspace.root).as_posix()] = "damaged"
    wanted = set[str]()
    staged: list[Staged] = []
    for mouth, sample in progress.track(dataset_mouths(catalog), "data set", None):
        crop = workspace.mouth(mouth.name)
        target = workspace.dataset / str(mouth.split) / str(mouth.label) / crop.name
        key = target.relative_to(workspace.root).as_posix()
        if copies.get(key, "") != crops.get(crop.relative_to(workspace.root).as_posix()):
            staged.append(stage(target, crop.read_bytes(), sample.name))
        if len(staged) == _BATCH:
            publish(catalog, staged)
            staged = []
        wanted.add(key)
        file = target.relative_to(workspace.dataset).as_posix()
        writer.writerow([file, *_row(mouth, sample, groups[sample.name])])
    publish(catalog, staged)
    table_file = workspace.dataset / "dataset.csv"
    for old in sorted(copies.keys() - wanted - {table_file.relative_to(workspace.root).as_posix()}):
        if not remove(catalog, workspace.root / old):
            progress.say(f"{old}: was changed since moue wrote it, so it is left where it is")
    put_text(catalog, table_file, table.getvalue(), "split")
    return len(wanted)


def _row(mouth: Mouth, sample: Sample, group: str) -> list[str | None]:
    tags = json.dumps(sample.tags, ensure_ascii=False, sort_keys=True) if sample.tags else ""
    return [
        mouth.split,
        mouth.label,
        mouth.label_by,
        sample.source,
        group,
        sample.subject,
        sample.licence,
        tags,
    ]
