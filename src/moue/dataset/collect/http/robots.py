"""Whether a site allows a request: robots.txt (RFC 9309) and X-Robots-Tag.

Protego parses robots.txt: the parser of the standard library uses the first matching rule, where
the RFC demands the longest, and does not support wildcards.
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
"""Bytes of a robots.txt that are parsed; the RFC demands at least 500 KiB."""
_NO_AI = re.compile(r"\b(noai|noimageai)\b")
_DIRECTIVES_WITH_VALUE = (
    "max-snippet", "max-image-preview", "max-video-preview", "unavailable_after",
)  # fmt: skip
"""Directives with a colon, which are not the name of a user agent."""
_AGENT_PREFIX = re.compile(r"^\s*([a-z0-9_.*-]+)\s*:\s*(.*)$", re.IGNORECASE | re.DOTALL)


class RobotsTxt:
    """The robots.txt of each site, fetched once and cached."""

    def __init__(
        self, fetch: Callable[[str], bytes], set_crawl_delay: Callable[[str, float], None]
    ) -> None:
        """Create an empty cache.

        Args:
            fetch: returns the bytes of a URL, or raises FetchError.
            set_crawl_delay: called with the host and the Crawl-delay of a site, in seconds.
        """
        self._fetch, self._set_crawl_delay = fetch, set_crawl_delay
        self._cache: OrderedDict[str, Protego | FetchError] = OrderedDict()
        self._fetching: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def check_allowed(self, url: HttpUrl) -> None:
        """Check that the robots.txt of the site allows a URL.

        Raises:
            FetchError: `robots`; or why robots.txt could not be fetched, which by the RFC
                disallows the whole site for the time being.
        """
        rules = self._rules(url)
        if isinstance(rules, FetchError):
            raise FetchError(rules.reason, f"robots.txt: {rules.detail}", rules.status)
        if not rules.can_fetch(str(url), _USER_AGENT):
            raise FetchError("robots", f"{url.origin}/robots.txt")

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
    """Check the values of X-Robots-Tag, or of `<meta name=robots>` of a page.

    Raises:
        FetchError: `noai`: a value holds `noai` or `noimageai`, for all agents or for moue.
    """
    for value in values:
        prefix = _AGENT_PREFIX.match(value)
        if prefix and prefix[1].lower() not in (_USER_AGENT, "*", *_DIRECTIVES_WITH_VALUE):
            continue  # `otherbot: noai` concerns another agent
        if _NO_AI.search(value.lower()):
            raise FetchError("noai", value[:200])
