from __future__ import annotations

import numpy as np

from labelled_workspace import fill, opened
from moue.evaluation.label_errors import check_labels, suspected


def test_only_confident_disagreement_is_suspected():
    given = [0, 0, 0, 1, 1, 1]
    probabilities = np.array(
        [[0.9, 0.1], [0.8, 0.2], [0.05, 0.95], [0.2, 0.8], [0.1, 0.9], [0.55, 0.45]]
    )
    # The mean of label 1 is 0.72: the third is surer than that. The last is no surer of 0.
    assert suspected(probabilities, given).tolist() == [2]


def test_a_label_without_mouths_needs_more_than_half():
    probabilities = np.array([[0.5, 0.1, 0.4], [0.2, 0.2, 0.6], [0.3, 0.3, 0.4]])
    assert suspected(probabilities, [0, 0, 1]).tolist() == [1]


def test_agreement_gives_no_suspected_label():
    probabilities = np.eye(3)
    assert suspected(probabilities, [0, 1, 2]).tolist() == []


def test_crops_that_cannot_be_read_are_not_counted_as_checked(tmp_path):
    with opened(tmp_path / "work") as context:
        fill(context)
        total = check_labels(context, None).counts["checked"]
        crops = sorted(context.workspace.mouths.rglob("*.*"))
        crops[0].write_bytes(b"damaged")
        summary = check_labels(context, None)
    assert summary.counts["checked"] == total - 1
    assert summary.counts["not checked"] == 1
    assert "1 mouths were not checked, since their crops cannot be read" in " ".join(summary.notes)
