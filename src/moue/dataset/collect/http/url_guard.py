"""SSRF protection: allow only http and https URLs, and no private or local addresses.

Otherwise a web page could make moue send requests to addresses that only this machine can reach,
such as a router or the metadata service of a cloud. This module resolves host names and checks
every address, and connections use the checked addresses. This prevents DNS rebinding, in which a
second resolution gives another address.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from moue.dataset.collect.http.fetch_error import FetchError
from moue.errors import reason_of

__all__ = [
    "HttpUrl", "SocketAddress", "check_host_name", "is_cloud_metadata", "is_public_ip", "parse_url",
    "resolve_host",
]  # fmt: skip

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_URL_LENGTH = 4096
_HOST = re.compile(r"[a-z0-9._:-]+")
_NUMERIC_HOST = re.compile(r"([0-9a-fx]+\.)*(0x[0-9a-f]*|[0-9][0-9a-z]*)")
_LOCAL_NAMES = (
    "localhost", "localdomain", "local", "internal", "lan", "home.arpa", "intranet",
)  # fmt: skip
_LOCAL_SUFFIXES = tuple(f".{name}" for name in _LOCAL_NAMES)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
"""Upper 32 bits of the interface identifiers that embed an IPv4 address (RFC 5214)."""
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
"""Addresses of cloud metadata services, which return secrets. No setting allows them."""
_METADATA_NAMES = frozenset(
    {
        "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
        "instance-data.ec2.internal", "metadata.azure.internal", "metadata.azure.com",
        "metadata.tencentyun.com", "metadata.platformequinix.com", "metadata.oraclecloud.com",
    }
)  # fmt: skip
# Reserved networks that `is_global` reports as global in some Python versions.
_RESERVED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16",
        "fec0::/10", "::ffff:0:0:0/96",
    )
]  # fmt: skip
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


SocketAddress = tuple[int, tuple[object, ...]]
"""Address family, and the address that `socket.connect` takes."""


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """A normalised http or https URL.

    Attributes:
        scheme: `http` or `https`.
        host: Host name in lower-case ASCII (IDNA), or IP address without brackets.
        port: Port number, also if it is the default port.
        target: Percent-encoded path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def netloc(self) -> str:
        """Host and port in URL syntax; the default port is omitted."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port in URL syntax, such as `https://example.org`."""
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return self.origin + self.target


def parse_url(url: str, base: str = "") -> HttpUrl:
    """Parse and normalise a URL.

    Args:
        url: Absolute URL, or relative URL if `base` is given.
        base: Base URL of a relative `url`.

    Raises:
        FetchError: The URL is not valid, contains a user name or password, or has another scheme
            than http and https; the reason is `not_http`.
    """
    try:
        if len(url) > _MAX_URL_LENGTH:
            raise ValueError(f"longer than {_MAX_URL_LENGTH:,} characters")
        parts = urlsplit(urljoin(base, url.strip()))
        port, host = parts.port, parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|") if parts.query else ""
    except ValueError as error:
        raise FetchError("not_http", f"{url[:200]!r}: {error}") from error
    if "@" in parts.netloc:
        raise FetchError("not_http", f"{host}: user name and password in URLs are not supported")
    host = host.rstrip(".")  # after IDNA, which converts other full stops
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise FetchError("not_http", f"{url[:200]!r} is not valid")
    return HttpUrl(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], path + query)


def resolve_host(url: HttpUrl, allow_private: bool) -> list[SocketAddress]:
    """Resolve the host of a URL; return its allowed addresses.

    Args:
        url: URL whose host is resolved.
        allow_private: Whether private and local addresses are allowed.

    Raises:
        FetchError: The reason is `no_host` if the host cannot be resolved, or `refused` if none
            of its addresses is allowed.
    """
    try:
        resolved = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("no_host", f"{url.host}: {reason_of(error)}") from error
    allowed: list[SocketAddress] = [
        (int(family), address)
        for family, _, _, _, address in resolved
        if _is_allowed_ip(str(address[0]), allow_private)
    ]
    if not allowed:
        raise _refused(url.host, str(resolved[0][4][0]))
    return allowed


def check_host_name(url: HttpUrl, allow_private: bool) -> None:
    """Check the host of a URL without resolving it, for requests through a proxy.

    Args:
        url: URL whose host is checked.
        allow_private: Whether private and local addresses are allowed.

    Raises:
        FetchError: The host is a private or local name or address; the reason is `refused`.
    """
    ip = _literal_ip(url.host)
    if ip is not None:
        allowed = _is_allowed_ip(ip, allow_private)
    else:
        local = "." not in url.host or f".{url.host}".endswith(_LOCAL_SUFFIXES)
        allowed = allow_private or not local
    if not allowed or url.host in _METADATA_NAMES:
        raise _refused(url.host, ip or url.host)


def _is_allowed_ip(text: str, allow_private: bool) -> bool:
    """Return True if connections to an IP address are allowed.

    Raises:
        ValueError: `text` is not an IP address.
    """
    return is_public_ip(text) or (allow_private and not is_cloud_metadata(text))


def is_cloud_metadata(text: str) -> bool:
    """Return True if an IP address, or an IPv4 address in it, is a cloud metadata service.

    Raises:
        ValueError: `text` is not an IP address.
    """
    ip = ipaddress.ip_address(text.partition("%")[0])
    return any(one in network for one in (ip, *_embedded_ipv4(ip)) for network in _METADATA)


def is_public_ip(text: str) -> bool:
    """Return True if an IP address belongs to the public internet.

    Raises:
        ValueError: `text` is not an IP address.
    """
    ip = ipaddress.ip_address(text.partition("%")[0])
    embedded = _embedded_ipv4(ip)
    if is_cloud_metadata(text) or not all(is_public_ip(str(one)) for one in embedded):
        return False
    if embedded and not _is_isatap(ip):
        return True  # the address is a public IPv4 address in IPv6 form
    if any(ip in network for network in _RESERVED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_isatap(ip: IPv4Address | IPv6Address) -> bool:
    return isinstance(ip, IPv6Address) and (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP


def _embedded_ipv4(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address embeds."""
    if isinstance(ip, IPv4Address):
        return []
    low = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _NAT64 or ip in _V4_COMPATIBLE or _is_isatap(ip):
        return [low]
    return [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if one is not None]


def _literal_ip(host: str) -> str | None:
    """Return the IP address in a host of any notation, such as `127.1`; None for a host name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        # A proxy may accept 127.1, 2130706433 and 0x7f000001 for 127.0.0.1.
        return socket.inet_ntoa(socket.inet_aton(host)) if _NUMERIC_HOST.fullmatch(host) else None
    except OSError:
        return "0.0.0.0"  # refuse a number that is not a valid address


def _refused(host: str, ip: str) -> FetchError:
    named = host in _METADATA_NAMES or (_literal_ip(ip) is not None and is_cloud_metadata(ip))
    why = "private and local addresses need --allow-private or --set web.allow_private=true"
    if named:
        why = "moue never connects to cloud metadata services"
    return FetchError("refused", f"{' is '.join(dict.fromkeys((host, ip)))}; {why}")
