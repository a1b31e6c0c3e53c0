"""Search engines and open archives, one module each.

Each module defines an `Engine`. To add an engine, add its module and an entry in `ENGINES`.

The parsers were written from documentation. None has been checked against the live engine yet;
`Engine.checked` states this, and `moue doctor --engines` checks each parser.
"""

from __future__ import annotations

from moue.dataset.collect.engines import baidu, bing, commons, google, openverse
from moue.dataset.collect.engines.base import Engine

__all__ = ["DEFAULT_ENGINES", "ENGINES"]

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (openverse.ENGINE, commons.ENGINE, bing.ENGINE, baidu.ENGINE, google.ENGINE)
}
"""All engines by name. The open archives come first, because they state licences."""
DEFAULT_ENGINES = ("openverse", "commons")
