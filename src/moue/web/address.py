"""Where may be gone: http and https, and no address inside a machine or a private network.

A page from the web could otherwise make moue fetch what only this machine can see, such as a
router's settings or a cloud's secrets. Names are looked up here, every address is checked, and
the connection goes to the very address that was checked, so a name that changes its mind
between look and connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from moue.web.failure import Failure

PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 4096
_HOST = re.compile(r"[a-z0-9._:-]+")
_LOCAL_NAMES = (
    "localhost", "localdomain", "local", "internal", "lan", "home.arpa", "intranet",
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What `is_global` of some Pythons lets pass.
_RESERVED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16",
        "fec0::/10",
    )
]  # fmt: skip
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


Place = tuple[int, tuple[object, ...]]
"""A family and a socket address of it."""


@dataclass(frozen=True, slots=True)
class Address:
    """One http or https address, in one spelling.

    Attributes:
        host: in lower case and ASCII (IDNA); an IPv6 address without its brackets.
        target: path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def netloc(self) -> str:
        """Host and port as they stand in a URL; the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what one robots.txt speaks for."""
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return self.origin + self.target


def parse(url: str, base: str = "") -> Address:
    """Return the address that a URL means.

    Args:
        base: the page it stands on, where it may be relative.

    Raises:
        Failure: `not_http`: another scheme, no host, user names, or nonsense.
    """
    try:
        if len(url) > _MAX_LENGTH:
            raise ValueError("too long")
        parts = urlsplit(urljoin(base, url.strip()))
        port, host = parts.port, parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|") if parts.query else ""
    except ValueError as error:
        raise Failure("not_http", f"{url[:200]!r}: {error}") from error
    host = host.rstrip(".")  # after IDNA, which knows other full stops
    if parts.scheme not in PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise Failure("not_http", f"{url[:200]!r}")
    return Address(parts.scheme, host, port or PORTS[parts.scheme], path + query)


def resolve(address: Address, allow_private: bool) -> list[Place]:
    """Look a host up; return (family, socket address) of each that may be gone to.

    Raises:
        Failure: `no_host`, or `refused` where every address is private or reserved.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failure("no_host", f"{address.host}: {error}") from error
    allowed: list[Place] = [
        (int(family), where)
        for family, _, _, _, where in found
        if allow_private or is_public(str(where[0]))
    ]
    if not allowed:
        where = dict.fromkeys((address.host, str(found[0][4][0])))
        raise Failure("refused", f"{' is '.join(where)}; --allow-private lets it")
    return allowed


def check_name(address: Address, allow_private: bool) -> None:
    """Check what can be told without looking the name up: all there is behind a proxy.

    Raises:
        Failure: `refused`.
    """
    if allow_private:
        return
    try:
        public = is_public(address.host)
    except ValueError:
        public = "." in address.host and not any(
            address.host == name or address.host.endswith(f".{name}") for name in _LOCAL_NAMES
        )
        # 127.1, 2130706433 and 0x7f000001 are spellings of 127.0.0.1 that a proxy may know.
        public = public and not address.host.rpartition(".")[2][:1].isdigit()
    if not public:
        raise Failure("refused", f"{address.host}; --allow-private lets it")


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet.

    Raises:
        ValueError: it is no IP address.
    """
    ip = _inner(ipaddress.ip_address(text.partition("%")[0]))
    if any(ip in network for network in _RESERVED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to, or the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64 or ip in _V4_COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo[1] if ip.teredo else None
    return ip.ipv4_mapped or ip.sixtofour or teredo or ip
