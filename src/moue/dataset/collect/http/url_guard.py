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

from moue.dataset.collect.http.fetch_error import FetchError

PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 4096
_HOST = re.compile(r"[a-z0-9._:-]+")
_NUMBER = re.compile(r"([0-9a-fx]+\.)*(0x[0-9a-f]*|[0-9][0-9a-z]*)")
_LOCAL_NAMES = (
    "localhost", "localdomain", "local", "internal", "lan", "home.arpa", "intranet",
)  # fmt: skip
_LOCAL_ENDS = tuple(f".{name}" for name in _LOCAL_NAMES)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface identifier that holds an IPv4 address (RFC 5214)."""
_METADATA = [
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local: AWS, GCP, Azure, Oracle, Tencent and others
        "168.63.129.16/32",  # Azure, within its public range
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle
        "fd00:ec2::/32",  # AWS
        "fd20:ce::254/128",  # GCP
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fd00:42::42/128",  # Scaleway
    )
]
"""Where clouds hand their machines secrets. No setting lets a page lead there."""
_METADATA_NAMES = frozenset(
    {
        "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
        "instance-data.ec2.internal", "metadata.azure.internal", "metadata.azure.com",
        "metadata.tencentyun.com", "metadata.platformequinix.com", "metadata.oraclecloud.com",
    }
)  # fmt: skip
# What `is_global` of some Pythons lets pass.
_RESERVED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16",
        "fec0::/10", "::ffff:0:0:0/96",
    )
]  # fmt: skip
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


SocketAddress = tuple[int, tuple[object, ...]]
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
        raise FetchError("not_http", f"{url[:200]!r}: {error}") from error
    host = host.rstrip(".")  # after IDNA, which knows other full stops
    if parts.scheme not in PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise FetchError("not_http", f"{url[:200]!r}")
    return Address(parts.scheme, host, port or PORTS[parts.scheme], path + query)


def resolve_host(address: Address, allow_private: bool) -> list[SocketAddress]:
    """Look a host up; return (family, socket address) of each that may be gone to.

    Raises:
        Failure: `no_host`, or `refused` where every address is private or reserved.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("no_host", f"{address.host}: {error}") from error
    allowed: list[SocketAddress] = [
        (int(family), where)
        for family, _, _, _, where in found
        if may_be_asked(str(where[0]), allow_private)
    ]
    if not allowed:
        raise _refused(address.host, str(found[0][4][0]))
    return allowed


def check_name(address: Address, allow_private: bool) -> None:
    """Check what can be told without looking the name up: all there is behind a proxy.

    Raises:
        Failure: `refused`.
    """
    ip = _number(address.host)
    if ip is not None:
        allowed = may_be_asked(ip, allow_private)
    else:
        local = "." not in address.host or f".{address.host}".endswith(_LOCAL_ENDS)
        allowed = allow_private or not local
    if not allowed or address.host in _METADATA_NAMES:
        raise _refused(address.host, ip or address.host)


def may_be_asked(text: str, allow_private: bool) -> bool:
    """Whether moue may connect to an IP address. Cloud metadata is never asked.

    Raises:
        ValueError: it is no IP address.
    """
    return is_public(text) or (allow_private and not is_metadata(text))


def is_metadata(text: str) -> bool:
    """Whether an IP address is one at which a cloud hands out secrets, in any IPv6 form too.

    Raises:
        ValueError: it is no IP address.
    """
    ip = ipaddress.ip_address(text.partition("%")[0])
    return any(one in network for one in (ip, *_inner(ip)) for network in _METADATA)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet.

    Raises:
        ValueError: it is no IP address.
    """
    ip = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(ip)
    if is_metadata(text) or not all(is_public(str(one)) for one in inner):
        return False
    if inner and not _is_isatap(ip):
        return True  # a form that only carries an IPv4 address
    if any(ip in network for network in _RESERVED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_isatap(ip: IPv4Address | IPv6Address) -> bool:
    return isinstance(ip, IPv6Address) and (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP


def _inner(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses to which an IPv6 address leads."""
    if isinstance(ip, IPv4Address):
        return []
    low = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _NAT64 or ip in _V4_COMPATIBLE or _is_isatap(ip):
        return [low]
    return [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if one is not None]


def _number(host: str) -> str | None:
    """Return the IP address that a host is, in any spelling that a proxy may know."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        # 127.1, 2130706433 and 0x7f000001 are spellings of 127.0.0.1.
        return socket.inet_ntoa(socket.inet_aton(host)) if _NUMBER.fullmatch(host) else None
    except OSError:
        return "0.0.0.0"  # a number that is no address is not asked for


def _refused(host: str, ip: str) -> FetchError:
    named = host in _METADATA_NAMES or (_number(ip) is not None and is_metadata(ip))
    why = "cloud metadata, which moue never asks" if named else "--allow-private lets it"
    return FetchError("refused", f"{' is '.join(dict.fromkeys((host, ip)))}; {why}")
