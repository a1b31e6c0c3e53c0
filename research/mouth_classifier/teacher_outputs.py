"""The stored outputs of the teachers for every mouth of the development data.

Teachers are large and slow networks. Their outputs are a stored input of the student's training,
so that the bundled weights can be reproduced without them. `train_teachers.py` made them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from moue.errors import ModelError
from research.mouth_classifier.development_data import Mouth
from research.mouth_classifier.fit_network import SoftLabels

OUTPUTS = Path(__file__).parent / "labels" / "teacher_outputs.npz"
ALL, HELD_OUT = "all", "held_out"
"""Names of the teachers: trained on all sources, each person predicted by a teacher that was not
trained on this person; and trained without the mouths that `holdout_runs` holds out."""


def names_hash(names: Sequence[str]) -> str:
    """Return the SHA-256 of the names of all mouths in order, in hex digits."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def load_teacher(name: str, mouths: Sequence[Mouth], path: Path = OUTPUTS) -> SoftLabels:
    """Return the (N, K) probabilities of a teacher, in the order of `mouths`.

    Args:
        name: `ALL` or `HELD_OUT`.
        mouths: All mouths of the development data.
        path: File with the outputs.

    Raises:
        ModelError: The outputs are not those of these mouths.
    """
    with np.load(path) as stored:
        names, expected = sorted(mouth.name for mouth in mouths), str(stored["names"])
        if names_hash(names) != expected:
            raise ModelError(
                f"{path}: the outputs belong to other mouths; the data folder must contain all "
                "development sets, unpacked and unchanged"
            )
        logs = stored[name].astype(np.float32)
    order = np.argsort(np.argsort([mouth.name for mouth in mouths], kind="stable"), kind="stable")
    probs = np.exp(logs[order])
    return np.asarray(probs / probs.sum(1, keepdims=True), np.float32)


def save_teachers(outputs: dict[str, SoftLabels], names: Sequence[str], path: Path) -> None:
    """Write the (N, K) log-probabilities of the teachers, in the order of `names`."""
    order = np.argsort(names, kind="stable")
    logs = {name: values[order].astype(np.float16) for name, values in outputs.items()}
    # The file is compressed in the order of the names, so its bytes depend on the outputs alone.
    np.savez_compressed(path, names=np.array(names_hash(sorted(names))), **logs)  # type: ignore[arg-type]
