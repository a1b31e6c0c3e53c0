"""Forgetting a picture on request, with all that was made from it.

This is the one place where moue deletes. It removes what moue fetched or made; an original that
was taken by reference is a file of somebody's own and stays where it is. What remains is a
record that it was done, by which the picture is not taken again: the SHA-256 of its bytes and
of its URLs, and the name it had here, none of which lead back to it.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from moue import origins
from moue.catalog import Catalog, Decision
from moue.dataset.chosen import FETCHED, Chosen
from moue.dataset.folder import build_folder
from moue.files import write_json
from moue.progress import Progress, Summary
from moue.sample import PERSON, Sample
from moue.workspace import MOUTHS, Workspace

MARK = "forgotten.json"
"""In a run folder: which of its pictures were forgotten since."""


def forget(
    workspace: Workspace, catalog: Catalog, chosen: Chosen, why: str, progress: Progress
) -> Summary:
    """Remove the chosen pictures and all made from them; write down that it was done.

    Files go before rows, and sheets before all: killed in between, the same call ends it.
    """
    summary = Summary(stage="forget", done=len(chosen.samples))
    runs, kept = set[str](), dict[str, None]()
    alike = _alike(catalog, chosen.samples)
    sheets = list(_with_many(workspace)) if chosen.samples else []
    removed = sum(map(_delete, sheets))
    for sample in progress.track(chosen.samples, "forget", len(chosen.samples)):
        mouths = [mouth.name for mouth in catalog.mouths("sample = ?", [sample.name])]
        runs |= _mark_runs(workspace, set(mouths))
        own = sample.video or sample.source
        if not own.startswith(FETCHED) and Path(own).is_file():
            kept[own] = None
        files = (f for f in _files(workspace, sample, mouths) if _is_within(f, workspace.root))
        removed += sum(map(_delete, files))
        urls = [sample.source, *(o.url for o in origins.origins(catalog, sample.name))]
        with catalog.transaction():
            catalog.remove(sample.name, mouths)
            origins.forget(catalog, sample.name, sample.sha256, urls)
            done = Decision(sample.name, "forgotten", None, "forgotten", PERSON, why)
            catalog.decide([done])
    with catalog.transaction():
        for key in (*chosen.sha256, *map(origins.key_of, chosen.urls)):
            origins.forget_key(catalog, key)
        for origin in chosen.only:
            origins.forget_source(catalog, origin)
    if (workspace.dataset / "dataset.csv").exists():
        build_folder(workspace, catalog, progress)
    catalog.rewrite()
    summary.counts = {"pictures": len(chosen.samples), "files removed": removed}
    summary.notes = _notes(chosen, runs, list(kept), alike, bool(sheets))
    summary.result = {"runs": sorted(runs), "originals kept": list(kept)}
    return summary


def marked(run: Path) -> bool:
    """Whether a run has learnt from a picture that was forgotten since."""
    return (run / MARK).exists()


def _is_ours(workspace: Workspace, sample: Sample) -> bool:
    return workspace.original(sample).parent == workspace.originals


def _is_within(path: Path, folder: Path) -> bool:
    """Whether a path stays in a folder, whatever names a catalog from elsewhere may hold."""
    return Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder))


def _files(workspace: Workspace, sample: Sample, mouths: Iterable[str]) -> Iterator[Path]:
    """The files that moue made of one picture."""
    if _is_ours(workspace, sample):
        yield workspace.original(sample)
    yield workspace.image(sample.name)
    yield workspace.reports / "landmarks" / f"{sample.name}.jpg"
    for mouth in mouths:
        crop = workspace.mouth(mouth)
        yield crop
        name = glob.escape(crop.name)
        yield from workspace.dataset.glob(f"*/*/{name}")
        yield from (workspace.root / "sorting").glob(f"*/{name}")


def _with_many(workspace: Workspace) -> Iterator[Path]:
    """Sheets and pages that show many pictures, perhaps this one; commands make them anew."""
    for sheets in ("collect", "clean"):
        yield from (workspace.reports / sheets).glob("*.jpg")
    yield from workspace.reports.glob("*.html")
    yield from workspace.reports.glob("leakage.json")


def _delete(path: Path) -> bool:
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def _mark_runs(workspace: Workspace, names: set[str]) -> set[str]:
    """Mark the runs that learnt from a picture, or that do not tell which they learnt from."""
    found: set[str] = set()
    if not names:
        return found
    for run in sorted(path for path in workspace.runs.glob("*") if path.is_dir()):
        listed, mark = run / MOUTHS, run / MARK
        used = names & set(listed.read_text(encoding="utf-8").split()) if listed.exists() else None
        if used or used is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            known = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
            known |= {name: {"at": now, "sure": used is not None} for name in used or names}
            write_json(mark, known)
            found.add(run.name)
    return found


def _alike(catalog: Catalog, samples: Iterable[Sample]) -> list[str]:
    """Pictures that look like one that goes, and stay: a person may want to judge them."""
    going = {sample.name for sample in samples}
    groups = {sample.group for sample in samples if sample.group}
    near = (s.name for group in sorted(groups) for s in catalog.samples('"group" = ?', [group]))
    return [name for name in near if name not in going]


def _notes(
    chosen: Chosen, runs: set[str], kept: list[str], alike: list[str], sheets: bool
) -> list[str]:
    notes = []
    if runs:
        notes.append(
            f"runs that learnt from it, marked: {', '.join(sorted(runs))}; a trained model cannot "
            "forget: `moue train` makes another without it"
        )
    if kept:
        notes.append(
            f"{len(kept)} files of your own stay where they are, such as {kept[0]}; "
            "moue deletes only what it fetched or made"
        )
    if chosen.only:
        names = {origin.sample for origin in chosen.only}
        notes.append(f"{len(names)} pictures stay: they came from elsewhere too")
    if alike:
        notes.append(f"{len(alike)} pictures look much like it and stay: {', '.join(alike[:5])}")
    if sheets:
        notes.append("contact sheets and reports were removed; moue clean, moue evaluate make them")
    return notes
