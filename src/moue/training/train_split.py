"""`moue train`: train on the current split of the data set and record the run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from moue.dataset.label import require_known
from moue.errors import DataError, MissingExtra
from moue.face.backends import MIXED, FaceSettings
from moue.files import as_json, read_json, write_json, write_text
from moue.model import bundled
from moue.model.example import Example, digest_of_examples
from moue.model.runs import DATA, EVENTS, FINISHED, run_name, runs
from moue.progress import Progress, Summary
from moue.settings import as_dict, fingerprint
from moue.training.train_settings import TrainSettings
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import LABELLED
from moue.workspace.context import Context
from moue.workspace.label_set import LabelSet, missing, untested_words
from moue.workspace.owned_files import claim, record
from moue.workspace.queries import dataset_mouths
from moue.workspace.recorded_files import changed, is_claimed, is_damaged
from moue.workspace.workspace import MOUTHS, Workspace

if TYPE_CHECKING:
    from moue.training.prepare import Prepared
    from moue.training.run_log import Epoch

_LASTING = (FINISHED, DATA, MOUTHS, "best.pt", "last.pt", "model.ckpt", "model.onnx", "network.py")
"""Files of a run whose checksums are recorded, so that damage is detected."""
_COUNTS = ("pictures", "epochs", "best epoch", "val accuracy")


@dataclass(frozen=True, slots=True)
class SplitExamples:
    """The labelled crops of one split, the input of a training; each loop reads the catalog.

    Attributes:
        workspace: workspace with the crops.
        catalog: open catalog of the workspace.
        split: `train`, `val` or `test`.
    """

    workspace: Workspace
    catalog: Catalog
    split: str

    def __len__(self) -> int:
        return self.catalog.total_in_use(LABELLED, split=self.split)

    def __iter__(self) -> Iterator[Example]:
        for mouth in self.catalog.mouths_in_use(LABELLED, split=self.split):
            file = self.workspace.mouth(mouth.name)
            yield Example(name=mouth.name, file=file, label=str(mouth.label))

    def labels(self) -> set[str]:
        """Return the labels of the examples."""
        return set(self.catalog.count_in_use("label", LABELLED, split=self.split))


def train_split(context: Context) -> Summary:
    """Train on the current split, unless a finished run with this data and these settings exists.

    An interrupted run with the same pictures and settings is resumed. The training copies all crops
    into one array first, so that other commands may change the workspace during the training.

    Raises:
        CatalogError: another process is training in the workspace.
        DataError: there are no training pictures, or a mouth has an unknown label.
        ModelError: the licence does not allow the bundled model to fine-tune.
        MissingExtra: torch is not installed.
    """
    try:
        from moue.training.prepare import own_of, prepare
    except ImportError as error:
        raise MissingExtra("training", "train") from error
    workspace, catalog, known = context.workspace, context.catalog, context.labels
    settings = context.config.get(TrainSettings)
    face = context.config.get(FaceSettings)
    check_fine_tuning(context)
    require_known(catalog, known)
    with workspace.training(context.command):
        train_set, val_set = (SplitExamples(workspace, catalog, s) for s in ("train", "val"))
        if not len(train_set):
            raise DataError("there are no training pictures; label mouths, then run `moue split`")
        own = own_of(settings)
        if own is not None:
            context.progress.say(f"network: {own.where}; ran the code of {own.path}")
            settings = dataclasses.replace(settings, network=own.key)
        folder, digest = _run_folder(workspace, catalog, settings, known)
        summary = Summary(stage="train", files=[folder])
        summary.notes += _unknown_runs(workspace, catalog)
        summary.notes += _unfinish_damaged(catalog, folder)
        labels = [label for label in known.names if label in train_set.labels()]
        shown = val_set.labels()
        absent = missing(labels, shown)
        summary.notes += untested_words("val", absent, shown)
        summary.result = {"untested": list(absent)}
        if not (folder / FINISHED).exists():
            backend = crop_backend(catalog)
            given = context.config.get(TrainSettings)
            prepared = prepare(train_set, val_set, given, labels, face.crop_scale, backend, folder)
            if backend and MIXED in backend:
                summary.notes.append(
                    f"the mouth crops come from several face backends ({backend}); to crop all "
                    "mouths with one backend, run `moue crop`"
                )
            data = {
                "digest": digest,
                "settings": as_dict(settings),
                "validation set": digest_of_examples(val_set),
            }
            _rewrite(catalog, folder / DATA, as_json(data))
            names = (f"{one.name}\n" for one in chain(train_set, val_set))
            _rewrite(catalog, folder / MOUTHS, "".join(names))
            with context.pause():
                _train(prepared, settings, folder, context.progress, summary)
            record(catalog, [path for name in _LASTING if (path := folder / name).exists()])
            summary.done = len(train_set)
    result = read_json(folder / FINISHED)
    summary.counts = {name: result[name] for name in _COUNTS if name in result}
    if summary.counts.get("best epoch") == 0:
        summary.notes.append(
            "no epoch was better on the validation set than the bundled model before fine-tuning"
        )
    if any((folder / EVENTS).glob("*")):
        logs = shlex.quote(str(workspace.runs))
        summary.notes.append(f"to see the curves of all runs: tensorboard --logdir {logs}")
    return summary


def check_fine_tuning(context: Context) -> None:
    """Check that the licence allows the bundled model to fine-tune, if there is one.

    Raises:
        ModelError: the licence does not allow the model, or it does not exist.
    """
    name = context.config.get(TrainSettings).fine_tune
    if name is not None:
        bundled.allowed(bundled.load_card(name), context.config.get(FaceSettings).licence)


def crop_backend(catalog: Catalog) -> str | None:
    """Return the face backend that detected the mouths of the training and validation set.

    Several backends are joined with `MIXED`, the most frequent first. The result is None if all
    mouths were collected as crops.
    """
    counts = catalog.count_in_use("backend", LABELLED, split=["train", "val"])
    counts.pop(None, None)
    return MIXED.join(counts) or None


def _rewrite(catalog: Catalog, path: Path, text: str) -> None:
    """Write a file of a run and record its checksum."""
    write_text(path, text)
    record(catalog, [path])


def _unfinish_damaged(catalog: Catalog, folder: Path) -> list[str]:
    """Mark a finished run as unfinished if one of its files is damaged or missing; return notes."""
    lost = [
        path.name for path, _ in changed(catalog, f"runs/{folder.name}") if path.name in _LASTING
    ]
    if not lost or not (folder / FINISHED).exists():
        return []
    (folder / FINISHED).unlink()
    names = ", ".join(sorted(lost))
    return [f"{folder}: damaged or missing: {names}; the end of the training was repeated"]


def _unknown_runs(workspace: Workspace, catalog: Catalog) -> list[str]:
    """Return a note for each run whose `data.json` is damaged, so that it cannot be resumed."""
    folders = (run.folder for run in runs(workspace) if is_claimed(catalog, run.folder))
    files = (folder / DATA for folder in folders)
    bad = [file for file in files if file.exists() and is_damaged(catalog, file)]
    return [f"{file}: is damaged, so this run is kept but cannot be resumed" for file in bad]


def _train(
    prepared: Prepared, settings: TrainSettings, folder: Path, progress: Progress, summary: Summary
) -> None:
    from moue.training.train import train_prepared

    epochs = settings.resolved_recipe().epochs + (settings.fine_tune is not None)
    progress.report("run", name=folder.name, epochs=epochs)
    what = settings.recipe if prepared.own is None else prepared.own.where
    with progress.task(f"train {what}", epochs, "epoch") as advance:

        def after(epoch: Epoch) -> None:
            progress.report("epoch", run=folder.name, **dataclasses.asdict(epoch))
            advance(_words(epoch))

        result = train_prepared(prepared, folder, after, progress.say)
    outcome = {
        "pictures": len(prepared.train.targets),
        "epochs": result.epochs[-1].number,
        "best epoch": result.best.number,
        "val accuracy": round(result.best.val_accuracy, 4),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_json(folder / FINISHED, outcome)
    summary.notes += result.notes
    if result.stopped_early:
        summary.notes.append(
            f"the training stopped early after epoch {result.epochs[-1].number} of {epochs}: the "
            f"last {prepared.recipe.patience} epochs were not better than epoch "
            f"{result.best.number} (--patience 0 trains all epochs)"
        )
    if result.temperature == 1 and abs(result.fitted_temperature - 1) >= 0.005:
        summary.notes.append(
            f"the model uses temperature 1, since in cross-validation on the validation set the "
            f"fitted temperature of {result.fitted_temperature:.2f} made the calibration worse"
        )


def _words(epoch: Epoch) -> str:
    return f"val {epoch.val_accuracy:.1%} loss {epoch.val_loss:.3f}"


def _run_folder(
    workspace: Workspace, catalog: Catalog, settings: TrainSettings, labels: LabelSet
) -> tuple[Path, str]:
    """Return the folder of the run, and the digest of its pictures, labels and settings.

    The folder of an existing run with this digest is returned, or else a new folder is claimed.
    """
    # Where the crops are kept does not change the weights, so it does not start another run.
    same = dataclasses.replace(settings, crop_storage="auto")
    digest = hashlib.sha256(fingerprint(same, *labels.names).encode())
    if settings.fine_tune is not None:
        digest.update(bundled.load_card(settings.fine_tune).files[bundled.TENSORS].sha256.encode())
    for mouth, sample in dataset_mouths(catalog):
        # A slice cannot fail if fewer faces were detected again after this crop was made.
        boxes = [f.mouth_box.tolist() for f in (sample.faces or ())[mouth.face : mouth.face + 1]]
        digest.update(json.dumps([mouth.name, mouth.label, mouth.split, boxes]).encode())
    text = digest.hexdigest()
    known = runs(workspace)
    for run in known:
        if run.digest == text and is_claimed(catalog, run.folder):
            return run.folder, text
    number = max((run.number for run in known), default=0)
    default = TrainSettings().recipe
    while True:
        number += 1
        network = settings.network and settings.network.split(":")[2]
        name = run_name(number, settings.recipe, settings.fine_tune, default, network)
        folder = workspace.runs / name
        begun = is_claimed(catalog, folder) and not (folder / DATA).exists()
        if begun or not os.path.lexists(folder):  # else it is a person's, or damaged
            claim(catalog, folder)
            return folder, text
