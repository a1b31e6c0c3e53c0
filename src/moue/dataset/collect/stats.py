"""What is asked for, and the count of what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from moue.dataset.contact_sheets import draw_collected_sheet
from moue.progress import Summary
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: words, a file or an address; and the weak label that goes with it."""

    text: str
    label: str | None = None


@dataclass(slots=True)
class CollectStats:
    """What came of one query at one engine.

    Attributes:
        found: pictures that it named.
        taken: new ones in the catalog.
        known: ones that were there already, now also found this way.
        skipped: how many for which reason.
        ended: the outcome in a word, where it was no plain end.
    """

    engine: str
    query: str
    found: int = 0
    taken: int = 0
    known: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    ended: str | None = None

    def words(self) -> str:
        """For the progress line and the summary."""
        text = f"{self.ended}; " if self.ended else ""
        text += f"found {self.found:,}, taken {self.taken:,}"
        if self.known:
            text += f", known {self.known:,}"
        if self.skipped:
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in self.skipped.most_common())
            text += f", skipped {self.skipped.total():,}: {reasons}"
        return text

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "engine": self.engine, "query": self.query, "found": self.found,
            "taken": self.taken, "known": self.known, "skipped": dict(self.skipped),
            "ended": self.ended,
        }  # fmt: skip


def summarize(
    workspace: Workspace, catalog: Catalog, tallies: Sequence[CollectStats], notes: Sequence[str]
) -> Summary:
    """Sum up what was collected, with a sheet of some of it."""
    new = sum(tally.taken for tally in tallies)
    asked = [tally for tally in tallies if tally.found or tally.ended]
    lines = [f"{tally.engine}: {tally.query}: {tally.words()}" for tally in asked]
    return Summary(
        stage="collect",
        done=new,
        counts={"new": new, "all": sum(catalog.count("samples", "kind").values())},
        notes=[*lines, *dict.fromkeys(notes)],
        files=draw_collected_sheet(workspace, catalog),
        result={"queries": [tally.to_dict() for tally in tallies]},
    )
