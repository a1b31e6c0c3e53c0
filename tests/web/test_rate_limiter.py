"""Turns at hosts, by a clock that the tests move."""

from __future__ import annotations

import pytest

from clock import Clock
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.rate_limiter import RateLimiter


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return RateLimiter(WebSettings(rate=0, max_host_failures=5, max_host_seconds=100), clock)


def ask(limiter, clock, reason=None, seconds=0.0, host="slow.example"):
    """Make one request that ends so; return the reason with which it ended."""
    try:
        with limiter.slot(host):
            clock.now += seconds
            if reason is not None:
                raise FetchError(reason)
    except FetchError as failure:
        return failure.reason
    return None


@pytest.mark.parametrize("reason", ["timeout", "unreachable", "server_error", "rate_limited"])
def test_failing_host_is_given_up_and_others_are_not(limiter, clock, reason):
    reasons = [ask(limiter, clock, reason) for _ in range(5000)]
    assert reasons == [reason] * 5 + ["gave_up"] * 4995
    assert ask(limiter, clock, host="good.example") is None
    (said,) = limiter.skipped_hosts()
    assert said == (
        "slow.example: 4,995 URLs were not fetched, because the host failed 5 consecutive times; "
        "run the same command again to retry"
    )


@pytest.mark.parametrize("other", [None, "gone", "bad_answer", "not_an_image"])
def test_only_host_failures_in_a_row_count(limiter, clock, other):
    for _ in range(20):
        assert ask(limiter, clock, "timeout") == "timeout"
        assert ask(limiter, clock, other) == other
    assert limiter.skipped_hosts() == []


def test_total_back_off_is_limited(limiter, clock):
    """5,000 links, each of which answers `Retry-After: 59`, would take 82 hours."""
    rests = 0
    for _ in range(5000):
        if ask(limiter, clock) == "gave_up":
            continue
        rests += 1
        limiter.back_off("slow.example", 59)
        clock.now += 59
    assert rests == 2
    assert limiter.skipped_hosts()[0].startswith(
        "slow.example: 4,998 URLs were not fetched, because the host requested 118 s of waiting"
    )


def test_overlapping_back_offs_count_once(limiter, clock):
    for _ in range(50):
        limiter.back_off("slow.example", 59)
    clock.now += 60
    assert ask(limiter, clock) is None


def test_too_long_back_off_fails_and_is_reported(limiter, clock):
    limiter.back_off("slow.example", 3600)
    assert [ask(limiter, clock) for _ in range(3)] == ["rate_limited"] * 3
    assert (
        "3 URLs were not fetched, because the host requested a back-off of 3,600 s"
        in (limiter.skipped_hosts()[0])
    )
    clock.now += 3600
    assert ask(limiter, clock) is None


def test_total_time_of_failed_requests_is_limited(limiter, clock):
    reasons = [ask(limiter, clock, "gone", seconds=27) for _ in range(100)]
    assert reasons == ["gone"] * 5 + ["gave_up"] * 95
    assert "took 125 s for failed requests" in limiter.skipped_hosts()[0]


def test_quick_failures_and_slow_successes_do_not_count(limiter, clock):
    assert [ask(limiter, clock, "gone", seconds=1) for _ in range(1000)] == ["gone"] * 1000
    assert [ask(limiter, clock, None, seconds=29) for _ in range(100)] == [None] * 100


def test_long_crawl_delay_counts_as_back_off(clock):
    limiter = RateLimiter(WebSettings(rate=0, max_per_host=1, max_host_seconds=100), clock)
    limiter.set_crawl_delay("slow.example", 30)
    asked = 0
    while ask(limiter, clock) is None:
        asked += 1
        clock.now += 30
    assert asked == 4


def test_zero_removes_the_limits(clock):
    limiter = RateLimiter(WebSettings(rate=0, max_host_failures=0, max_host_seconds=0), clock)
    assert [ask(limiter, clock, "timeout", seconds=30) for _ in range(500)] == ["timeout"] * 500


def test_many_failing_hosts_need_linear_work(clock, monkeypatch):
    limiter = RateLimiter(WebSettings(rate=0), clock)
    sweeps = []
    forget = limiter._forget_idle_hosts
    monkeypatch.setattr(limiter, "_forget_idle_hosts", lambda: (sweeps.append(1), forget()))
    for number in range(50_000):
        ask(limiter, clock, "no_host", host=f"{number}.example")
    assert len(sweeps) < 10
