"""The bound of the waiting time: bursts may wait, an overload that lasts is refused early."""

from __future__ import annotations

import pytest

from clock import Clock
from moue.server.admission import Admission
from moue.server.refusals import Busy


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def admission(clock):
    """A bound of 2 s, after many predictions of 10 ms each."""
    found = Admission(2.0, clock)
    for _ in range(200):
        found.predicted(0.01)
    return found


def longest(admission, workers=1):
    """Return the number of pictures that may wait."""
    waiting = 0
    while True:
        try:
            admission.check(waiting, workers)
        except Busy:
            return waiting
        waiting += 1


def test_a_burst_may_wait_for_the_longest_time(admission):
    assert longest(admission) == pytest.approx(200, abs=2)
    assert longest(admission, workers=3) == pytest.approx(600, abs=4)


def test_a_queue_that_is_not_empty_for_long_becomes_short(admission, clock):
    clock.now = 1.9
    assert longest(admission) > 190
    clock.now = 2.1
    assert longest(admission) == pytest.approx(20, abs=2)
    admission.empty()
    assert longest(admission) > 190


def test_slower_predictions_shorten_the_queue(admission):
    for _ in range(200):
        admission.predicted(0.5)
    assert longest(admission) <= 6


def test_one_picture_may_wait_however_slow_the_predictions_are(admission):
    for _ in range(200):
        admission.predicted(100.0)
    assert longest(admission) == 1


def test_a_few_pictures_may_wait_in_an_overload_of_slow_predictions(admission, clock):
    for _ in range(200):
        admission.predicted(0.1)
    clock.now = 10
    assert 8 <= longest(admission) <= 20


def test_a_refusal_says_when_to_try_again(admission):
    with pytest.raises(Busy) as refused:
        admission.check(500, 1)
    assert refused.value.retry_after == 6
    with pytest.raises(Busy) as refused:
        admission.check(10**6, 1)
    assert refused.value.retry_after == 60
