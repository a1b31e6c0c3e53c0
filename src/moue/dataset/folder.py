"""The data set as folders that any tool can read: `dataset/<split>/<label>/<name>_mouth.png`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from moue.catalog import Catalog
from moue.dataset.split import grouped
from moue.files import write_bytes, write_text
from moue.progress import Progress
from moue.sample import Mouth, Sample
from moue.workspace import Workspace

COLUMNS = ("file", "split", "label", "label_by", "source", "group", "person", "licence", "tags")


def build_folder(workspace: Workspace, catalog: Catalog, progress: Progress) -> int:
    """Make `dataset/` show the catalog: copy crops that are new, remove those that moved away.

    It holds copies only, so what is removed here is lost nowhere. `dataset/dataset.csv` lists
    every file with its source, and is the last to be written.

    Returns:
        How many crops it holds.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    groups = grouped(catalog)
    wanted = set()
    for mouth, sample in progress.track(labelled(catalog), "data set", None):
        crop = workspace.mouth(mouth.name)
        target = workspace.dataset / str(mouth.split) / str(mouth.label) / crop.name
        if not target.exists() or target.stat().st_mtime_ns < crop.stat().st_mtime_ns:
            write_bytes(target, crop.read_bytes())
        wanted.add(target)
        file = target.relative_to(workspace.dataset).as_posix()
        writer.writerow([file, *_row(mouth, sample, groups[sample.name])])
    for old in workspace.dataset.glob("*/*/*_mouth.png"):
        if old not in wanted:
            old.unlink()
    write_text(workspace.dataset / "dataset.csv", table.getvalue())
    return len(wanted)


def labelled(catalog: Catalog) -> Iterator[tuple[Mouth, Sample]]:
    """Return every mouth in use that has a label and a split, with its picture."""
    mouths = catalog.mouths_in_use("label IS NOT NULL AND split IS NOT NULL")
    return catalog.with_samples(mouths)


def _row(mouth: Mouth, sample: Sample, group: str) -> list[str | None]:
    tags = json.dumps(sample.tags, ensure_ascii=False, sort_keys=True) if sample.tags else ""
    return [
        mouth.split,
        mouth.label,
        mouth.label_by,
        sample.source,
        group,
        sample.person,
        sample.licence,
        tags,
    ]
