"""Whether a site lets programs have something: robots.txt (RFC 9309) and X-Robots-Tag.

robots.txt is read by Protego: the standard library's parser takes the first rule that fits,
where the standard says the longest, and knows no wildcards.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from protego import Protego

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import Address

PRODUCT = "moue"
_MANY = 256
_LONGEST = 512 * 1024
"""Bytes of a robots.txt that are read; the standard asks for at least 500 KiB."""
_NO = re.compile(r"\b(noai|noimageai)\b")
_VALUED = ("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after")
"""Directives that are written as a name of an agent is: before a colon."""
_AGENT = re.compile(r"^\s*([a-z0-9_.*-]+)\s*:\s*(.*)$", re.IGNORECASE | re.DOTALL)


class Robots:
    """The robots.txt of every site that was asked, each fetched once."""

    def __init__(self, fetch: Callable[[str], bytes], slow: Callable[[str, float], None]) -> None:
        """Prepare.

        Args:
            fetch: gets the bytes of a URL, or raises Failure.
            slow: told of the seconds that a site wants between two requests.
        """
        self._fetch, self._slow = fetch, slow
        self._known: OrderedDict[str, Protego | FetchError] = OrderedDict()
        self._asking: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def check(self, address: Address) -> None:
        """Check that the site lets moue have an address.

        Raises:
            Failure: `robots`; or why its robots.txt could not be had, which by the standard
                is a no for the time being.
        """
        rules = self._rules(address)
        if isinstance(rules, FetchError):
            raise FetchError(rules.reason, f"robots.txt: {rules.detail}", rules.status)
        if not rules.can_fetch(str(address), PRODUCT):
            raise FetchError("robots", f"{address.origin}/robots.txt")

    def _rules(self, address: Address) -> Protego | FetchError:
        with self._lock:
            if (known := self._known.get(address.origin)) is not None:
                self._known.move_to_end(address.origin)
                return known
            asking = self._asking.setdefault(address.origin, threading.Lock())
        with asking:
            with self._lock:
                if (known := self._known.get(address.origin)) is not None:
                    return known
            rules = self._ask(address)
            with self._lock:
                self._known[address.origin] = rules
                self._asking.pop(address.origin, None)
                if len(self._known) > _MANY:
                    self._known.popitem(last=False)
        return rules

    def _ask(self, address: Address) -> Protego | FetchError:
        try:
            data = self._fetch(f"{address.origin}/robots.txt")[:_LONGEST]
            text = data.decode("utf-8-sig", "replace")
        except FetchError as failure:
            if failure.reason != "gone":
                return failure
            text = ""  # a site that has none allows all
        rules = Protego.parse(text)
        delay = rules.crawl_delay(PRODUCT)
        if delay:
            self._slow(address.host, float(delay))
        return rules


def check_tags(values: Iterable[str]) -> None:
    """Check the values of X-Robots-Tag, or of a page's `<meta name=robots>`.

    Raises:
        Failure: `noai`: one says `noai` or `noimageai`, to all or to moue by name.
    """
    for value in values:
        named = _AGENT.match(value)
        if named and named[1].lower() not in (PRODUCT, "*", *_VALUED):
            continue  # `otherbot: noai` is meant for another one
        if _NO.search(value.lower()):
            raise FetchError("noai", value[:200])
