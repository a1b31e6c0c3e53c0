"""Where data set meets model: one training of the present split."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from moue import weights
from moue.catalog import Catalog
from moue.dataset.folder import labelled
from moue.errors import DataError, MissingExtra, ModelError
from moue.face.locate import FaceSettings, resolve
from moue.files import write_json, write_text
from moue.model.example import Example
from moue.model.settings import TrainSettings
from moue.progress import Progress, Summary
from moue.sample import LABELS
from moue.settings import as_dict, fingerprint
from moue.workspace import MOUTHS, Workspace

if TYPE_CHECKING:
    from moue.model.record import Epoch

DATA = "data.json"
"""In a run folder: which pictures and settings the run is of."""
FINISHED = "result.json"
"""In a run folder, written last: what the training came to."""


def examples(workspace: Workspace, catalog: Catalog, split: str) -> list[Example]:
    """Return the labelled crops of one split, as training takes them."""
    return [
        Example(
            name=mouth.name,
            file=workspace.mouth(mouth.name),
            label=str(mouth.label),
            tags=sample.tags,
        )
        for mouth, sample in labelled(catalog)
        if mouth.split == split
    ]


def train_split(
    workspace: Workspace,
    catalog: Catalog,
    settings: TrainSettings,
    face: FaceSettings,
    progress: Progress,
) -> Summary:
    """Train on the present split, unless a finished run of just this is there already.

    A run of the same pictures and settings that was stopped is gone on with.

    Args:
        face: how the mouths were found; the model remembers it.

    Raises:
        DataError: nothing has been split, or a label has no training picture.
        MissingExtra: torch is not installed.
    """
    try:
        from moue.model.train import train
    except ImportError as error:
        raise MissingExtra("training", "train") from error
    train_set, val_set = (examples(workspace, catalog, s) for s in ("train", "val"))
    if not train_set:
        raise DataError("no training pictures; label some, then run `moue split`")
    folder, digest = _run_folder(workspace, catalog, settings)
    summary = Summary(stage="train", files=[folder])
    if not (folder / FINISHED).exists():
        write_json(folder / DATA, {"digest": digest, "settings": as_dict(settings)})
        write_text(folder / MOUTHS, "".join(f"{e.name}\n" for e in (*train_set, *val_set)))
        labels = [label for label in LABELS if any(e.label == label for e in train_set)]
        epochs = settings.resolved().epochs + (settings.from_shipped is not None)
        with progress.task(f"train {settings.recipe}", epochs) as advance:
            result = train(
                train_set,
                val_set,
                settings,
                folder,
                lambda epoch: advance(_words(epoch)),
                labels,
                crop_scale=face.crop_scale,
                found_by=resolve(face),
            )
        outcome = {
            "pictures": len(train_set),
            "epochs": result.epochs[-1].number,
            "best epoch": result.best.number,
            "val accuracy": round(result.best.val_accuracy, 4),
        }
        write_json(folder / FINISHED, outcome)
        summary.done = len(train_set)
    summary.counts = json.loads((folder / FINISHED).read_text())
    if summary.counts["best epoch"] == 0:
        summary.notes.append(
            "no epoch did better on the validation set than the shipped weights as they came"
        )
    return summary


def newest_run(workspace: Workspace) -> Path:
    """Return the folder of the newest finished run.

    Raises:
        ModelError: there is none.
    """
    finished = sorted(workspace.runs.glob(f"*/{FINISHED}"))
    if not finished:
        raise ModelError(
            f"{workspace.runs}: no finished run; train one with `moue train`, or name a model "
            "with --model"
        )
    return finished[-1].parent


def usual_model(workspace: Workspace) -> Path | None:
    """Return the newest finished run, or None for the model that ships.

    Raises:
        ModelError: there is neither.
    """
    shipped = bool(weights.names())
    if shipped and not any(workspace.runs.glob(f"*/{FINISHED}")):
        return None
    return newest_run(workspace)


def _words(epoch: Epoch) -> str:
    return (
        f"loss {epoch.train_loss:.3f}  val loss {epoch.val_loss:.3f}  "
        f"val accuracy {epoch.val_accuracy:.3f}  {epoch.images_per_second:,.0f} images/s"
    )


def _run_folder(
    workspace: Workspace, catalog: Catalog, settings: TrainSettings
) -> tuple[Path, str]:
    """Return the folder of the run of these pictures and settings, and their digest."""
    digest = hashlib.sha256(fingerprint(settings).encode())
    if settings.from_shipped is not None:
        digest.update(weights.card(settings.from_shipped).files[weights.TENSORS].sha256.encode())
    for mouth, sample in labelled(catalog):
        # A slice: the faces may have been found anew, and fewer, since this mouth was cut.
        boxes = [f.mouth_box.tolist() for f in (sample.faces or ())[mouth.face : mouth.face + 1]]
        digest.update(json.dumps([mouth.name, mouth.label, mouth.split, boxes]).encode())
    text = digest.hexdigest()
    last = 0
    for known in sorted(workspace.runs.glob(f"*/{DATA}")):
        last = int(known.parent.name.partition("-")[0])
        if json.loads(known.read_text())["digest"] == text:
            return known.parent, text
    return workspace.runs / f"{last + 1:03d}-{settings.recipe}", text
