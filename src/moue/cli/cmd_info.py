"""The command `info`."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import click

from moue.cli import output
from moue.cli.options import CommonOptions, common
from moue.dataset.forget import has_forgotten_samples
from moue.dataset.label import label_counts
from moue.dataset.provenance_summary import (
    sample_history,
    samples_with_provenance,
    summarize_sources,
)
from moue.face.mouth_crop import UPRIGHT_FROM
from moue.model.runs import finished
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import DROPPED, IN_SPLIT, IN_USE
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.imports import imported
from moue.workspace.kept_settings import kept
from moue.workspace.provenance import Origin, origins
from moue.workspace.types import Sample
from moue.workspace.workspace import Workspace


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "--dropped", is_flag=True, help="List the dropped pictures and crops with their drop reasons."
)
@click.option(
    "--sources",
    is_flag=True,
    help="List the sources with the number of pictures and the licences of each.",
)
@common(shared=["workspace", "json"])
def info(call: CommonOptions, files: tuple[str, ...], dropped: bool, sources: bool) -> None:
    """Show workspace statistics, or details of pictures.

    For each of FILES, moue prints the source, the drop reason, the faces, the mouths and the
    history of decisions. FILES are paths of originals, converted pictures or crops, or names from
    the contact sheets. A unique prefix of a name is enough. --sources --json prints one object per
    picture.

    Example: moue info photos/anna.jpg
    """
    with call.workspace.reading() as catalog:
        if files:
            for file in files:
                _explain(call, catalog, file)
        elif dropped:
            _list_dropped(call, catalog)
        elif sources:
            _list_sources(call, catalog)
        else:
            _overview(call, catalog)


def _list_dropped(call: CommonOptions, catalog: Catalog) -> None:
    """Print one line per dropped picture and crop, with the drop reason."""
    for sample in catalog.samples(DROPPED):
        _list(call, str(sample.dropped), sample.source, sample.detail or "")
    for mouth in catalog.mouths(DROPPED):
        _list(call, str(mouth.dropped), str(call.workspace.mouth(mouth.name)), "")


def _list(call: CommonOptions, reason: str, file: str, detail: str) -> None:
    if call.json:
        data = {"reason": reason, "file": file, "detail": detail}
        output.data(data)
    else:
        output.line(f"{reason:<15} {file}  {detail}".rstrip())


def _overview(call: CommonOptions, catalog: Catalog) -> None:
    in_use = catalog.count("samples", "kind", IN_USE)
    splits = catalog.count_in_use("split", IN_SPLIT)
    data = {
        "workspace": str(call.workspace.root),
        "pictures": catalog.total(),
        "in_use": sum(in_use.values()),
        "dropped": catalog.count("samples", "dropped", DROPPED),
        "dropped_mouths": catalog.count("mouths", "dropped", DROPPED),
        "mouths": label_counts(catalog, call.config.labels),
        "splits": splits,
        "runs": [_run(run.folder) for run in finished(call.workspace)],
        "saved_settings": [one.words for one in kept(catalog)],
    }
    if call.json:
        output.data(data)
        return
    for key, value in data.items():
        name = key.replace("_", " ")
        if isinstance(value, dict):
            output.line(f"{name}:" if value else f"{name}: –")
            for one, count in value.items():
                output.line(f"  {one:<15} {count:>7,}  {DROP_REASONS.get(one, '')}".rstrip())
        elif isinstance(value, list):
            output.line(f"{name}: {', '.join(value) or '–'}")
        else:
            output.line(f"{name}: {value}")


def _explain(call: CommonOptions, catalog: Catalog, file: str) -> None:
    sample, mouth = call.workspace.find(catalog, file)
    if sample is None and mouth is not None:
        sample = catalog.sample(mouth.sample)
    assert sample is not None
    mouths = list(catalog.mouths(sample=sample.name))
    # A picture and the mouth of its first face have the same name.
    names = dict.fromkeys((sample.name, *(mouth.name for mouth in mouths)))
    history = [decision for name in names for decision in catalog.decisions(name)]
    in_dataset = imported(catalog, [sample.name]).get(sample.name)
    before = None if in_dataset is None else in_dataset.facts["picture"].get("source")
    if call.json:
        plain = {
            "sample": _plain(sample) | {"faces": [f.to_dict() for f in sample.faces or ()]},
            "mouths": [_plain(m) for m in mouths],
            "origins": [_plain(o) for o in origins(catalog, sample.name)],
            "decisions": [_plain(d) for d in history],
            **({} if in_dataset is None else {"source_in_dataset": before}),
        }
        output.data(plain)
        return
    _describe(call.workspace, sample)
    if before:
        output.line(f"  source in the data set: {before}")
    for origin in origins(catalog, sample.name):
        _describe_origin(origin)
    for m in mouths:
        label = f"{m.label} (by {m.label_by} at {m.label_at})" if m.label else "no label"
        state = f", dropped: {m.dropped}" if m.dropped else ""
        output.line(f"  mouth {m.name}: {m.width} px, {label}, {m.split or 'no'} split{state}")
    for d in history:
        why = f" ({d.why})" if d.why else ""
        output.line(f"  {d.at}  {d.name}: {d.field} {d.old or '-'} → {d.value or '-'}, {d.by}{why}")


def _describe(workspace: Workspace, sample: Sample) -> None:
    output.line(f"{sample.name}: from {sample.source}")
    size = f"{sample.format}, {sample.width} x {sample.height}" if sample.width else "not converted"
    scores = ", ".join(f"{name} {value:g}" for name, value in sample.scores.items())
    output.line(f"  {size}; {_faces(sample)}{'; ' + scores if scores else ''}")
    image = workspace.image(sample.name)
    output.line(f"  converted: {image if image.exists() else 'no file'}")
    if sample.dropped:
        output.line(f"  dropped: {sample.dropped}, {DROP_REASONS[sample.dropped]}; "
                   f"{sample.detail or ''} (by {sample.decided_by})")  # fmt: skip


def _faces(sample: Sample) -> str:
    """Return a text with the number of faces, their backend, and the roll of tilted heads."""
    if sample.faces is None:
        return "faces not detected yet"
    count = len(sample.faces)
    text = f"{count} face{'' if count == 1 else 's'}"
    text += f" by {sample.backend}" if sample.backend else ""
    tilted = [f"{face.roll:.0f}°" for face in sample.faces if abs(face.roll) >= UPRIGHT_FROM]
    return text + (f", tilted by {', '.join(tilted)}" if tilted else "")


def _run(folder: Path) -> str:
    return folder.name + (
        " (trained on pictures that were deleted later)" if has_forgotten_samples(folder) else ""
    )


def _plain(row: Any) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row) if f.name != "faces"}


def _list_sources(call: CommonOptions, catalog: Catalog) -> None:
    """Print each source with its number of pictures; with --json, one object per picture."""
    if call.json:
        for sample, came in samples_with_provenance(catalog):
            output.data(sample_history(catalog, sample, came))
        return
    for source in summarize_sources(catalog):
        output.line(f"{source.name}: {source.pictures:,} pictures, {source.in_use:,} in use")
        output.line(f"  licences: {_counted(source.licences)}")
        if source.labels:
            output.line(f"  weak labels: {_counted(source.labels)}")


def _describe_origin(origin: Origin) -> None:
    """Print the provenance of a picture."""
    output.line(f"  provenance: {origin.engine}, query {origin.query!r}, {origin.at}")
    output.line(f"    {origin.url}")
    facts = {
        "page": origin.page, "title": origin.title, "author": origin.author,
        "licence": " ".join(filter(None, (origin.licence, origin.licence_url))) or "not stated",
        "media type": origin.type, "weak label": origin.label,
    }  # fmt: skip
    output.line("    " + "; ".join(f"{name}: {text}" for name, text in facts.items() if text))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
