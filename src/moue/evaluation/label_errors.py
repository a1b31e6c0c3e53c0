"""Find likely label errors: labels that differ from the prediction of an independent model.

The rule is that of confident learning (Northcutt, Jiang and Chuang, 2021): the model predicts
another label with at least the mean probability that it predicts for the mouths with that label.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.errors import DataError, ImageError
from moue.evaluation.independent_models import independent_models
from moue.evaluation.labelled_mouths import (
    LabelledMouth,
    LabelledMouths,
    load_labelled_mouths,
)
from moue.face.backends import FaceSettings
from moue.media.draw import contact_sheet, sheet_text
from moue.media.image import encode_jpeg, read_image
from moue.model.classifier import BATCH, Classifier
from moue.predict.model_crops import read_model_crop
from moue.progress import Summary
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.layout import mouth_key
from moue.workspace.owned_files import put
from moue.workspace.types import Image
from moue.workspace.workspace import Workspace

SHEET = "label-check.jpg"
"""File in `reports/`: a contact sheet of the mouths whose labels are likely wrong."""
_ON_SHEET = 48


@dataclass(frozen=True, slots=True)
class Suspect:
    """A mouth whose label is likely wrong.

    Attributes:
        file: path of the mouth crop, relative to the workspace.
        label: current label.
        model_label: predicted label.
        probability: probability of `model_label`, in [0, 1].
        of_label: probability of `label`, in [0, 1].
        by: name of the model that predicted `model_label`.
    """

    file: str
    label: str
    model_label: str
    probability: float
    of_label: float
    by: str


def check_labels(context: Context, run: Path | None, most: int = 20) -> Summary:
    """Find the labels that are likely wrong and draw a contact sheet of these mouths.

    The mouths are sorted by the lead of the predicted label over the current label, in descending
    order. The contact sheet shows the first 48 mouths.

    Args:
        context: workspace, catalog, labels and progress of the call.
        run: run folder or other model; None to use the bundled model only.
        most: maximum number of rows in the table.

    Returns:
        A summary with the table `suspects`, and all suspects in its result.

    Raises:
        DataError: no mouth has a label, no model can check the labels, or a collected mouth crop
            shows too little for a model.
    """
    workspace, catalog, labels = context.workspace, context.catalog, context.labels
    labelled = load_labelled_mouths(workspace, catalog)
    mouths = labelled.some(labelled.label_indices(labels.names) >= 0)
    if not len(mouths):
        raise DataError("no mouth has a label yet; label mouths with `moue label`")
    notes: list[str] = []
    suspects: list[Suspect] = []
    licence = context.config.get(FaceSettings).licence
    checked = unreadable = 0
    checks, rest = independent_models(catalog, run, licence, mouths, notes)
    for one in checks:
        found, read = _suspects(context, one.model, one.mouths)
        suspects += found
        checked += read
        unreadable += len(one.mouths) - read
    if unreadable:
        notes.append(
            f"{unreadable:,} mouths were not checked, since their crops cannot be read; run "
            "`moue crop`"
        )
    if len(rest):
        notes.append(
            f"{len(rest):,} mouths were not checked, since each model either does not have their "
            "labels or was trained on them"
        )
    if not checked:
        raise DataError("no model can check these labels: " + "; ".join(notes))
    suspects.sort(key=lambda one: one.of_label - one.probability)
    files = [_draw(workspace, catalog, suspects, checked)] if suspects else []
    if suspects:
        notes.append(
            "check each of these labels, since the model also makes mistakes. To change a label, "
            "run `moue label --to-folders`, move the crop, and run `moue label --from-folders`"
        )
    return Summary(
        stage="check",
        done=checked,
        counts={
            "likely wrong": len(suspects),
            "checked": checked,
            "not checked": len(rest) + unreadable,
        },
        notes=notes,
        files=files,
        tables={"suspects": [_row(one) for one in suspects[:most]]} if suspects else {},
        result={"suspects": [asdict(one) for one in suspects]} if suspects else {},
    )


def suspected(
    probabilities: npt.NDArray[np.floating[Any]], labels: Sequence[int] | npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the indices of the mouths whose label is likely wrong, in ascending order.

    Args:
        probabilities: (N, K) probabilities of a model.
        labels: (N,) current labels, as column indices of `probabilities`.
    """
    current = np.asarray(labels, np.int64)
    # The mean probability of a label is its threshold, so a hesitant model is not held to a fixed
    # one.
    means = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(current):
        means[label] = probabilities[current == label, label].mean()
    predicted = probabilities.argmax(axis=1)
    # A label without mouths has no mean. A probability below 0.5 is never sufficient.
    enough = np.maximum(np.where(np.isinf(means), 0.5, means), 0.5)
    confident = probabilities[np.arange(len(current)), predicted] >= enough[predicted]
    found: npt.NDArray[np.int64] = np.nonzero((predicted != current) & confident)[0]
    return found


def _suspects(
    context: Context, model: Classifier, mouths: LabelledMouths
) -> tuple[list[Suspect], int]:
    """Return the mouths whose label is likely wrong, and the number of crops that were read."""
    known = model.spec.labels
    read = array("q")  # positions of the mouths whose crop can be read
    rows: list[npt.NDArray[np.float32]] = []
    starts = range(0, len(mouths), BATCH)
    for start in context.progress.track(starts, "check labels", len(starts)):
        # Crops are read batch by batch, so only one batch is in memory.
        batch = enumerate(mouths[start : start + BATCH], start)
        there = [(at, crop) for at, one in batch if (crop := _crop(one, model)) is not None]
        if there:
            read.extend(at for at, _ in there)
            rows.append(model.probabilities([crop for _, crop in there]))
    if not rows:
        return [], 0
    probabilities = np.concatenate(rows)
    checked = mouths.some(np.array(read, np.int64))
    labels = checked.label_indices(known)
    wrong = suspected(probabilities, labels)
    found = [
        Suspect(
            file=mouth_key(name),
            label=known[labels[i]],
            model_label=known[int(probabilities[i].argmax())],
            probability=round(float(probabilities[i].max()), 4),
            of_label=round(float(probabilities[i, labels[i]]), 4),
            by=model.where,
        )
        for i, name in zip(wrong.tolist(), checked.some(wrong).names(), strict=True)
    ]
    return found, len(read)


def _crop(one: LabelledMouth, model: Classifier) -> Image | None:
    scale = model.spec.crop_scale
    try:
        return read_model_crop(one.workspace, one.sample, one.mouth, scale, model.where)
    except (ImageError, OSError):
        return None


def _draw(
    workspace: Workspace, catalog: Catalog, suspects: Sequence[Suspect], checked: int
) -> Path:
    tiles = [
        (
            read_image(workspace.store.file(one.file)),
            sheet_text(
                "{label}; model: {predicted}",
                label=one.label,
                predicted=f"{one.model_label} {one.probability:.0%}",
            )
            + f"\n{Path(one.file).stem}",
        )
        for one in suspects[:_ON_SHEET]
    ]
    title = sheet_text(
        "Labels that are likely wrong: {count} of {checked} checked, the first {shown}"
        if len(suspects) > _ON_SHEET
        else "Labels that are likely wrong: {count} of {checked} checked",
        count=f"{len(suspects):,}", checked=f"{checked:,}", shown=_ON_SHEET,
    )  # fmt: skip
    path = workspace.reports / SHEET
    put(catalog, path, encode_jpeg(contact_sheet(tiles, title), 88), "check")
    return path


def _row(one: Suspect) -> dict[str, object]:
    return {
        "file": one.file,
        "label": one.label,
        "model": one.model_label,
        "probability": f"{one.probability:.1%}",
    }
