"""Write the data set as one folder for each split and label: `dataset/<split>/<label>/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from moue.dataset.grouping import Groups, find_groups
from moue.files import to_csv
from moue.store import Staged, stage, stage_text
from moue.workspace.catalog import batched
from moue.workspace.conditions import IN_SPLIT, LABELLED
from moue.workspace.context import Context
from moue.workspace.layout import mouth_key, mouth_of
from moue.workspace.owned_files import (
    publish,
    publish_in_batches,
    remove,
)
from moue.workspace.queries import dataset_mouths
from moue.workspace.recorded_files import has_size, recorded, recorded_paths
from moue.workspace.types import Mouth, Sample

_PAGE = 500
"""Number of crops that are processed at a time."""
_FOLDER = "dataset"

COLUMNS = ("file", "split", "label", "label_by", "source", "group", "subject", "licence", "tags")


def build_dataset_folder(context: Context) -> int:
    """Update `dataset/`: copy new crops, and remove copies whose split or label has changed.

    Only unchanged copies that moue wrote are removed. `dataset/dataset.csv` lists every crop with
    its source and is written last. Memory grows by about 24 bytes for each sample.

    Returns:
        Number of crops in the folder.

    Raises:
        FileTaken: A file that moue did not write has the name of a crop.
    """
    workspace, catalog = context.workspace, context.catalog
    folder, say = _DatasetFolder(context), context.progress.say
    table = stage_text(
        workspace.dataset / "dataset.csv", folder.copies(), "split", parts=workspace.parts
    )
    try:
        for old in folder.obsolete():
            if not remove(catalog, workspace.root / old):
                say(f"{old} was not removed, because it has changed since the copy")
    except BaseException:
        table.discard()
        raise
    publish(catalog, [table])
    return folder.count


class _DatasetFolder:
    """The copies of the crops in `dataset/`.

    Attributes:
        count: Number of crops so far.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.count = 0

    def copies(self) -> Iterator[str]:
        """Copy the crops that the folder lacks, and yield the text of `dataset.csv`."""
        context = self._context
        yield to_csv([COLUMNS])
        groups = find_groups(context.catalog)
        mouths = context.progress.track(dataset_mouths(context.catalog), "data set", None)
        for page in batched(mouths, _PAGE):
            publish_in_batches(context.catalog, self._missing_copies(page))
            yield to_csv(self._rows(page, groups))
            self.count += len(page)

    def obsolete(self) -> Iterator[str]:
        """Yield the paths of the copies that do not belong to the data set any more."""
        catalog = self._context.catalog
        for page in batched(recorded_paths(catalog, _FOLDER), _PAGE):
            names = [name for path in page if (name := mouth_of(path))]
            mouths = catalog.mouths_in_use(LABELLED, IN_SPLIT, name=names)
            wanted = {f"{_FOLDER}/dataset.csv", *map(_copy_of, mouths)}
            yield from (path for path in page if path not in wanted)

    def _missing_copies(self, page: Sequence[tuple[Mouth, Sample]]) -> Iterator[Staged]:
        """Yield a part file for each crop without a current copy."""
        workspace, catalog = self._context.workspace, self._context.catalog
        crops = recorded(catalog, [mouth_key(mouth.name) for mouth, _ in page])
        copies = recorded(catalog, [_copy_of(mouth) for mouth, _ in page])
        for mouth, sample in page:
            crop, copy = crops.get(mouth_key(mouth.name)), copies.get(_copy_of(mouth))
            target = workspace.root / _copy_of(mouth)
            if crop is None or copy is None or crop[0] != copy[0] or not has_size(target, copy[1]):
                data = workspace.mouth(mouth.name).read_bytes()
                yield stage(target, data, sample.name, parts=workspace.parts)

    def _rows(
        self, page: Sequence[tuple[Mouth, Sample]], groups: Groups
    ) -> Iterator[Sequence[Any]]:
        names = groups.names(self._context.catalog, list({sample.name for _, sample in page}))
        for mouth, sample in page:
            tags = json.dumps(sample.tags, ensure_ascii=False, sort_keys=True)
            file = _copy_of(mouth).removeprefix(f"{_FOLDER}/")
            yield (
                file, mouth.split, mouth.label, mouth.label_by, sample.source,
                names[sample.name], sample.subject, sample.licence, tags if sample.tags else "",
            )  # fmt: skip


def _copy_of(mouth: Mouth) -> str:
    """Return the path of the copy of a crop, relative to the workspace."""
    crop = mouth_key(mouth.name).rpartition("/")[2]
    return f"{_FOLDER}/{mouth.split}/{mouth.label}/{crop}"
