"""The rival of the bundled models: plain rules on the face mesh features of the same mouths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from moue.workspace.types import LABELS
from research.face_mesh.rules import rule_probabilities

Floats = npt.NDArray[np.float32]
PUCKER, SMILES, GAP = 38, (44, 45), 55
"""Columns of `mesh_features.features`: mouthPucker, both smiles, and gap divided by width."""


def rule_logits(features: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return the (N, 4) logits of the rules; a mouth without a mesh gets a wrong label.

    Args:
        features: (N, F) features; rows of NaN where no face was found.
        labels: (N,) indices of the labels; -1 if unknown.
    """
    known = np.isfinite(features).all(1)
    rows = features[known]
    logits = np.eye(len(LABELS), dtype=np.float32)[(labels + 1) % len(LABELS)]
    probabilities = rule_probabilities(rows[:, SMILES].mean(1), rows[:, GAP], rows[:, PUCKER])
    logits[known] = np.log(np.maximum(probabilities, 1e-9))
    return logits
