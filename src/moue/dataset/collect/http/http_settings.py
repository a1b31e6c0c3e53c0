"""How the web is asked: what a person may set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How the web is asked."""

    connections: Annotated[int, Setting("requests at the same time", low=1, high=256)] = 16
    per_host: Annotated[int, Setting("of these, to one host", low=1, high=64)] = 4
    rate: Annotated[float, Setting("requests a second to one host; 0: no limit", low=0)] = 2.0
    timeout: Annotated[float, Setting("seconds for one file, all in all", low=0.1)] = 30.0
    patience: Annotated[
        float, Setting("seconds that a host's wish to be left alone is waited for", low=0)
    ] = 60.0
    host_failures: Annotated[
        int, Setting("failures in a row after which a host is given up; 0: never", low=0)
    ] = 20
    host_seconds: Annotated[
        float,
        Setting("seconds that one host may take for rests or without a result; 0: any", low=0),
    ] = 600.0
    max_bytes: Annotated[int, Setting("larger files are not taken", low=1)] = 30_000_000
    max_pixels: Annotated[
        int, Setting("pictures with more pixels are not taken", low=1, high=170_000_000)
    ] = 100_000_000
    redirects: Annotated[int, Setting("more of them are not followed", low=0, high=20)] = 5
    robots: Annotated[bool, Setting("heed robots.txt and X-Robots-Tag: noai, noimageai")] = True
    allow_private: Annotated[
        bool, Setting("also ask private and local addresses, as in an intranet")
    ] = False
    contact: Annotated[
        str | None, Setting("an e-mail or web address of yours, told to every server")
    ] = None
