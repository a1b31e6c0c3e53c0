"""Forgetting samples on request, with every file made from them.

This is the only place where moue deletes. It removes what moue fetched or wrote. An original that
was collected by reference belongs to the user and stays. The catalog keeps a record that prevents
collecting the sample again: the SHA-256 of its bytes and of its URLs, and its name. Neither the
picture nor its URL can be recovered from that record.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import parse_url
from moue.dataset.dataset_folder import build_dataset_folder
from moue.errors import CatalogError
from moue.files import absolute, read_json
from moue.progress import Progress, Summary
from moue.workspace import owned_files, provenance, queries
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.provenance import Origin
from moue.workspace.types import PERSON, Sample
from moue.workspace.workspace import MOUTHS, Workspace

__all__ = [
    "ForgetSelection",
    "forget",
    "has_forgotten_samples",
    "redraw_commands",
    "select_by_file",
    "select_by_sha256",
    "select_by_source",
    "select_by_url",
    "sheets_and_reports",
]

FORGOTTEN_FILE = "forgotten.json"
"""A file in a run folder. It lists the training samples that were forgotten later."""
_FETCHED = ("http://", "https://", "camera:")
"""Prefixes of sources that moue fetched. Every other source is a file of the user."""


@dataclass(slots=True)
class ForgetSelection:
    """What to forget.

    Attributes:
        samples: samples to remove.
        origins: origins to remove from samples that stay because they have other origins.
        urls: URLs never to fetch again, whether or not the catalog knows them.
        sha256: digests of bytes never to collect again.
    """

    samples: list[Sample] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    sha256: list[str] = field(default_factory=list)


def select_by_file(workspace: Workspace, catalog: Catalog, file: str) -> ForgetSelection:
    """Select the sample that a path or name means, and its exact duplicates.

    Args:
        file: see `Workspace.find`. A mouth crop selects its sample, a video all its frames, and a
            folder everything collected from it.

    Raises:
        CatalogError: nothing in the catalog matches, or several samples match.
    """
    if not file.strip():  # Path("") is the current folder
        raise CatalogError("an empty name selects no picture; give a path or a name")
    path = absolute(Path(file))
    if path.is_dir() or queries.has_frames_of(catalog, file, str(path)):
        selection = select_by_source(catalog, file)
        if not (selection.samples or selection.origins):
            raise CatalogError(f"{file}: no picture came from there")
        return selection
    sample, mouth = workspace.find(catalog, file)
    if sample is None:
        assert mouth is not None
        sample = catalog.sample(mouth.sample)
    duplicates = queries.samples_with_sha256(catalog, sample.sha256) if sample.sha256 else []
    return ForgetSelection(samples=[sample, *(s for s in duplicates if s.name != sample.name)])


def select_by_sha256(catalog: Catalog, digests: Iterable[str]) -> ForgetSelection:
    """Select samples by the SHA-256 of their bytes.

    Raises:
        CatalogError: a value is not a SHA-256.
    """
    wanted = [digest.strip().lower() for digest in digests]
    for digest in wanted:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise CatalogError(f"{digest!r} is not a SHA-256; write 64 hex digits")
    samples = [
        sample for digest in wanted for sample in queries.samples_with_sha256(catalog, digest)
    ]
    return ForgetSelection(samples=samples, sha256=wanted)


def select_by_url(catalog: Catalog, urls: Iterable[str]) -> ForgetSelection:
    """Select samples by their URL or the URL of a page that shows them, and their duplicates.

    Raises:
        CatalogError: a value is not an http address.
    """
    selection = ForgetSelection()
    digests: dict[str, None] = {}
    for url in urls:
        try:
            normalized = str(parse_url(url))
        except FetchError as failure:
            raise CatalogError(f"{url}: is not an http address") from failure
        selection.urls.append(normalized)
        for spelling in (url, normalized):
            for name in provenance.samples_at_url(catalog, spelling):
                digests[catalog.sample(name).sha256] = None
    selection.samples = select_by_sha256(catalog, digests).samples
    return selection


def select_by_source(catalog: Catalog, source: str) -> ForgetSelection:
    """Select everything that came from a source.

    Args:
        source: an engine, query, list, host, video, camera session, file or folder, as
            `moue info --sources` names it.
    """
    selection = ForgetSelection()
    path = str(absolute(Path(source)))
    for sample in catalog.samples():
        origins = list(provenance.origins(catalog, sample.name))
        matching = [origin for origin in origins if _is_from(origin, source)]
        is_file = sample.source == path or sample.source.startswith(f"{path}/")
        is_video = sample.video in (source, path) or sample.source == source
        no_other_origin = len(matching) == len(origins) and sample.source.startswith(_FETCHED)
        if is_file or is_video or (matching and no_other_origin):
            selection.samples.append(sample)
        else:
            selection.origins += matching
    return selection


def _is_from(origin: Origin, source: str) -> bool:
    hosts = {urlsplit(url).hostname for url in (origin.url, origin.page or "")}
    names = (origin.engine, origin.query, f"{origin.engine}:{origin.query}")
    return source in names or source in hosts


def forget(
    workspace: Workspace, catalog: Catalog, selection: ForgetSelection, why: str, progress: Progress
) -> Summary:
    """Remove the selected samples with every file made from them, and record that.

    Sheets and reports go first, then files, then rows. After a kill, the same call completes it.
    """
    samples = selection.samples
    runs, originals = set[str](), dict[str, None]()
    lookalikes = _remaining_group_members(catalog, samples)
    sheets = sheets_and_reports(workspace, catalog) if samples else []
    commands = redraw_commands(workspace, sheets)
    removed, changed = 0, list[Path]()

    def delete(paths: Iterable[Path]) -> None:
        nonlocal removed
        for path in paths:
            existed = os.path.lexists(path)
            if owned_files.remove(catalog, path):
                removed += existed
            else:
                changed.append(path)

    delete(sheets)
    for sample in progress.track(samples, "forget", len(samples)):
        mouths = [mouth.name for mouth in queries.mouths_of(catalog, sample.name)]
        runs |= _mark_runs(workspace, catalog, set(mouths))
        original = sample.video or sample.source
        if not original.startswith(_FETCHED) and Path(original).is_file():
            originals[original] = None
        files = owned_files.of_owner(catalog, sample.name)
        delete(path for path, _ in files)
        removed += _delete_moved_crops(workspace, {digest for _, digest in files}, mouths)
        urls = [sample.source, *(o.url for o in provenance.origins(catalog, sample.name))]
        with catalog.transaction():
            catalog.remove(sample.name, mouths)
            provenance.forget(catalog, sample.name, sample.sha256, urls)
            catalog.decide([Decision(sample.name, "forgotten", None, "forgotten", PERSON, why)])
    with catalog.transaction():
        for key in (*selection.sha256, *map(provenance.url_hash, selection.urls)):
            provenance.forget_hash(catalog, key)
        for origin in selection.origins:
            provenance.remove_origin(catalog, origin)
    if (workspace.dataset / "dataset.csv").exists():
        build_dataset_folder(workspace, catalog, progress)
    catalog.rewrite()
    notes = _notes(selection, runs, list(originals), lookalikes, len(sheets), commands)
    if changed:
        notes.append(
            f"{len(changed)} files were changed after moue wrote them and stay, such as "
            f"{changed[0]}; delete them by hand if they show the picture"
        )
    return Summary(
        stage="forget",
        done=len(samples),
        counts={"pictures": len(samples), "files removed": removed},
        notes=notes,
        result={"runs": sorted(runs), "originals_kept": list(originals)},
    )


def has_forgotten_samples(run: Path) -> bool:
    """Whether a run was trained on a sample that was forgotten later."""
    return (run / FORGOTTEN_FILE).exists()


def sheets_and_reports(workspace: Workspace, catalog: Catalog) -> list[Path]:
    """Return the contact sheets and reports. Any of them may show a forgotten picture."""
    return [workspace.root / path for path in queries.shared_reports(catalog)]


def redraw_commands(workspace: Workspace, removed: Iterable[Path]) -> list[str]:
    """Return the commands that write the removed sheets and reports again."""
    commands: dict[str, None] = {}
    for path in sorted(removed):
        parts = path.relative_to(workspace.reports).parts
        if len(parts) > 1:
            commands[f"moue {parts[0]}"] = None
        elif path.stem == "leakage":
            commands["moue split"] = None
        elif path.suffix == ".html" and (workspace.runs / path.stem).is_dir():
            commands[f"moue evaluate --model {path.stem}"] = None
    commands.pop("moue collect", None)  # its sheet shows only the pictures of one call
    return list(commands)


def _delete_moved_crops(workspace: Workspace, digests: Set[str], mouths: Iterable[str]) -> int:
    """Delete crops that the user moved about in `sorting/`; their SHA-256 identifies them."""
    removed = 0
    for mouth in mouths:
        name = glob.escape(workspace.mouth(mouth).stem)  # "0001-NAME (1).png" matches too
        for path in (workspace.root / "sorting").rglob(f"*{name}*.png"):
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in digests:
                path.unlink()
                removed += 1
    return removed


def _mark_runs(workspace: Workspace, catalog: Catalog, mouths: set[str]) -> set[str]:
    """Mark the runs that were trained on these mouths, or whose list of mouths is unreadable."""
    marked: set[str] = set()
    if not mouths:
        return marked
    for run in sorted(path for path in workspace.runs.glob("*") if path.is_dir()):
        mouth_list, mark = run / MOUTHS, run / FORGOTTEN_FILE
        if not (run / "result.json").exists() and not owned_files.is_claimed(catalog, run):
            continue  # a folder of the user
        is_known = mouth_list.exists() and not owned_files.is_damaged(catalog, mouth_list)
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
    """Return near-duplicates of forgotten samples that stay; the user may want to see them."""
    forgotten = {sample.name for sample in samples}
    groups = sorted({sample.group for sample in samples if sample.group})
    members = (s.name for group in groups for s in queries.samples_in_group(catalog, group))
    return [name for name in members if name not in forgotten]


def _notes(
    selection: ForgetSelection,
    runs: set[str],
    originals: list[str],
    lookalikes: list[str],
    sheets: int,
    commands: list[str],
) -> list[str]:
    notes = []
    if runs:
        notes.append(
            f"marked the runs that were trained on it: {', '.join(sorted(runs))}; a trained model "
            "cannot forget, `moue train` makes one without it"
        )
    if originals:
        notes.append(
            f"{len(originals)} files of your own stay, such as {originals[0]}; "
            "moue deletes only what it fetched or wrote"
        )
    if selection.origins:
        names = {origin.sample for origin in selection.origins}
        notes.append(f"{len(names)} pictures stay because they have other origins too")
    if lookalikes:
        notes.append(f"{len(lookalikes)} near-duplicates stay: {', '.join(lookalikes[:5])}")
    if sheets:
        again = f"; write them again with: {', '.join(commands)}" if commands else ""
        notes.append(f"removed {sheets} contact sheets and reports{again}")
    return notes
