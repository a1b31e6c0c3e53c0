"""Write the data set as one folder for each split and label: `dataset/<split>/<label>/`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from moue.dataset.grouping import find_groups
from moue.store import Staged, stage
from moue.workspace.catalog import batched
from moue.workspace.context import Context
from moue.workspace.layout import mouth_key
from moue.workspace.owned_files import damaged, listed, publish_in_batches, put_text, remove
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import Mouth, Sample

_PAGE = 500

COLUMNS = ("file", "split", "label", "label_by", "source", "group", "subject", "licence", "tags")


def build_dataset_folder(context: Context) -> int:
    """Update `dataset/`: copy new crops, and remove copies whose split or label has changed.

    Only unchanged copies that moue wrote are removed. `dataset/dataset.csv` lists every crop with
    its source and is written last.

    Returns:
        Number of crops in the folder.

    Raises:
        FileTaken: A file that moue did not write has the name of a crop.
    """
    workspace, catalog = context.workspace, context.catalog
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    crops, copies = listed(catalog, "mouths"), listed(catalog, "dataset")
    for path, _ in damaged(catalog, "dataset"):
        copies[path] = "damaged"
    table_file = workspace.dataset / "dataset.csv"
    wanted = {table_file.relative_to(workspace.root).as_posix()}

    def stage_copies() -> Iterator[Staged]:
        """Yield a part file for each crop that the data set folder lacks."""
        mouths = context.progress.track(dataset_mouths(catalog), "data set", None)
        for mouth, sample, group in _with_groups(context, mouths):
            crop = workspace.mouth(mouth.name)
            target = workspace.dataset / str(mouth.split) / str(mouth.label) / crop.name
            key = target.relative_to(workspace.root).as_posix()
            wanted.add(key)
            file = target.relative_to(workspace.dataset).as_posix()
            tags = json.dumps(sample.tags, ensure_ascii=False, sort_keys=True)
            writer.writerow(
                [file, mouth.split, mouth.label, mouth.label_by, sample.source,
                 group, sample.subject, sample.licence, tags if sample.tags else ""]
            )  # fmt: skip
            if copies.get(key, "") != crops.get(mouth_key(mouth.name)):
                yield stage(target, crop.read_bytes(), sample.name, parts=workspace.parts)

    publish_in_batches(catalog, stage_copies())
    for old in sorted(copies.keys() - wanted):
        if not remove(catalog, workspace.root / old):
            context.progress.say(f"{old} was not removed, because it has changed since the copy")
    put_text(catalog, table_file, table.getvalue(), "split")
    return len(wanted) - 1


def _with_groups(
    context: Context, mouths: Iterable[tuple[Mouth, Sample]]
) -> Iterator[tuple[Mouth, Sample, str]]:
    """Yield each mouth with its sample and the name of its group."""
    groups = find_groups(context.catalog)
    for page in batched(mouths, _PAGE):
        names = list({sample.name for _, sample in page})
        found = groups.names(context.catalog, names)
        yield from ((mouth, sample, found[sample.name]) for mouth, sample in page)
