"""Search engines and open archives, one file each.

Each is an `Engine`: a function that yields the pages of results of a query, with what it can
filter by. To add one: a file here and a line in `ENGINES`.

No parser has been checked against the live engine yet: they were written from documentation and
from how the answers are publicly described. `checked` says so to whoever asks.
"""

from __future__ import annotations

from moue.dataset.collect.engines import baidu, bing, commons, google, openverse
from moue.dataset.collect.engines.base import Engine

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (openverse.ENGINE, commons.ENGINE, bing.ENGINE, baidu.ENGINE, google.ENGINE)
}
"""Every engine by its name; open archives first, since what they hold may be used."""
DEFAULT = ("openverse", "commons")
