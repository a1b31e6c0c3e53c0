"""Remove personal data from recorded responses.

An engine may repeat the IP address of the user, also encoded in the URL of a CAPTCHA page.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from moue.dataset.collect.http.exchange import Exchange
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import parse_url

__all__ = ["Anonymizer"]

HIDDEN = "hidden"
"""Text that replaces personal data."""
MIN_SECRET = 4
"""Minimum length of a text that is replaced everywhere; a shorter one is in many words."""
_ADDRESS = re.compile(
    rb"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)"
)


class Anonymizer:
    """Replaces IP addresses, the values of redirects, and given texts, everywhere alike.

    Args:
        exchanges: Exchanges whose redirects contain values to replace.
        secrets: Further texts to replace, such as the contact address of the user.
    """

    def __init__(self, exchanges: Iterable[Exchange], secrets: Iterable[str]) -> None:
        exchanges = tuple(exchanges)
        targets = {target for one in exchanges if (target := _redirect_target(one)) is not None}
        sent = {
            value
            for one in exchanges
            if one.url not in targets
            for _, value in parse_qsl(urlsplit(one.url).query)
        }
        self._targets, self._sent = targets, sent
        hidden = {
            value
            for target in targets
            for _, value in parse_qsl(urlsplit(target).query)
            if value not in sent
        }
        texts = {text for text in {*secrets, *hidden} if len(text) >= MIN_SECRET}
        forms = {form for text in texts for form in (text, quote(text, safe=""))}
        self._secrets = [form.encode() for form in sorted(forms, key=len, reverse=True)]
        self._addresses: dict[str, bytes] = {}

    def exchange(self, one: Exchange) -> Exchange:
        """Return an exchange without personal data."""
        headers = tuple(
            (name, self._url(value) if name == "location" else self.text(value))
            for name, value in one.headers
        )
        url = self._url(one.url) if one.url in self._targets else self.text(one.url)
        body, detail = self.data(one.body), self.text(one.detail)
        return replace(one, url=url, headers=headers, body=body, detail=detail)

    def text(self, text: str) -> str:
        """Return a text without personal data."""
        return self.data(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def data(self, data: bytes) -> bytes:
        """Return a body without personal data."""
        for secret in self._secrets:
            data = data.replace(secret, HIDDEN.encode())
        return _ADDRESS.sub(lambda found: self._address(found[0]), data)

    def _url(self, url: str) -> str:
        """Return the URL of a redirect without the values that moue did not send itself."""
        parts = urlsplit(url)
        pairs = [
            (name, value if value in self._sent else HIDDEN)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        return self.text(urlunsplit(parts._replace(query=urlencode(pairs), fragment="")))

    def _address(self, found: bytes) -> bytes:
        """Return a documentation address (RFC 5737, RFC 3849) for an IP address."""
        try:
            address = ipaddress.ip_address(found.decode())
        except ValueError:
            return found
        if address.is_loopback or address.is_unspecified:
            return found
        number = len(self._addresses) % 254 + 1
        made = f"192.0.2.{number}" if address.version == 4 else f"2001:db8::{number:x}"
        return self._addresses.setdefault(str(address), made.encode())


def _redirect_target(exchange: Exchange) -> str | None:
    """Return the URL to which a response redirects; None for other responses."""
    location = exchange.header("location")
    if location is None:
        return None
    try:
        return str(parse_url(location, exchange.url))
    except FetchError:
        return None


def secrets_of(contact: str | None, proxies: Collection[str]) -> list[str]:
    """Return the texts of the user to replace: the contact address, and the names of proxies.

    Args:
        contact: Contact address of the user; None if there is none.
        proxies: URLs of the proxies.
    """
    hosts = (urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname for proxy in proxies)
    return [text for text in (contact, *hosts) if text]
