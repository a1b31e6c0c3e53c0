"""Training: from two lists of labelled crops to a run folder with a tested model.

The run folder: `settings.json`, `environment.json`, `log.jsonl`, `last.pt`, `best.pt`,
`model.ckpt` (the best as a bare state dict), `model.onnx`, `all_scalars.json`, `tensorboard/`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.files import write_json
from moue.model.abstention import fit_abstention
from moue.model.calibration import choose_temperature, softmax
from moue.model.example import Example
from moue.model.spec import ModelSpec
from moue.settings import as_dict, fingerprint
from moue.training import checkpoint as checkpoints
from moue.training import onnx_export, run_log
from moue.training.checkpoint import Checkpoint
from moue.training.data import Crops
from moue.training.device import choose_device, reproducible
from moue.training.finetune import InitialWeights
from moue.training.loop import Loop
from moue.training.prepare import Prepared, prepare
from moue.training.recipes import Recipe
from moue.training.resume import BEST, LAST, Damaged, resume
from moue.training.run_log import Epoch
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS

WEIGHTS, EXPORTED = "model.ckpt", "model.onnx"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A finished training.

    Attributes:
        best: the epoch whose weights are in `best.pt`, `model.ckpt` and `model.onnx`.
        temperature: of the probabilities; 1 where the fitted one would not help.
        fitted_temperature: fits the validation set best.
        stopped_early: whether epochs were left out, since none got better.
        export_difference: largest difference of a probability between ONNX and torch.
        notes: what else a person should know.
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
    train_set: Sequence[Example],
    val_set: Sequence[Example],
    settings: TrainSettings,
    run_folder: Path,
    progress: Callable[[Epoch], None] | None = None,
    labels: Sequence[str] = LABELS,
    crop_scale: float = 1.5,
    found_by: str | None = None,
) -> RunResult:
    """Train a model, or go on with the training that was stopped in `run_folder`.

    The best epoch is the one of the highest mean recall on the validation set, so that a rare
    label counts as much as a common one; ties go to the lower loss, then to the earlier epoch.
    A test set has no part in this. Where training starts from a shipped model, epoch 0 is that
    model as it came, and is kept where no later epoch is better.

    Args:
        progress: called after each epoch, once it is on disk.
        labels: in the order of the model's outputs.
        crop_scale: of the crops; goes into the spec, as does
        found_by: the face backend that they come from.

    Raises:
        ConfigError: the mouths are not cut as the shipped model knows them.
        DataError: no validation pictures, or a label without training pictures.
        ModelError: the loss is no longer a number, the folder holds another run, or the shipped
            model is not there.
    """
    prepared = prepare(train_set, val_set, settings, labels, crop_scale, found_by)
    return train_prepared(prepared, run_folder, progress)


def train_prepared(
    prepared: Prepared,
    run_folder: Path,
    progress: Callable[[Epoch], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> RunResult:
    """Train on what `prepare` returned, as `train` does.

    Args:
        say: called once, with the device that is used.
    """
    return train_on(
        prepared.recipe,
        prepared.spec,
        prepared.train,
        prepared.val,
        prepared.settings,
        run_folder,
        prepared.counts,
        progress,
        prepared.start,
        say,
    )


def train_on(
    recipe: Recipe,
    spec: ModelSpec,
    train_crops: Crops,
    val_crops: Crops,
    settings: TrainSettings,
    run_folder: Path,
    counts: dict[str, dict[str, int]],
    progress: Callable[[Epoch], None] | None = None,
    start: InitialWeights | None = None,
    say: Callable[[str], None] | None = None,
) -> RunResult:
    """Train on mouths in memory, as `train` does on files.

    Args:
        settings: give the seed, the device and the threads.
        counts: pictures by set and label, to be noted.
        start: what training starts from; None for fresh weights.
        say: called once, with the device that is used.

    Raises:
        ModelError: the loss is no longer a number, or the folder holds another run.
    """
    device, words = choose_device(settings.device)
    if say is not None:
        say(f"training on {words}")
    mark = _fingerprint(settings.seed, recipe, spec, start, train_crops, val_crops)
    with reproducible(settings.threads, device):
        loop = Loop(recipe, spec, train_crops, val_crops, settings.seed, device, start)
        notes: list[str] = []
        try:
            epochs = resume(loop, run_folder, mark)
        except Damaged as damaged:
            epochs = []
            notes.append(f"{damaged}: was damaged, and is set aside; the training began again")
            loop = Loop(recipe, spec, train_crops, val_crops, settings.seed, device, start)
        write_json(run_folder / "settings.json", as_dict(settings) | as_dict(recipe))
        about: dict[str, Any] = {
            "device": device, "threads": settings.threads, "fingerprint": mark,
            "started_from": start and {"name": start.name, "sha256": start.sha256},
        }  # fmt: skip
        write_json(run_folder / "environment.json", run_log.environment(counts, **about))
        first = 1 if start is None else 0
        _run(loop, first, epochs, run_folder, mark, progress)
        return dataclasses.replace(_finish(loop, epochs, run_folder), notes=tuple(notes))


def _run(
    loop: Loop,
    first: int,
    epochs: list[Epoch],
    folder: Path,
    mark: str,
    progress: Callable[[Epoch], None] | None,
) -> None:
    board = run_log.TensorBoardLog(folder, epochs)
    run_log.write_log(folder, epochs)
    for number in range(first + len(epochs), loop.recipe.epochs + 1):
        if waited_enough(epochs, loop.recipe.patience):
            break
        epochs.append(loop.run(number))
        weights = loop.judged.state_dict()
        if _best(epochs) is epochs[-1]:
            checkpoints.save(Checkpoint(spec=loop.spec, weights=weights), folder / BEST)
        state = loop.state() | {"epochs": _to_json(epochs), "fingerprint": mark}
        # From here on the epoch is done: a kill before this line repeats it, bit for bit.
        checkpoints.save(Checkpoint(spec=loop.spec, weights=weights, state=state), folder / LAST)
        run_log.write_log(folder, epochs)
        board.add(epochs[-1])
        if progress is not None:
            progress(epochs[-1])
    board.close()


def _finish(loop: Loop, epochs: list[Epoch], folder: Path) -> RunResult:
    """Calibrate the best weights and export them."""
    best = checkpoints.load(folder / BEST)
    loop.judged.load_state_dict(best.weights)
    logits, targets = loop.validate().numpy(), loop.val_targets.numpy()
    temperature, fitted = choose_temperature(logits, targets)
    abstain = fit_abstention(softmax(logits, temperature), targets)
    spec = dataclasses.replace(best.spec, temperature=temperature, abstain=abstain)
    best = Checkpoint(spec=spec, weights=best.weights)
    checkpoints.save(best, folder / BEST)
    checkpoints.save_weights(best, folder / WEIGHTS)
    run_log.write_scalars(folder, epochs)
    difference = onnx_export.export(folder, folder / EXPORTED)
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


def waited_enough(epochs: Sequence[Epoch], patience: int) -> bool:
    """Whether the mean recall did not rise in the last `patience` epochs; never where that is 0."""
    if not patience or not epochs:
        return False
    best = max(epochs, key=lambda epoch: (epoch.val_recall, -epoch.number))
    return epochs[-1].number - best.number >= patience


def _to_json(epochs: Sequence[Epoch]) -> str:
    return json.dumps([dataclasses.asdict(epoch) for epoch in epochs])


def _fingerprint(
    seed: int, recipe: Recipe, spec: ModelSpec, start: InitialWeights | None, *sets: Crops
) -> str:
    """Digest of all that the weights depend on, the pictures included."""
    digest = hashlib.sha256()
    for crops in sets:
        digest.update(crops.pixels.numpy().data)
        digest.update(crops.targets.numpy().data)
    begun = "" if start is None else start.sha256
    return fingerprint(recipe, str(seed), spec.to_json(), digest.hexdigest(), begun)
