from __future__ import annotations

import pytest

from moue.evaluation.agreement import agreement


def test_kappa_equals_the_textbook_example():
    """Two readers, 50 cases: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no; kappa is 0.4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = agreement(first, second, ("yes", "no"))
    assert found.kappa == pytest.approx(0.4)
    assert found.confusion == ((20, 5), (10, 15))
    assert found.same.value == pytest.approx(0.7)
    low, high = found.interval
    assert low == pytest.approx(0.15, abs=0.05)
    assert high == pytest.approx(0.64, abs=0.05)


def test_full_agreement_is_one_and_its_interval_is_a_point():
    found = agreement(["a", "b", "a"], ["a", "b", "a"], ("a", "b"))
    assert found.kappa == 1
    assert found.interval == (1, 1)


@pytest.mark.parametrize(("first", "second"), [([], []), (["a", "a"], ["a", "a"])])
def test_kappa_of_one_label_is_undefined(first, second):
    found = agreement(first, second, ("a", "b"))
    assert found.kappa is None
    assert found.interval is None


def test_opposite_labels_are_worse_than_chance():
    assert agreement(["a", "b"] * 9, ["b", "a"] * 9, ("a", "b")).kappa == pytest.approx(-1)


def test_a_label_that_the_workspace_no_longer_has_is_counted():
    found = agreement(["old", "a"], ["a", "a"], ("a", "b"))
    assert found.labels == ("a", "b", "old")
    assert found.confusion == ((1, 0, 0), (0, 0, 0), (1, 0, 0))


def test_lists_of_different_lengths_are_an_error():
    with pytest.raises(ValueError, match="2 first labels"):
        agreement(["a", "b"], ["a"], ("a", "b"))
