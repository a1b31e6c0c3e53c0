"""Plain rules on MediaPipe's blendshapes: the rival of the bundled models.

The thresholds were chosen before any measurement reported here: a smile from 0.45, open lips from a
gap of 0.30 mouth widths, and a pout from a pucker of 0.75.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SMILE, GAP, PUCKER = 0.45, 0.30, 0.75
"""Thresholds of the mean of both smile blendshapes, of the gap between the lips divided by the
width of the mouth, and of the blendshape mouthPucker."""
SMILE_WIDTH, GAP_WIDTH, PUCKER_WIDTH = 0.12, 0.08, 0.12
"""Distances from a threshold at which a rule is 73 % certain."""


def rule_probabilities(smile: Floats, gap: Floats, pucker: Floats) -> Floats:
    """Return the (N, 4) probabilities of none, pout, smile and open.

    The most probable label is that of the rules: a smile; otherwise open lips; otherwise a pout.

    Args:
        smile: (N,) mean of mouthSmileLeft and mouthSmileRight.
        gap: (N,) gap between the lips divided by the width of the mouth.
        pucker: (N,) mouthPucker.
    """
    smiles = _sigmoid((smile - SMILE) / SMILE_WIDTH)
    opens = _sigmoid((gap - GAP) / GAP_WIDTH)
    pouts = _sigmoid((pucker - PUCKER) / PUCKER_WIDTH)
    rest = (1 - smiles) * (1 - opens)
    columns = [rest * (1 - pouts), rest * pouts, smiles, (1 - smiles) * opens]
    return np.stack(columns, 1).astype(np.float32)


def rule_labels(smile: Floats, gap: Floats, pucker: Floats) -> npt.NDArray[np.int64]:
    """Return the (N,) indices of the labels none, pout, smile and open by the rules."""
    label = np.where(smile > SMILE, 2, np.where(gap > GAP, 3, np.where(pucker > PUCKER, 1, 0)))
    return np.asarray(label, np.int64)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)
