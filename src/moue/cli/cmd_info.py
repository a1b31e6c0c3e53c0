"""Commands that list, make and undo decisions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from moue.cli import output
from moue.cli.cmd_forget import describe_origin, list_sources
from moue.cli.options import CommonOptions, common
from moue.dataset.forget import has_forgotten_samples
from moue.dataset.label import label_counts
from moue.face.mouth_crop import UPRIGHT_FROM
from moue.model.runs import finished
from moue.workspace.catalog import Catalog
from moue.workspace.kept_settings import kept
from moue.workspace.provenance import origins
from moue.workspace.stages import set_dropped, set_mouth_dropped
from moue.workspace.types import DROP_REASONS, PERSON, Mouth, Sample
from moue.workspace.workspace import Workspace


@click.command()
@click.argument("files", nargs=-1)
@click.option("--dropped", is_flag=True, help="List all that is set aside, with its reason.")
@click.option("--sources", is_flag=True, help="List where pictures came from; --json: each one.")
@common(shared=["workspace", "json"])
def info(call: CommonOptions, files: tuple[str, ...], dropped: bool, sources: bool) -> None:
    """Show what is in the workspace; or all that is known of a picture, and why.

    Example: moue info photos/anna.jpg
    """
    with call.workspace.reading() as catalog:
        if files:
            for file in files:
                _explain(call, catalog, file)
        elif dropped:
            _list_dropped(call, catalog)
        elif sources:
            list_sources(call, catalog)
        else:
            _overview(call, catalog)


@click.command()
@click.argument("files", nargs=-1, required=True)
@common(shared=["workspace"])
def drop(call: CommonOptions, files: tuple[str, ...]) -> None:
    """Set pictures or mouth crops aside by hand; the files stay where they are.

    FILES are paths of originals, of converted pictures, of crops, or names from the sheets. The
    beginning of a name, or of the hex digits at its end, is enough where only one has it.

    Example: moue drop mouths/anna-1f2e3d4c5b6a_mouth.png
    """
    with call.job() as job:
        found = [job.workspace.find(job.catalog, file) for file in files]
        with job.catalog.transaction():
            done = sum(_set(job.catalog, one, "by_hand", "moue drop") for one in found)
    output.line(f"{done} set aside; `moue restore` brings them back")


@click.command()
@click.argument("files", nargs=-1)
@click.option("--reason", type=click.Choice(list(DROP_REASONS)), help="Restore all with it.")
@common(shared=["workspace"])
def restore(call: CommonOptions, files: tuple[str, ...], reason: str | None) -> None:
    """Bring back what was set aside; no stage sets it aside again.

    Example: moue restore --reason blurry
    """
    if bool(files) == (reason is not None):
        raise click.UsageError("name FILES, or a --reason")
    with call.job() as job:
        found = [job.workspace.find(job.catalog, file) for file in files]
        if reason is not None:
            found += [(s, None) for s in job.catalog.samples("dropped = ?", [reason])]
            found += [(None, m) for m in job.catalog.mouths("dropped = ?", [reason])]
        with job.catalog.transaction():
            done = sum(_set(job.catalog, one, None, "moue restore") for one in found)
    output.line(f"{done} restored; `moue run` takes them up again")


def _set(
    catalog: Catalog, found: tuple[Sample | None, Mouth | None], reason: str | None, why: str
) -> bool:
    sample, mouth = found
    if sample is not None:
        if sample.dropped == reason:
            return False
        return set_dropped(catalog, sample, reason, PERSON, why)
    return mouth is not None and set_mouth_dropped(catalog, mouth, reason, why)


def _list_dropped(call: CommonOptions, catalog: Catalog) -> None:
    """Print every picture and crop that is set aside, a line each."""
    for sample in catalog.samples("dropped IS NOT NULL"):
        _list(call, str(sample.dropped), sample.source, sample.detail or "")
    for mouth in catalog.mouths("dropped IS NOT NULL"):
        _list(call, str(mouth.dropped), str(call.workspace.mouth(mouth.name)), "")


def _list(call: CommonOptions, reason: str, file: str, detail: str) -> None:
    if call.json:
        data = {"reason": reason, "file": file, "detail": detail}
        output.data(data)
    else:
        output.line(f"{reason:<15} {file}  {detail}".rstrip())


def _overview(call: CommonOptions, catalog: Catalog) -> None:
    in_use = catalog.count("samples", "kind", "dropped IS NULL")
    splits = catalog.count_in_use("split", "split IS NOT NULL")
    data = {
        "workspace": str(call.workspace.root),
        "pictures": sum(catalog.count("samples", "kind").values()),
        "in use": sum(in_use.values()),
        "set aside": catalog.count("samples", "dropped", "dropped IS NOT NULL"),
        "crops set aside": catalog.count("mouths", "dropped", "dropped IS NOT NULL"),
        "mouths": label_counts(catalog, call.config.labels),
        "splits": splits,
        "runs": [_run(run.folder) for run in finished(call.workspace)],
        "settings kept": [one.words for one in kept(catalog)],
    }
    if call.json:
        output.data(data)
        return
    for key, value in data.items():
        if isinstance(value, dict):
            output.line(f"{key}:" if value else f"{key}: nothing")
            for name, count in value.items():
                output.line(f"  {name:<15} {count:>7,}  {DROP_REASONS.get(name, '')}".rstrip())
        elif isinstance(value, list):
            output.line(f"{key}: {', '.join(value) or 'none'}")
        else:
            output.line(f"{key}: {value}")


def _explain(call: CommonOptions, catalog: Catalog, file: str) -> None:
    sample, mouth = call.workspace.find(catalog, file)
    if sample is None and mouth is not None:
        sample = next(catalog.samples("name = ?", [mouth.sample]))
    assert sample is not None
    mouths = list(catalog.mouths("sample = ?", [sample.name]))
    # A picture and the mouth of its first face go by one name.
    names = dict.fromkeys((sample.name, *(mouth.name for mouth in mouths)))
    history = [decision for name in names for decision in catalog.decisions(name)]
    if call.json:
        plain = {
            "sample": _plain(sample) | {"faces": [f.to_dict() for f in sample.faces or ()]},
            "mouths": [_plain(m) for m in mouths],
            "origins": [_plain(o) for o in origins(catalog, sample.name)],
            "decisions": [_plain(d) for d in history],
        }
        output.data(plain)
        return
    _describe(call.workspace, sample)
    for origin in origins(catalog, sample.name):
        describe_origin(origin)
    for m in mouths:
        said = f"{m.label}, said by {m.label_by} at {m.label_at}" if m.label else "no label"
        state = f"; set aside: {m.dropped}" if m.dropped else ""
        output.line(f"  mouth {m.name}: {m.width} px, {said}, split {m.split or 'none'}{state}")
    for d in history:
        why = f" ({d.why})" if d.why else ""
        output.line(f"  {d.at}  {d.name}: {d.field} {d.old or '-'} → {d.value or '-'}, {d.by}{why}")


def _describe(workspace: Workspace, sample: Sample) -> None:
    output.line(f"{sample.name}: from {sample.source}")
    size = f"{sample.format}, {sample.width} x {sample.height}" if sample.width else "not converted"
    scores = ", ".join(f"{name} {value:g}" for name, value in sample.scores.items())
    output.line(f"  {size}; {_faces(sample)}{'; ' + scores if scores else ''}")
    output.line(f"  converted: {_shown(workspace.image(sample.name))}")
    if sample.dropped:
        output.line(f"  set aside: {sample.dropped}, {DROP_REASONS[sample.dropped]}; "
                   f"{sample.detail or ''} (by {sample.decided_by})")  # fmt: skip


def _faces(sample: Sample) -> str:
    """Say how many faces there are, what found them, and which heads are tilted."""
    if sample.faces is None:
        return "not looked at for faces"
    count = len(sample.faces)
    text = f"{count} face{'' if count == 1 else 's'}"
    text += f" by {sample.backend}" if sample.backend else ""
    tilted = [f"{face.roll:.0f}°" for face in sample.faces if abs(face.roll) >= UPRIGHT_FROM]
    return text + (f", tilted by {', '.join(tilted)}" if tilted else "")


def _run(folder: Path) -> str:
    return folder.name + (
        " (learnt from pictures forgotten since)" if has_forgotten_samples(folder) else ""
    )


def _shown(path: Path) -> str:
    return str(path) if path.exists() else "no file"


def _plain(row: Any) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row) if f.name != "faces"}
