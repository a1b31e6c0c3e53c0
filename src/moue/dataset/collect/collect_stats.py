"""Counts of a collection from the web, and the summary that reports them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from moue.dataset.contact_sheets import draw_collected_sheet
from moue.progress import Summary
from moue.workspace.context import Context

__all__ = ["CollectStats", "summarize"]


@dataclass(slots=True)
class CollectStats:
    """Counts of one query at one engine.

    Attributes:
        engine: Name of the search engine; `page` or `list` for a web page or URL list.
        query: Search words, URL of the page, or path of the list.
        candidates: Number of pictures that the engine returned.
        downloaded: Number of pictures added to the catalog.
        known: Number of pictures that were already in the catalog.
        skipped: Number of skipped pictures by reason, a key of `REASONS`.
        outcome: Outcome of a failed query, such as `blocked`; None for success.
    """

    engine: str
    query: str
    candidates: int = 0
    downloaded: int = 0
    known: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    outcome: str | None = None

    def describe(self) -> str:
        """Return the counts as one line for the progress display and the summary."""
        text = f"{self.outcome}; " if self.outcome else ""
        text += f"candidates {self.candidates:,}, downloaded {self.downloaded:,}"
        if self.known:
            text += f", known {self.known:,}"
        if self.skipped:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in self.skipped.most_common())
            text += f", skipped {self.skipped.total():,}: {reasons}"
        return text

    def to_dict(self) -> dict[str, object]:
        """Return the counts by attribute name, for JSON."""
        return asdict(self) | {"skipped": dict(self.skipped)}


def summarize(context: Context, stats: Sequence[CollectStats], notes: Sequence[str]) -> Summary:
    """Return the summary of a collection, with a contact sheet of the new pictures.

    Args:
        stats: Counts of each query at each engine.
        notes: Messages that follow the counts; duplicates are removed.
    """
    new = sum(one.downloaded for one in stats)
    lines = [
        f"{one.engine}: {one.query}: {one.describe()}"
        for one in stats
        if one.candidates or one.outcome
    ]
    return Summary(
        stage="collect",
        done=new,
        counts={"new": new, "all": context.catalog.total()},
        notes=[*lines, *dict.fromkeys(notes)],
        files=draw_collected_sheet(context),
        result={"queries": [one.to_dict() for one in stats]},
    )
