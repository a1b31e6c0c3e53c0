"""Search engines and open archives, one module each.

Each module defines an `Engine`. To add one, add a module here and its entry in `ENGINES`.

The parsers were written from documentation; none has been checked against the live engine yet.
`Engine.checked` says so, and `moue doctor --engines` tests each parser.
"""

from __future__ import annotations

from moue.dataset.collect.engines import baidu, bing, commons, google, openverse
from moue.dataset.collect.engines.base import Engine

__all__ = ["DEFAULT_ENGINES", "ENGINES"]

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (openverse.ENGINE, commons.ENGINE, bing.ENGINE, baidu.ENGINE, google.ENGINE)
}
"""Every engine by name; the open archives come first, since their pictures have licences."""
DEFAULT_ENGINES = ("openverse", "commons")
