"""Provenance: pictures, licences and weak labels by source, and the history of one sample."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moue.workspace import provenance
from moue.workspace.catalog import Catalog
from moue.workspace.imports import dataset_of
from moue.workspace.provenance import Origin
from moue.workspace.types import Sample


@dataclass(slots=True)
class SourceSummary:
    """Counts of the pictures of one source.

    Attributes:
        name: Name of the source, as `moue forget --source` accepts it.
        pictures: Number of pictures.
        in_use: Number of pictures that are not dropped.
        licences: Number of pictures by licence; `not stated` for pictures without a licence.
        labels: Number of pictures by weak label.
    """

    name: str
    pictures: int = 0
    in_use: int = 0
    licences: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)


def summarize_sources(catalog: Catalog) -> list[SourceSummary]:
    """Return a summary of every source; a picture from two sources counts in both."""
    summaries: dict[str, SourceSummary] = {}
    for sample, origins in samples_with_provenance(catalog):
        by_name: dict[str, list[Origin]] = defaultdict(list)
        for origin in origins:
            by_name[f"{origin.engine}:{origin.query}"].append(origin)
        place = dataset_of(sample.source) or sample.video or str(Path(sample.source).parent)
        for name in by_name or {place: []}:
            source = summaries.setdefault(name, SourceSummary(name))
            source.pictures += 1
            source.in_use += sample.dropped is None
            licence = next((o.licence for o in by_name.get(name, ()) if o.licence), sample.licence)
            source.licences[licence or "not stated"] += 1
            source.labels.update({o.label for o in by_name.get(name, ()) if o.label})
    return list(summaries.values())


def samples_with_provenance(catalog: Catalog) -> Iterator[tuple[Sample, list[Origin]]]:
    """Yield every sample with its provenance records; samples collected from files have none."""
    for sample in catalog.samples():
        yield sample, list(provenance.origins(catalog, sample.name))


def sample_history(catalog: Catalog, sample: Sample, origins: list[Origin]) -> dict[str, Any]:
    """Return the origins, stages, labels and decisions of a sample as JSON-serializable data."""
    return {
        "name": sample.name,
        "source": sample.source,
        "sha256": sample.sha256,
        "licence": sample.licence,
        "origins": [dataclasses.asdict(origin) for origin in origins],
        "steps": catalog.steps(sample.name),
        "dropped": sample.dropped,
        "mouths": [
            {"name": m.name, "label": m.label, "label_by": m.label_by, "split": m.split}
            for m in catalog.mouths(sample=sample.name)
        ],
        "decisions": [dataclasses.asdict(d) for d in catalog.decisions(sample.name)],
    }
