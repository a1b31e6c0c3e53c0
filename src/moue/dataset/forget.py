"""Forgetting a picture on request, with all that was made from it.

This is the one place where moue deletes. It removes what moue fetched or made; an original that
was taken by reference is a file of somebody's own and stays where it is. What remains is a
record that it was done, by which the picture is not taken again: the SHA-256 of its bytes and
of its URLs, and the name it had here, none of which lead back to it.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Set
from datetime import UTC, datetime
from pathlib import Path

from moue.dataset.dataset_folder import build_dataset_folder
from moue.dataset.forget_selection import FETCHED, ForgetSelection
from moue.files import read_json
from moue.progress import Progress, Summary
from moue.workspace import owned_files, provenance
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.types import PERSON, Sample
from moue.workspace.workspace import MOUTHS, Workspace

MARK = "forgotten.json"
"""In a run folder: which of its pictures were forgotten since."""


def forget(
    workspace: Workspace, catalog: Catalog, chosen: ForgetSelection, why: str, progress: Progress
) -> Summary:
    """Remove the chosen pictures and all made from them; write down that it was done.

    Files go before rows, and sheets before all: killed in between, the same call ends it.
    """
    summary = Summary(stage="forget", done=len(chosen.samples))
    runs, kept = set[str](), dict[str, None]()
    alike = _alike(catalog, chosen.samples)
    sheets = shown_in(workspace, catalog) if chosen.samples else []
    removed, left = 0, list[Path]()

    def delete(paths: Iterable[Path]) -> None:
        nonlocal removed
        for path in paths:
            existed = os.path.lexists(path)
            if owned_files.remove(catalog, path):
                removed += existed
            else:
                left.append(path)

    commands = remake(workspace, sheets)
    delete(sheets)
    for sample in progress.track(chosen.samples, "forget", len(chosen.samples)):
        mouths = [mouth.name for mouth in catalog.mouths("sample = ?", [sample.name])]
        runs |= _mark_runs(workspace, catalog, set(mouths))
        own = sample.video or sample.source
        if not own.startswith(FETCHED) and Path(own).is_file():
            kept[own] = None
        files = owned_files.of_owner(catalog, sample.name)
        delete(path for path, _ in files)
        removed += _delete_moved(workspace, {digest for _, digest in files}, mouths)
        urls = [sample.source, *(o.url for o in provenance.origins(catalog, sample.name))]
        with catalog.transaction():
            catalog.remove(sample.name, mouths)
            catalog.rows("DELETE FROM files WHERE owner = ?", [sample.name])
            provenance.forget(catalog, sample.name, sample.sha256, urls)
            done = Decision(sample.name, "forgotten", None, "forgotten", PERSON, why)
            catalog.decide([done])
    with catalog.transaction():
        for key in (*chosen.sha256, *map(provenance.url_hash, chosen.urls)):
            provenance.forget_key(catalog, key)
        for origin in chosen.only:
            provenance.forget_source(catalog, origin)
    if (workspace.dataset / "dataset.csv").exists():
        build_dataset_folder(workspace, catalog, progress)
    catalog.rewrite()
    summary.counts = {"pictures": len(chosen.samples), "files removed": removed}
    summary.notes = _notes(chosen, runs, list(kept), alike, len(sheets), commands)
    if left:
        summary.notes.append(
            f"{len(left)} files were changed since moue wrote them and stay where they are, "
            f"such as {left[0]}; delete them by hand if they show the picture"
        )
    summary.result = {"runs": sorted(runs), "originals kept": list(kept)}
    return summary


def marked(run: Path) -> bool:
    """Whether a run has learnt from a picture that was forgotten since."""
    return (run / MARK).exists()


def _delete_moved(workspace: Workspace, known: Set[str], mouths: Iterable[str]) -> int:
    """Delete the crops, known by their SHA-256, that a person moved about in `sorting/`."""
    removed = 0
    for mouth in mouths:
        name = glob.escape(workspace.mouth(mouth).stem)  # a number may stand before it, (1) behind
        for path in (workspace.root / "sorting").rglob(f"*{name}*.png"):
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in known:
                path.unlink()
                removed += 1
    return removed


def shown_in(workspace: Workspace, catalog: Catalog) -> list[Path]:
    """Return the sheets and reports that show many pictures, perhaps a forgotten one."""
    sql = (
        "SELECT DISTINCT path FROM files WHERE path >= 'reports/' AND path < 'reports0' "
        "AND owner NOT IN (SELECT name FROM samples) ORDER BY path"
    )
    return [workspace.root / row["path"] for row in catalog.rows(sql)]


def remake(workspace: Workspace, removed: Iterable[Path]) -> list[str]:
    """Return the commands that make removed sheets and reports again."""
    commands: dict[str, None] = {}
    for path in sorted(removed):
        parts = path.relative_to(workspace.reports).parts
        if len(parts) > 1:
            commands[f"moue {parts[0]}"] = None
        elif path.stem == "leakage":
            commands["moue split"] = None
        elif path.suffix == ".html" and (workspace.runs / path.stem).is_dir():
            commands[f"moue evaluate --model {path.stem}"] = None
    commands.pop("moue collect", None)  # its sheet shows only what was new then
    return list(commands)


def _mark_runs(workspace: Workspace, catalog: Catalog, names: set[str]) -> set[str]:
    """Mark the runs that learnt from a picture, or that do not tell which they learnt from."""
    found: set[str] = set()
    if not names:
        return found
    for run in sorted(path for path in workspace.runs.glob("*") if path.is_dir()):
        listed, mark = run / MOUTHS, run / MARK
        if not (run / "result.json").exists() and not owned_files.is_claimed(catalog, run):
            continue  # a folder of a person's own
        # A list that was emptied or cut short tells nothing.
        whole = listed.exists() and not owned_files.is_damaged(catalog, listed)
        used = (
            names & set(listed.read_text(encoding="utf-8", errors="replace").split())
            if whole
            else None
        )
        if used or used is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            known = read_json(mark) if mark.exists() else {}
            known |= {name: {"at": now, "sure": used is not None} for name in used or names}
            owned_files.put_json(catalog, mark, known, "forget")
            found.add(run.name)
    return found


def _alike(catalog: Catalog, samples: Iterable[Sample]) -> list[str]:
    """Pictures that look like one that goes, and stay: a person may want to judge them."""
    going = {sample.name for sample in samples}
    groups = {sample.group for sample in samples if sample.group}
    near = (s.name for group in sorted(groups) for s in catalog.samples('"group" = ?', [group]))
    return [name for name in near if name not in going]


def _notes(
    chosen: ForgetSelection,
    runs: set[str],
    kept: list[str],
    alike: list[str],
    sheets: int,
    commands: list[str],
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
        again = f"; make them again with: {', '.join(commands)}" if commands else ""
        notes.append(f"{sheets} contact sheets and reports were removed{again}")
    return notes
