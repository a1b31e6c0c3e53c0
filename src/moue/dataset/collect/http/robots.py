"""Check the robots.txt (RFC 9309) and the X-Robots-Tag header of a site.

Protego parses robots.txt. The parser of the standard library applies the first matching rule
instead of the longest one that the RFC requires, and does not support wildcards.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from protego import Protego

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import HttpUrl

_USER_AGENT = "moue"
_MAX_SITES = 256
_MAX_BYTES = 512 * 1024
"""Number of bytes of a robots.txt that are parsed; the RFC requires at least 500 KiB."""
_NO_AI = re.compile(r"\b(noai|noimageai)\b")
_DIRECTIVES_WITH_VALUE = (
    "max-snippet", "max-image-preview", "max-video-preview", "unavailable_after",
)  # fmt: skip
"""Directives that a colon and a value follow, as opposed to user agents."""
_AGENT_PREFIX = re.compile(r"^\s*([a-z0-9_.*-]+)\s*:\s*(.*)$", re.IGNORECASE | re.DOTALL)


class RobotsTxt:
    """Thread-safe cache of the robots.txt of each site."""

    def __init__(
        self, fetch: Callable[[str], bytes], set_crawl_delay: Callable[[str, float], None]
    ) -> None:
        """Create an empty cache.

        Args:
            fetch: Function that returns the response body of a URL, or raises FetchError.
            set_crawl_delay: Function that receives the host and Crawl-delay in seconds of a site.
        """
        self._fetch, self._set_crawl_delay = fetch, set_crawl_delay
        self._cache: OrderedDict[str, Protego | FetchError] = OrderedDict()
        self._fetching: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def check_allowed(self, url: HttpUrl) -> None:
        """Check that the robots.txt of the site allows a URL.

        Raises:
            FetchError: The reason is `robots` if robots.txt disallows the URL. If robots.txt
                cannot be fetched, the RFC disallows all URLs of the site, and the reason is that
                of the failed request.
        """
        rules = self._rules(url)
        if isinstance(rules, FetchError):
            detail = f"{url.origin}/robots.txt cannot be read: {rules.detail}"
            raise FetchError(rules.reason, detail, rules.status)
        if not rules.can_fetch(str(url), _USER_AGENT):
            raise FetchError("robots", f"{url.origin}/robots.txt disallows the URL")

    def _rules(self, url: HttpUrl) -> Protego | FetchError:
        with self._lock:
            if (cached := self._cache.get(url.origin)) is not None:
                self._cache.move_to_end(url.origin)
                return cached
            fetching = self._fetching.setdefault(url.origin, threading.Lock())
        with fetching:
            with self._lock:
                if (cached := self._cache.get(url.origin)) is not None:
                    return cached
            rules = self._fetch_rules(url)
            with self._lock:
                self._cache[url.origin] = rules
                self._fetching.pop(url.origin, None)
                if len(self._cache) > _MAX_SITES:
                    self._cache.popitem(last=False)
        return rules

    def _fetch_rules(self, url: HttpUrl) -> Protego | FetchError:
        try:
            data = self._fetch(f"{url.origin}/robots.txt")[:_MAX_BYTES]
            text = data.decode("utf-8-sig", "replace")
        except FetchError as error:
            if error.reason != "gone":
                return error
            text = ""  # a site without robots.txt allows everything
        rules = Protego.parse(text)
        delay = rules.crawl_delay(_USER_AGENT)
        if delay:
            self._set_crawl_delay(url.host, float(delay))
        return rules


def check_robots_tags(values: Iterable[str]) -> None:
    """Check that robots directives allow use for machine learning.

    Args:
        values: Values of the X-Robots-Tag headers, or of the `<meta name=robots>` tags.

    Raises:
        FetchError: A value contains `noai` or `noimageai` for moue or for all user agents; the
            reason is `noai`.
    """
    for value in values:
        prefix = _AGENT_PREFIX.match(value)
        if prefix and prefix[1].lower() not in (_USER_AGENT, "*", *_DIRECTIVES_WITH_VALUE):
            continue  # a directive for another user agent, such as `otherbot: noai`
        if _NO_AI.search(value.lower()):
            raise FetchError("noai", value[:200])
