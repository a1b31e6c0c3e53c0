from __future__ import annotations

import time

import pytest

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.rate_limiter import RateLimiter
from moue.dataset.collect.http.robots import check_robots_tags
from webserver import body, status


def reason(client, url):
    with pytest.raises(FetchError) as caught:
        client.get(url)
    return caught.value.reason


@pytest.fixture
def ruled(site):
    """A site with rules; everything below / says x."""

    def make(text):
        site.on("/robots.txt", body(text, "text/plain"))
        for path in ("/a/b.jpg", "/a/c.png", "/d.jpg"):
            site.on(path, body("x"))
        return site

    return make


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", "abcd"),
        ("User-agent: *\nDisallow: /", ""),
        ("User-agent: *\nDisallow:", "abcd"),
        ("User-agent: *\nDisallow: /a", "d"),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "abd"),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "abd"),
        ("User-agent: *\nDisallow: /*.png$", "abd"),
        ("User-agent: other\nDisallow: /", "abcd"),
        ("User-agent: moue\nDisallow: /a\n\nUser-agent: *\nDisallow: /d", "d"),
        ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "d"),
        ("<html>no rules at all</html>", "abcd"),
    ],
)
def test_robots_rules_are_obeyed(client, ruled, text, allowed):
    site, asking = ruled(text), client()
    for path, letter in (("/a/b.jpg", "ab"), ("/a/c.png", "c"), ("/d.jpg", "d")):
        if letter in allowed:
            assert asking.get(site.url(path)).body == b"x"
        else:
            assert reason(asking, site.url(path)) == "robots"


def test_robots_txt_is_fetched_once(client, ruled):
    site, asking = ruled("User-agent: *\nDisallow: /a"), client()
    for _ in range(3):
        asking.get(site.url("/d.jpg"))
    assert site.asked.count("/robots.txt") == 1


def test_missing_robots_txt_allows_all_and_a_failure_nothing(client, site):
    site.on("/", body("x"))
    assert client().get(site.url("/")).body == b"x"
    site.on("/robots.txt", status(500))
    assert reason(client(), site.url("/")) == "server_error"


def test_no_robots_ignores_robots_txt(client, ruled):
    site = ruled("User-agent: *\nDisallow: /")
    assert client(robots=False).get(site.url("/d.jpg")).body == b"x"
    assert "/robots.txt" not in site.asked


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("noai", False), ("noindex, NoImageAI", False), ("moue: noai", False),
        ("*: noai", False), ("noindex", True), ("otherbot: noai", True), ("noaim", True),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", True),
        ("max-image-preview:large, noai", False), ("max-snippet:-1, noindex", True),
    ],
)  # fmt: skip
def test_noai_tag_is_obeyed(client, site, value, wanted):
    site.on("/", body("x", X_Robots_Tag=value))
    if wanted:
        assert client().get(site.url("/")).body == b"x"
    else:
        assert reason(client(), site.url("/")) == "noai"
        assert client(robots=False).get(site.url("/")).body == b"x"


def test_every_robots_tag_is_checked():
    check_robots_tags(["noindex", "otherbot: noai"])
    with pytest.raises(FetchError):
        check_robots_tags(["noindex", "noai"])


def test_next_request_waits_for_the_longer_interval():
    limiter = RateLimiter(WebSettings(rate=0.01, max_per_host=9, max_backoff=1e9))
    for host, wanted, gap in (("a", None, 100), ("b", 500.0, 500), ("c", 5.0, 100)):
        if wanted is not None:
            limiter.set_crawl_delay(host, wanted)
        before = time.monotonic()
        with limiter.slot(host):
            after = time.monotonic()
        assert before + gap <= limiter._hosts[host].next_request <= after + gap


def test_crawl_delay_sets_the_interval(client, ruled):
    site, asking = ruled("User-agent: *\nCrawl-delay: 0.001"), client()
    asking.get(site.url("/d.jpg"))
    assert asking.rate_limiter._intervals == {"127.0.0.1": 0.001}


def test_stop_ends_waiting():
    limiter = RateLimiter(WebSettings(rate=0.001, max_per_host=1, max_backoff=1e9))
    with limiter.slot("host"):
        pass
    limiter.stop()
    with pytest.raises(FetchError, match="stopped"), limiter.slot("host"):
        pass


def test_idle_hosts_are_forgotten():
    limiter = RateLimiter(WebSettings(rate=0, max_per_host=1, max_backoff=1))
    for number in range(10_000):
        with limiter.slot(str(number)):
            pass
    assert len(limiter._hosts) < 5000
