"""Export the data set of a workspace to a folder."""

from __future__ import annotations

import os
from pathlib import Path

from moue.dataset.exchange.card import Contents, write_card
from moue.dataset.exchange.catalog_records import catalog_records
from moue.dataset.exchange.formats import FORMATS
from moue.dataset.exchange.marker import MARKER, write_marker
from moue.errors import ConfigError, DataError, FileTaken
from moue.files import make_folder
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.exported import count_exported
from moue.workspace.label_set import LabelSet
from moue.workspace.workspace import Workspace


def export_dataset(
    workspace: Workspace,
    catalog: Catalog,
    labels: LabelSet,
    format: str,
    folder: Path,
    unlabelled: bool,
    progress: Progress,
) -> Contents:
    """Write the data set of a workspace to a new folder, and return its counts.

    Args:
        workspace: paths of the workspace.
        catalog: open catalog of the workspace.
        labels: labels of the workspace.
        format: name of the format, a key of `FORMATS`.
        folder: folder to create; it may exist if it is empty.
        unlabelled: True to include mouths without a label.
        progress: progress display.

    Raises:
        DataError: there is nothing to export, a mouth has an unknown label, or a file of the
            workspace is missing.
        ConfigError: the folder lies in a folder of the workspace that moue writes to.
        FileTaken: the folder contains files.
        OSError: a file cannot be written or read; an error without a file name names the folder.
    """
    if workspace.owns(folder):
        raise ConfigError(
            f"{folder} is part of the workspace, where moue writes its own files; name another "
            "folder"
        )
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        more = "; it has an incomplete data set" if (folder / MARKER).exists() else ""
        raise FileTaken(f"{folder}: already exists and is not empty{more}; name a new folder")
    made = FORMATS[format]
    total = count_exported(catalog, made.form, unlabelled)
    if not total:
        raise DataError(
            "no mouth in use has a label, so there is nothing to export; run `moue label`, or add "
            "--unlabelled"
        )
    make_folder(folder)
    write_marker(folder, format, labels.names, None)
    contents, writer = Contents(), made.write(folder, labels.names)
    records = catalog_records(workspace, catalog, made.form, unlabelled)
    try:
        for record in progress.track(records, "export", total):
            _require_known(record.labelled, labels)
            writer.add(record)
            shown = record.mouths if unlabelled else record.labelled
            in_use = [one for one in shown if one["dropped"] is None]
            contents.add(in_use, record.picture["licence"])
        writer.close()
    except BaseException as error:
        writer.abandon(error)
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:
            raise OSError(error.errno, error.strerror, str(folder)) from error
        raise
    write_card(folder, format, contents, labels.names)
    write_marker(folder, format, labels.names, contents.records)
    return contents


def _require_known(mouths: list[dict[str, str]], labels: LabelSet) -> None:
    for mouth in mouths:
        if mouth["label"] not in labels.names:
            raise DataError(
                f"{mouth['name']} has the label {mouth['label']}, which moue.toml does not list; "
                "add it to labels = [...], or change the label of the mouth"
            )
