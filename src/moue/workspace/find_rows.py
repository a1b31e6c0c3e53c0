"""Find the samples and mouths that a part of a name or path identifies."""

from __future__ import annotations

from moue.workspace.catalog import Catalog
from moue.workspace.types import Mouth, Sample


def by_part(catalog: Catalog, text: str) -> list[tuple[Sample | None, Mouth | None]]:
    """Return the samples that match a part of a name or path, or the mouths if no sample does."""
    part = text.removesuffix("_mouth.png").removesuffix("_mouth")
    if not part:
        return []
    size, end = len(part), "/" + text.replace("\\", "/").lstrip("/")
    begins = "substr(name, 1, ?) = ?"
    digits = "substr(name, length(name) - 11, ?) = ?"  # the id: 12 hex digits
    if part == text:
        where = f"{begins} OR {digits} OR substr(source, -?) = ?"
        samples = list(catalog.select_samples(where, [size, part, size, part, len(end), end]))
        if samples:
            current = [sample for sample in samples if sample.dropped != "replaced"]
            return [(sample, None) for sample in current or samples]
    if "/" in part:
        return []
    where = f"{begins} OR substr(sample, length(sample) - 11, ?) = ?"
    return [(None, mouth) for mouth in catalog.select_mouths(where, [size, part, size, part])]
