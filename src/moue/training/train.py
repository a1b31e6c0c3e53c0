"""Train a model on labelled mouth crops and write the run folder.

The run folder contains `settings.json`, `environment.json`, `log.jsonl`, `last.pt`, `best.pt`,
`model.ckpt` (the best weights as a bare state dict), `model.onnx`, `all_scalars.json` and
`tensorboard/`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.files import write_json, write_text
from moue.model.abstention import fit_abstention
from moue.model.calibration import choose_temperature, softmax
from moue.model.example import Examples
from moue.settings import as_dict
from moue.settings import fingerprint as settings_fingerprint
from moue.training import checkpoint as checkpoints
from moue.training import onnx_export, run_log
from moue.training.checkpoint import Checkpoint
from moue.training.device import choose_device, reproducible
from moue.training.loop import Loop
from moue.training.own_network import SOURCE_FILE
from moue.training.prepare import Prepared, prepare
from moue.training.resume import BEST, LAST, Damaged, resume
from moue.training.run_log import Epoch
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS

WEIGHTS, EXPORTED = "model.ckpt", "model.onnx"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of a finished training.

    Attributes:
        folder: run folder.
        epochs: finished epochs.
        best: epoch whose weights are in `best.pt`, `model.ckpt` and `model.onnx`.
        temperature: temperature of the model; 1 if the fitted temperature is not used.
        export_difference: largest difference between the probabilities of ONNX and torch.
        fitted_temperature: temperature that calibrates the validation set best.
        stopped_early: True if the training ended before the last epoch because the mean recall
            on the validation set did not improve.
        notes: sentences for the user.
    """

    folder: Path
    epochs: tuple[Epoch, ...]
    best: Epoch
    temperature: float
    export_difference: float
    fitted_temperature: float
    stopped_early: bool
    notes: tuple[str, ...] = ()


def train(
    train_set: Examples,
    val_set: Examples,
    settings: TrainSettings,
    run_folder: Path,
    progress: Callable[[Epoch], None] | None = None,
    labels: Sequence[str] = LABELS,
    crop_scale: float = 1.5,
    face_backend: str | None = None,
) -> RunResult:
    """Train a model, or resume the training in `run_folder`.

    The best epoch has the highest mean recall on the validation set, so that rare and common labels
    have the same weight. If two recalls are equal, the lower loss decides, then the earlier epoch.
    In fine-tuning, epoch 0 is the bundled model before training; if no later epoch is better, epoch
    0 is the best epoch.

    Args:
        train_set, val_set: labelled mouth crops for training and validation.
        settings: hyperparameters, seed and device.
        run_folder: run folder, created if missing.
        progress: function called after each epoch, when the checkpoint is on disk.
        labels: labels in the order of the model outputs.
        crop_scale: crop scale of the crops, stored in the spec.
        face_backend: face backend of the crops, stored in the spec; None if unknown.

    Raises:
        ConfigError: `crop_scale` differs from that of the bundled model to fine-tune.
        DataError: the validation set is empty, or a label has no training pictures.
        ModelError: the loss is not finite, the folder contains another run, or the bundled model
            does not exist.
    """
    prepared = prepare(train_set, val_set, settings, labels, crop_scale, face_backend, run_folder)
    return train_prepared(prepared, run_folder, progress)


def train_prepared(
    prepared: Prepared,
    run_folder: Path,
    progress: Callable[[Epoch], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> RunResult:
    """Train a model on prepared crops, or resume the training in `run_folder`; see `train`.

    Args:
        prepared: data, recipe, settings and initial weights. Of the settings, only the seed, the
            device and the number of threads are used.
        run_folder: run folder, created if missing.
        progress: function called after each epoch, when the checkpoint is on disk.
        say: function called once, with a message that names the device.

    Raises:
        ModelError: the loss is not finite, or the folder contains another run.
    """
    settings, start = prepared.settings, prepared.start
    device, description = choose_device(settings.device)
    if say is not None:
        say(f"training on {description}")
    fingerprint = _fingerprint(prepared)
    with reproducible(settings.threads, device):
        loop = _new_loop(prepared, device)
        notes: list[str] = []
        try:
            epochs = resume(loop, run_folder, fingerprint)
        except Damaged as damaged:
            epochs = []
            notes.append(f"{damaged}: was damaged and was renamed; training restarts at epoch 1")
            loop = _new_loop(prepared, device)
        write_json(run_folder / "settings.json", as_dict(settings) | as_dict(prepared.recipe))
        about: dict[str, Any] = {
            "device": device, "threads": settings.threads, "fingerprint": fingerprint,
            "started_from": start and {"name": start.name, "sha256": start.sha256},
        }  # fmt: skip
        write_json(run_folder / "environment.json", run_log.environment(prepared.counts, **about))
        if prepared.own is not None:
            write_text(run_folder / SOURCE_FILE, prepared.own.source)
        first = 1 if start is None else 0
        _run_epochs(loop, first, epochs, run_folder, fingerprint, progress)
        return dataclasses.replace(_finish(loop, epochs, run_folder), notes=tuple(notes))


def _new_loop(prepared: Prepared, device: str) -> Loop:
    return Loop(
        prepared.recipe, prepared.spec, prepared.train, prepared.val, prepared.settings.seed,
        device, prepared.start,
    )  # fmt: skip


def _run_epochs(
    loop: Loop,
    first: int,
    epochs: list[Epoch],
    folder: Path,
    fingerprint: str,
    progress: Callable[[Epoch], None] | None,
) -> None:
    board = run_log.TensorBoardLog(folder, epochs)
    run_log.write_log(folder, epochs)
    for number in range(first + len(epochs), loop.recipe.epochs + 1):
        if out_of_patience(epochs, loop.recipe.patience):
            break
        epochs.append(loop.run(number))
        weights = loop.eval_network.state_dict()
        # Before LAST: a training killed in between repeats the epoch and writes the same file
        # again.
        if _best(epochs) is epochs[-1]:
            checkpoints.save(Checkpoint(spec=loop.spec, weights=weights), folder / BEST)
        state = loop.state() | {
            "epochs": json.dumps([*map(dataclasses.asdict, epochs)]),
            "fingerprint": fingerprint,
        }
        # The next line ends the epoch: a training killed earlier repeats the epoch bit for bit.
        checkpoints.save(Checkpoint(spec=loop.spec, weights=weights, state=state), folder / LAST)
        run_log.write_log(folder, epochs)
        board.add(epochs[-1])
        if progress is not None:
            progress(epochs[-1])
    board.close()


def _finish(loop: Loop, epochs: list[Epoch], folder: Path) -> RunResult:
    """Calibrate and export the weights of the best epoch; return the result of the training."""
    best = checkpoints.load(folder / BEST)
    loop.eval_network.load_state_dict(best.weights)
    logits, targets = loop.validate().numpy(), loop.val_targets.numpy()
    temperature, fitted = choose_temperature(logits, targets)
    # After the temperature, since thresholds hold for calibrated probabilities.
    thresholds = fit_abstention(softmax(logits, temperature), targets)
    spec = dataclasses.replace(best.spec, temperature=temperature, abstention_thresholds=thresholds)
    best = Checkpoint(spec=spec, weights=best.weights)
    checkpoints.save(best, folder / BEST)
    checkpoints.save_weights(best, folder / WEIGHTS)
    run_log.write_scalars(folder, epochs)
    difference = onnx_export.export(folder, folder / EXPORTED) or 0.0
    return RunResult(
        folder=folder,
        epochs=tuple(epochs),
        best=_best(epochs),
        temperature=temperature,
        export_difference=difference,
        fitted_temperature=fitted,
        stopped_early=epochs[-1].number < loop.recipe.epochs,
    )


def _best(epochs: Sequence[Epoch]) -> Epoch:
    return max(epochs, key=lambda epoch: (epoch.val_recall, -epoch.val_loss, -epoch.number))


def out_of_patience(epochs: Sequence[Epoch], patience: int) -> bool:
    """Return True if the last `patience` epochs did not raise the highest mean recall.

    Args:
        epochs: finished epochs.
        patience: number of epochs; 0 always returns False.
    """
    if not patience or not epochs:
        return False
    best = max(epochs, key=lambda epoch: (epoch.val_recall, -epoch.number))
    return epochs[-1].number - best.number >= patience


def _fingerprint(prepared: Prepared) -> str:
    """Return a digest of everything that determines the weights, including the pixels."""
    digest = hashlib.sha256()
    for crops in (prepared.train, prepared.val):
        digest.update(crops.pixels.numpy().data)
        digest.update(crops.targets.numpy().data)
    seed, spec, start = prepared.settings.seed, prepared.spec.to_json(), prepared.start
    start_digest = "" if start is None else start.sha256
    return settings_fingerprint(prepared.recipe, str(seed), spec, digest.hexdigest(), start_digest)
