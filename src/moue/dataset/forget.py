"""Delete samples on request, with every file that was made from them.

No other module deletes pictures. Only files that moue fetched or wrote are deleted; an original
that was collected by reference belongs to the user and stays. The catalog keeps the name of the
sample and the SHA-256 of its bytes and URLs, to prevent collecting the sample again. Neither the
picture nor its URL can be recovered from this record.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path

from moue.dataset.dataset_folder import build_dataset_folder
from moue.dataset.forget_selection import FETCHED, ForgetSelection
from moue.dataset.landmark_pages import SHEETS_FOLDER
from moue.dataset.thumbnails import forget_thumbnails
from moue.files import read_json
from moue.progress import Summary
from moue.store import Location, exists
from moue.workspace import owned_files, provenance, queries, recorded_files
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.context import Context
from moue.workspace.types import USER, Sample
from moue.workspace.workspace import MOUTHS, Workspace

__all__ = ["forget", "has_forgotten_samples", "redraw_commands", "sheets_and_reports"]

FORGOTTEN_FILE = "forgotten.json"
"""Name of the file in a run folder that lists training mouths that were forgotten later."""
_COMMANDS = {SHEETS_FOLDER: "crop --annotate"}
"""Commands whose name differs from that of the folder of their contact sheets, by folder name."""


def forget(context: Context, selection: ForgetSelection, why: str) -> Summary:
    """Remove the selected samples and every file made from them, and record their removal.

    Contact sheets and reports are deleted first, then other files, then catalog rows. The same
    call completes an interrupted removal.

    Args:
        why: Reason for the removal, for the record.
    """
    workspace, catalog, samples = context.workspace, context.catalog, selection.samples
    related = _remaining_group_members(catalog, samples)
    sheets = sheets_and_reports(workspace, catalog) if samples else []
    runs, originals = set[str](), dict[str, None]()
    removed, changed = _delete(catalog, sheets)
    for sample in context.progress.track(samples, "forget", len(samples)):
        mouths = [mouth.name for mouth in catalog.mouths(sample=sample.name)]
        runs |= _mark_runs(workspace, catalog, set(mouths))
        original = sample.video or sample.source
        if not original.startswith(FETCHED) and Path(original).is_file():
            originals[original] = None
        files = recorded_files.of_owner(catalog, sample.name)
        count, left = _delete(catalog, (path for path, _ in files))
        removed += count + _delete_moved_crops(workspace, {digest for _, digest in files}, mouths)
        changed += left
        for kind, shown in (("pictures", [sample.name]), ("mouths", mouths)):
            removed += forget_thumbnails(workspace, kind, shown)
        urls = [sample.source, *(o.url for o in provenance.origins(catalog, sample.name))]
        with catalog.transaction():
            catalog.remove(sample.name, mouths)
            provenance.forget(catalog, sample.name, sample.sha256, urls)
            catalog.decide([Decision(sample.name, "forgotten", None, "forgotten", USER, why)])
    with catalog.transaction():
        for key in (*selection.sha256, *map(provenance.url_hash, selection.urls)):
            provenance.forget_hash(catalog, key)
        for origin in selection.origins:
            provenance.remove_origin(catalog, origin)
    if (workspace.dataset / "dataset.csv").exists():
        build_dataset_folder(context)
    catalog.rewrite()
    notes = _notes(selection, runs, list(originals), related)
    if sheets:
        commands = ", ".join(redraw_commands(workspace, sheets))
        again = f"; write them again with: {commands}" if commands else ""
        notes.append(f"removed {len(sheets)} contact sheets and reports{again}")
    if changed:
        notes.append(
            f"{len(changed)} files were not deleted because they were changed after moue wrote "
            f"them, such as {changed[0]}; delete them yourself if they show a forgotten picture"
        )
    return Summary(
        stage="forget",
        done=len(samples),
        counts={"pictures": len(samples), "files removed": removed},
        notes=notes,
        result={"runs": sorted(runs), "originals_kept": list(originals)},
    )


def has_forgotten_samples(run: Path) -> bool:
    """Return True if the run folder `run` lists training samples that were forgotten later."""
    return (run / FORGOTTEN_FILE).exists()


def sheets_and_reports(workspace: Workspace, catalog: Catalog) -> list[Path]:
    """Return the paths of all contact sheets and reports that may show a forgotten picture."""
    return [workspace.root / path for path in queries.shared_reports(catalog)]


def redraw_commands(workspace: Workspace, removed: Iterable[Path]) -> list[str]:
    """Return the commands that write the removed contact sheets and reports again."""
    commands: dict[str, None] = {}
    for path in sorted(removed):
        parts = path.relative_to(workspace.reports).parts
        if len(parts) > 1:
            commands[f"moue {_COMMANDS.get(parts[0], parts[0])}"] = None
        elif path.stem == "leakage":
            commands["moue split"] = None
        elif path.suffix == ".html" and (workspace.runs / path.stem).is_dir():
            commands[f"moue evaluate --model {path.stem}"] = None
    commands.pop("moue collect", None)  # its sheet shows only the pictures of one call
    return list(commands)


def _delete(catalog: Catalog, paths: Iterable[Location]) -> tuple[int, list[Location]]:
    """Delete files that moue wrote; return their number, and the paths of changed files."""
    removed, changed = 0, list[Location]()
    for path in paths:
        existed = exists(path)
        if owned_files.remove(catalog, path):
            removed += existed
        else:
            changed.append(path)
    return removed, changed


def _delete_moved_crops(workspace: Workspace, digests: Set[str], mouths: Iterable[str]) -> int:
    """Delete copies of crops in `sorting/`, in any subfolder; return the number of files."""
    removed = 0
    for mouth in mouths:
        name = glob.escape(workspace.mouth(mouth).stem)  # "0001-NAME (1).png" matches too
        for path in (workspace.root / "sorting").rglob(f"*{name}*.png"):
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in digests:
                path.unlink()
                removed += 1
    return removed


def _mark_runs(workspace: Workspace, catalog: Catalog, mouths: set[str]) -> set[str]:
    """Mark the runs that were trained on these mouths, or whose list of mouths is unreadable.

    Returns:
        Names of the marked runs.
    """
    marked: set[str] = set()
    for run in sorted(path for path in workspace.runs.glob("*") if path.is_dir()):
        mouth_list, mark = run / MOUTHS, run / FORGOTTEN_FILE
        if not (run / "result.json").exists() and not recorded_files.is_claimed(catalog, run):
            continue  # a folder of the user
        is_known = mouth_list.exists() and not recorded_files.is_damaged(catalog, mouth_list)
        used = mouths
        if is_known:
            used = mouths & set(mouth_list.read_text(encoding="utf-8", errors="replace").split())
        if used:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            entries = read_json(mark) if mark.exists() else {}
            entries |= {name: {"at": now, "certain": is_known} for name in used}
            owned_files.put_json(catalog, mark, entries, "forget")
            marked.add(run.name)
    return marked


def _remaining_group_members(catalog: Catalog, samples: Iterable[Sample]) -> list[str]:
    """Return the names of remaining samples that are near-duplicates of forgotten samples."""
    forgotten = {sample.name for sample in samples}
    groups = sorted({sample.group for sample in samples if sample.group})
    members = (s.name for group in groups for s in catalog.samples(group=group))
    return [name for name in members if name not in forgotten]


def _notes(
    selection: ForgetSelection, runs: Set[str], originals: Sequence[str], related: Sequence[str]
) -> list[str]:
    """Return summary notes on marked runs and on files and pictures that remain."""
    notes = []
    if runs:
        notes.append(
            f"marked the runs that were trained on forgotten pictures: {', '.join(sorted(runs))}; "
            "their models are unchanged; `moue train` trains a model without these pictures"
        )
    if originals:
        notes.append(
            f"{len(originals)} files of your own were not deleted, such as {originals[0]}; "
            "moue deletes only files that it fetched or wrote"
        )
    if selection.origins:
        names = {origin.sample for origin in selection.origins}
        notes.append(f"{len(names)} pictures were not removed because they have other origins")
    if related:
        notes.append(f"{len(related)} near-duplicates were not removed: {', '.join(related[:5])}")
    return notes
