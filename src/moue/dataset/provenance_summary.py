"""Where the pictures of a workspace came from, summed up and one by one."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moue.workspace import provenance, queries
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import Origin
from moue.workspace.types import Sample


@dataclass(slots=True)
class SourceSummary:
    """What came from one place.

    Attributes:
        name: as `moue forget --source` takes it.
        licences: how many pictures under each, as stated; `not stated` too.
        labels: how many pictures were expected to show what.
    """

    name: str
    pictures: int = 0
    in_use: int = 0
    licences: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)


def summarize_sources(catalog: Catalog) -> list[SourceSummary]:
    """Return every place that pictures came from; one that came twice counts at both."""
    found: dict[str, SourceSummary] = {}
    for sample, came in samples_with_origins(catalog):
        places: dict[str, list[Origin]] = defaultdict(list)
        for origin in came:
            places[f"{origin.engine}:{origin.query}"].append(origin)
        for name in places or {_place(sample): []}:
            source = found.setdefault(name, SourceSummary(name))
            source.pictures += 1
            source.in_use += sample.dropped is None
            stated = next((o.licence for o in places.get(name, ()) if o.licence), sample.licence)
            source.licences[stated or "not stated"] += 1
            source.labels.update({o.label for o in places.get(name, ()) if o.label})
    return list(found.values())


def samples_with_origins(catalog: Catalog) -> Iterator[tuple[Sample, list[Origin]]]:
    """Yield every picture with its origins; one from a file has none."""
    for sample in catalog.samples():
        yield sample, list(provenance.origins(catalog, sample.name))


def sample_history(catalog: Catalog, sample: Sample, came: list[Origin]) -> dict[str, Any]:
    """Return all that is known of where a picture came from and what was done to it since."""
    return {
        "name": sample.name,
        "source": sample.source,
        "sha256": sample.sha256,
        "licence": sample.licence,
        "origins": [dataclasses.asdict(origin) for origin in came],
        "steps": catalog.steps(sample.name),
        "dropped": sample.dropped,
        "mouths": [
            {"name": m.name, "label": m.label, "label_by": m.label_by, "split": m.split}
            for m in queries.mouths_of(catalog, sample.name)
        ],
        "decisions": [dataclasses.asdict(d) for d in catalog.decisions(sample.name)],
    }


def _place(sample: Sample) -> str:
    return sample.video or str(Path(sample.source).parent)
