"""Settings of the HTTP client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """Settings of requests to the web."""

    max_connections: Annotated[
        int, Setting("Maximum concurrent requests in total.", low=1, high=256)
    ] = 16
    max_per_host: Annotated[
        int, Setting("Maximum concurrent requests per host.", low=1, high=64)
    ] = 4
    rate: Annotated[
        float, Setting("Maximum requests per second and host. 0 removes the limit.", low=0)
    ] = 2.0
    timeout: Annotated[float, Setting("Maximum time for one file, in seconds.", low=0.1)] = 30.0
    max_backoff: Annotated[
        float, Setting("Longest Retry-After of a host that moue waits for, in seconds.", low=0)
    ] = 60.0
    max_host_failures: Annotated[
        int,
        Setting("Give up on a host after this many failures in a row. 0 never gives up.", low=0),
    ] = 20
    max_host_seconds: Annotated[
        float,
        Setting(
            "Give up on a host after this many seconds of waiting or without a result. 0 never "
            "gives up.",
            low=0,
        ),
    ] = 600.0
    max_bytes: Annotated[int, Setting("Maximum file size to download, in bytes.", low=1)] = (
        30_000_000
    )
    max_pixels: Annotated[
        int,
        Setting(
            "Maximum size of a picture to keep, in pixels (width x height).",
            low=1,
            high=170_000_000,
        ),
    ] = 100_000_000
    max_redirects: Annotated[
        int, Setting("Maximum number of redirects per request.", low=0, high=20)
    ] = 5
    robots: Annotated[bool, Setting("Obey robots.txt and X-Robots-Tag: noai, noimageai.")] = True
    allow_private: Annotated[
        bool, Setting("Allow requests to private and local addresses, such as an intranet.")
    ] = False
    contact: Annotated[
        str | None,
        Setting("Your e-mail or web address, sent to every server in the User-Agent header."),
    ] = None
