"""Turns at hosts, by a clock that the tests move."""

from __future__ import annotations

import pytest

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.rate_limiter import RateLimiter


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return RateLimiter(0, 4, max_backoff=60, max_failures=5, max_seconds=100, clock=clock)


def ask(pace, clock, reason=None, seconds=0.0, host="slow.example"):
    """Make one request that ends so; return the reason with which it ended."""
    try:
        with pace.slot(host):
            clock.now += seconds
            if reason is not None:
                raise FetchError(reason)
    except FetchError as failure:
        return failure.reason
    return None


@pytest.mark.parametrize("reason", ["timeout", "unreachable", "server_error", "rate_limited"])
def test_a_host_that_fails_in_a_row_is_given_up_and_others_are_not(pace, clock, reason):
    reasons = [ask(pace, clock, reason) for _ in range(5000)]
    assert reasons == [reason] * 5 + ["gave_up"] * 4995
    assert ask(pace, clock, host="good.example") is None
    (said,) = pace.skipped_hosts()
    assert said == (
        "slow.example: gave up, since it failed 5 times in a row; 4,995 URLs not fetched; "
        "run the same command again to retry"
    )


@pytest.mark.parametrize("other", [None, "gone", "bad_answer", "not_an_image"])
def test_failures_count_only_in_a_row_and_only_those_of_the_host(pace, clock, other):
    for _ in range(20):
        assert ask(pace, clock, "timeout") == "timeout"
        assert ask(pace, clock, other) == other
    assert pace.skipped_hosts() == []


def test_rests_are_waited_for_up_to_a_sum(pace, clock):
    """5,000 links, each of which answers `Retry-After: 59`, would take 82 hours."""
    rests = 0
    for _ in range(5000):
        if ask(pace, clock) == "gave_up":
            continue
        rests += 1
        pace.back_off("slow.example", 59)
        clock.now += 59
    assert rests == 2
    assert "demanded 118 s of waiting in all; 4,998 URLs" in pace.skipped_hosts()[0]


def test_rests_that_overlap_count_once(pace, clock):
    for _ in range(50):
        pace.back_off("slow.example", 59)
    clock.now += 60
    assert ask(pace, clock) is None


def test_a_rest_that_is_too_long_is_not_waited_for_and_is_told_of(pace, clock):
    pace.back_off("slow.example", 3600)
    assert [ask(pace, clock) for _ in range(3)] == ["rate_limited"] * 3
    assert "demands a back-off of 3,600 s; 3 URLs not fetched" in pace.skipped_hosts()[0]
    clock.now += 3600
    assert ask(pace, clock) is None


def test_slow_requests_without_a_result_are_endured_up_to_a_sum(pace, clock):
    reasons = [ask(pace, clock, "gone", seconds=27) for _ in range(100)]
    assert reasons == ["gone"] * 5 + ["gave_up"] * 95
    assert "took 125 s without a result" in pace.skipped_hosts()[0]


def test_quick_ones_without_a_result_are_endured_for_ever_and_slow_ones_with_one_too(pace, clock):
    assert [ask(pace, clock, "gone", seconds=1) for _ in range(1000)] == ["gone"] * 1000
    assert [ask(pace, clock, None, seconds=29) for _ in range(100)] == [None] * 100


def test_a_long_crawl_delay_counts_as_waiting(clock):
    pace = RateLimiter(0, 1, max_backoff=60, max_seconds=100, clock=clock)
    pace.set_crawl_delay("slow.example", 30)
    asked = 0
    while ask(pace, clock) is None:
        asked += 1
        clock.now += 30
    assert asked == 4


def test_no_limit_is_no_limit(clock):
    pace = RateLimiter(0, 4, max_backoff=60, max_failures=0, max_seconds=0, clock=clock)
    assert [ask(pace, clock, "timeout", seconds=30) for _ in range(500)] == ["timeout"] * 500


def test_many_failing_hosts_are_remembered_without_quadratic_work(clock, monkeypatch):
    pace = RateLimiter(0, 4, max_backoff=60, clock=clock)
    sweeps = []
    forget = pace._forget_idle_hosts
    monkeypatch.setattr(pace, "_forget_idle_hosts", lambda: (sweeps.append(1), forget()))
    for number in range(50_000):
        ask(pace, clock, "no_host", host=f"{number}.example")
    assert len(sweeps) < 10
