"""Who may use the server: API keys, allowed hosts and allowed origins."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers

from moue.errors import ConfigError, reason_of
from moue.http_api.errors import ApiError
from moue.http_api.hosts import LOOPBACK, hostname, is_same_origin

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that need no key and answer to every host name, for health checks."""
SHORTEST_KEY = 16
"""Minimum length of an API key."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the server.

    Attributes:
        keys: API keys; empty if no key is needed.
        hosts: allowed names in the header Host, in addition to those of this machine. With keys and
            without names, every name is allowed: other sites cannot know a key.
        origins: origins of the web pages that may use the server; `*` allows all.
    """

    keys: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def check(self, headers: Headers, path: str, key_later: bool = False) -> None:
        """Check the headers of a request.

        Args:
            headers: headers of the request.
            path: path of the request.
            key_later: True if the key may come in a later message.

        Raises:
            ApiError: the host or the origin is not allowed, or the key is missing.
        """
        if path in OPEN:
            return
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        if not self._host_allowed(hostname(host)):
            raise ApiError(403, "host", "this host name is not allowed; see `--allow-host`")
        if not all(self._origin_allowed(one, host) for one in headers.getlist("origin")):
            raise ApiError(403, "origin", "this web page is not allowed; see `--allow-origin`")
        given = headers.get("authorization")
        if not (key_later and given is None) and not self.knows(given):
            raise ApiError(
                401, "key", "the API key is missing or wrong; send `Authorization: Bearer KEY`"
            )

    def knows(self, authorization: str | None) -> bool:
        """Return whether a header `Authorization` contains a key; True if no key is needed."""
        if not self.keys:
            return True
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        data = given.strip().encode("utf-8", "replace")
        return any(secrets.compare_digest(data, key.encode()) for key in self.keys)

    def _host_allowed(self, name: str | None) -> bool:
        if name is None:
            return False
        return name in LOOPBACK or name in self.hosts or bool(self.keys and not self.hosts)

    def _origin_allowed(self, origin: str, host: str) -> bool:
        return "*" in self.origins or origin in self.origins or is_same_origin(origin, host)


def read_keys(text: str, where: str) -> tuple[str, ...]:
    """Return the API keys in a text, one per line; `#` starts a comment.

    Args:
        text: content of the file, or of the environment variable.
        where: name of the source, for the error message.

    Raises:
        ConfigError: there is no key, or a key is too short or is not ASCII.
    """
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    keys = tuple(line for line in lines if line)
    if not keys:
        raise ConfigError(f"{where}: contains no API key; write one key per line")
    for key in keys:
        if len(key) < SHORTEST_KEY or not key.isascii() or " " in key:
            raise ConfigError(
                f"{where}: an API key must have at least {SHORTEST_KEY} ASCII characters without "
                "spaces; make one with `openssl rand -hex 32`"
            )
    return keys


def read_key_file(path: Path) -> tuple[str, ...]:
    """Return the API keys in a file.

    Raises:
        ConfigError: the file cannot be read, or has no valid key.
    """
    try:
        return read_keys(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {reason_of(error)}") from error
