"""Who may use the studio: one-time tokens, the cookie, and the key for programs."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

HOST = "127.0.0.1"
"""Address of the server."""


@dataclass
class Access:
    """The secrets of one server; all of them end with the server.

    Attributes:
        port: port of the server. The cookie has it in its name, since browsers send the cookies of
            one port to all ports of a host.
        key: secret of the cookie, and of the header `Authorization: Bearer KEY`.
    """

    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _tokens: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"moue_studio_{self.port}"

    def new_token(self) -> str:
        """Return a new token, which opens the page once."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens.add(token)
        return token

    def link(self, page: str = "") -> str:
        """Return a link that opens a page once.

        Args:
            page: path of the page, such as `learn/09-loss`; empty for the page of the studio.
        """
        return f"http://{HOST}:{self.port}/{page}?token={self.new_token()}"

    def redeem(self, token: str) -> bool:
        """Return whether a token is valid, and end its validity."""
        with self._lock:
            if token not in self._tokens:
                return False
            self._tokens.discard(token)
            return True

    def knows(self, cookie: str | None, authorization: str | None) -> bool:
        """Return whether a request has the key, as a cookie or as a bearer token."""
        scheme, _, bearer = (authorization or "").partition(" ")
        given = [cookie or "", bearer.strip() if scheme.lower() == "bearer" else ""]
        return any(secrets.compare_digest(one.encode(), self.key.encode()) for one in given)
