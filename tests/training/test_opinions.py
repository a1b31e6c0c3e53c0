from __future__ import annotations

import dataclasses

import numpy as np

from moue.sample import LABELS
from training.opinions import FEATURES, opinions
from training.sources import Mouth

SIGNS = {"none": "yaw", "pout": "mouthPucker", "smile": "mouthSmileLeft", "open": "jawOpen"}


def seen(count: int = 80) -> list[Mouth]:
    """Mouths of each label in turn, whose sign stands out from noise; every other is labelled."""
    rng = np.random.default_rng(0)
    mouths = []
    for number in range(count):
        label = LABELS[number // 2 % len(LABELS)]
        soft = {name: float(rng.normal(0, 0.1)) for name in FEATURES}
        soft[SIGNS[label]] += 1
        mouths.append(
            Mouth(
                file=f"{number}.jpg", source="drawn", label=None if number % 2 else label, soft=soft
            )
        )
    return mouths


def truth(count: int = 80) -> list[int]:
    return [number // 2 % len(LABELS) for number in range(count)]


def test_unlabelled_mouths_get_the_label_that_their_signs_tell():
    mouths = seen()
    shares = opinions(mouths, [True] * len(mouths))
    assert shares.shape == (80, len(LABELS))
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    assert shares.argmax(1).tolist() == truth()


def test_mouths_of_which_no_machine_was_asked_have_no_opinion():
    mouths = seen()
    mouths[0] = dataclasses.replace(mouths[0], soft={})
    shares = opinions(mouths, [True] * len(mouths))
    assert np.isnan(shares[0]).all()
    assert not np.isnan(shares[1:]).any()


def test_labels_that_are_kept_back_are_not_learnt():
    mouths = seen()
    learn = [number < 40 for number in range(80)]
    wrong = [
        mouth if use or mouth.label is None else dataclasses.replace(mouth, label="pout")
        for mouth, use in zip(mouths, learn, strict=True)
    ]
    assert (opinions(mouths, learn) == opinions(wrong, learn)).all()
    assert (opinions(mouths, learn) != opinions(wrong, [True] * 80)).any()
