"""Counts of one collection, and its summary."""

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
        candidates: pictures that the engine returned.
        downloaded: new pictures in the catalog.
        known: pictures that the catalog had already.
        skipped: number of skipped pictures by reason.
        outcome: how the query failed; None if it did not.
    """

    engine: str
    query: str
    candidates: int = 0
    downloaded: int = 0
    known: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    outcome: str | None = None

    def describe(self) -> str:
        """Return a line for the progress display and the summary."""
        text = f"{self.outcome}; " if self.outcome else ""
        text += f"candidates {self.candidates:,}, downloaded {self.downloaded:,}"
        if self.known:
            text += f", known {self.known:,}"
        if self.skipped:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in self.skipped.most_common())
            text += f", skipped {self.skipped.total():,}: {reasons}"
        return text

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return asdict(self) | {"skipped": dict(self.skipped)}


def summarize(context: Context, stats: Sequence[CollectStats], notes: Sequence[str]) -> Summary:
    """Summarise a collection, and draw a contact sheet of the new pictures."""
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
