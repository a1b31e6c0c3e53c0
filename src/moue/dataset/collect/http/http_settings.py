"""Settings of the HTTP client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """Settings of HTTP requests."""

    max_connections: Annotated[
        int, Setting("Maximum number of concurrent requests to all hosts.", low=1, high=256)
    ] = 16
    max_per_host: Annotated[
        int, Setting("Maximum number of concurrent requests per host.", low=1, high=64)
    ] = 4
    rate: Annotated[
        float,
        Setting("Maximum number of requests per second to each host. 0 removes the limit.", low=0),
    ] = 2.0
    timeout: Annotated[float, Setting("Maximum time of one download, in seconds.", low=0.1)] = 30.0
    max_backoff: Annotated[
        float,
        Setting(
            "Maximum delay that moue accepts in a Retry-After header, in seconds. If the delay is "
            "longer, moue skips the requests to that host.",
            low=0,
        ),
    ] = 60.0
    max_host_failures: Annotated[
        int,
        Setting(
            "Stop requests to a host after this many consecutive failures. 0 sets no limit.", low=0
        ),
    ] = 20
    max_host_seconds: Annotated[
        float,
        Setting(
            "Stop requests to a host after this many seconds of waiting (Retry-After, Crawl-delay) "
            "or of failed requests. 0 sets no limit.",
            low=0,
        ),
    ] = 600.0
    max_bytes: Annotated[int, Setting("Maximum size of a downloaded file, in bytes.", low=1)] = (
        30_000_000
    )
    max_pixels: Annotated[
        int,
        Setting(
            "Maximum size of a downloaded picture, in pixels (width x height).",
            low=1,
            high=170_000_000,
        ),
    ] = 100_000_000
    max_redirects: Annotated[
        int, Setting("Maximum number of redirects per request.", low=0, high=20)
    ] = 5
    robots: Annotated[
        bool, Setting("Obey robots.txt, and noai and noimageai in X-Robots-Tag headers.")
    ] = True
    allow_private: Annotated[
        bool, Setting("Allow requests to private and local addresses, such as in an intranet.")
    ] = False
    contact: Annotated[
        str | None,
        Setting(
            "Your e-mail or web address. moue sends it to every host in the User-Agent header."
        ),
    ] = None
