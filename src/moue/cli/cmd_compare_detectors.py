"""The command `compare-detectors`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2

from moue.cli import output
from moue.cli.console import ConsoleProgress, table
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.cli.predict_output import files, spare
from moue.dataset.convert import ConvertSettings
from moue.errors import ImageError, SourceError, reason_of
from moue.face import backends
from moue.face.backends import FaceSettings
from moue.face.compare_detectors import ComparedDetector, DetectorComparison, run_detector
from moue.face.detector_sheet import Differences
from moue.files import ready_to_write, write_bytes
from moue.media.image import encode_jpeg
from moue.media.read_file import read_picture
from moue.settings import as_dict, build
from moue.workspace.owned_files import put


@click.command("compare-detectors")
@click.argument("sources", nargs=-1, required=True, type=PATH)
@click.option(
    "--sheet", type=PATH, callback=ending(".jpg", ".jpeg"),
    help="Output file for a contact sheet of the pictures with the largest differences (.jpg).  "
    "[default: reports/detectors.jpg in the workspace; no contact sheet without a workspace]",
)  # fmt: skip
@OVERWRITE
@common(FaceSettings, without=["crop_scale"])
def compare_detectors(
    call: CommonOptions,
    sources: tuple[Path, ...],
    sheet: Path | None,
    overwrite: bool,
) -> None:
    """Compare face detectors: detections, time and agreement.

    moue compares all installed backends that --licence allows, or only --backend. Times are
    medians for one decoded picture on one thread. Two detections count as the same face if their
    lip boxes overlap. The comparison has no ground truth: check the largest differences on the
    contact sheet.

    Example: moue compare-detectors photos/ --licence free
    """
    if sheet is not None:
        ready_to_write(sheet, overwrite)
    progress = ConsoleProgress()
    pictures = files(sources, progress, call.json)
    if sheet is not None:
        spare(sheet, pictures)
    limit = call.config.get(ConvertSettings).max_bytes
    detectors = _detectors(call.config.get(FaceSettings))
    comparison, differences = DetectorComparison(detectors), Differences()
    with progress.shown(), _one_thread():
        for root, path in progress.track(pictures, "compare", len(pictures)):
            try:
                image = read_picture(path, limit)
            except (ImageError, OSError, MemoryError, UnicodeError) as error:
                progress.say(f"note: skipped {path}: {reason_of(error)}")
                continue
            if not comparison.pictures:
                # This call loads the models, so that the times exclude loading.
                run_detector(image, "", detectors)
            seen = run_detector(image, str(path.relative_to(root)), detectors)
            comparison.add(seen)
            differences.add(seen, image)
    if not comparison.pictures:
        raise SourceError("no picture could be read; check the paths of the SOURCES")
    place = _write_sheet(call, sheet, encode_jpeg(differences.sheet(), 92))
    figures = comparison.to_dict() | {
        "sheet": None if place is None else str(place),
        "left_out": pictures.skipped.to_dict(),
    }
    if call.json:
        output.data(figures)
    else:
        for row in _tables(figures):
            output.line(row)


def _write_sheet(call: CommonOptions, sheet: Path | None, data: bytes) -> Path | None:
    """Write the contact sheet and return its path.

    Args:
        sheet: Output path; None for `reports/detectors.jpg` in the workspace.
        data: JPEG bytes of the contact sheet.

    Returns:
        The path of the sheet; None if `sheet` is None and there is no workspace.
    """
    if sheet is not None:
        write_bytes(sheet, data)
        return sheet
    if not call.workspace.exists:
        return None
    place = call.workspace.reports / "detectors.jpg"
    with call.context() as context:
        put(context.catalog, place, data, "compare-detectors")
    return place


def _detectors(settings: FaceSettings) -> dict[str, ComparedDetector]:
    names = (
        backends.available_backends(settings) if settings.backend == "auto" else [settings.backend]
    )
    detectors: dict[str, ComparedDetector] = {}
    for name in names:
        named = build(FaceSettings, as_dict(settings) | {"backend": name}, "backend")
        detectors[name] = partial(backends.detect_faces, settings=named)
    return detectors


@contextmanager
def _one_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _tables(figures: dict[str, Any]) -> Iterator[str]:
    total, rows = figures["pictures"], figures["detectors"]
    yield from table(
        {
            "detector": name,
            "faces": one["faces"],
            "pictures with a face": f"{one['pictures_with_a_face']:,} of {total:,}",
            "detected by no other": one["faces_no_other_has"],
            "ms": f"{one['milliseconds']:.1f}",
        }
        for name, one in rows.items()
    )
    yield ""
    yield (
        "agreement: fraction of the faces of the row's detector that the column's detector also "
        "detects, and median IoU of their lip boxes"
    )
    yield from table(
        {"detector": name} | {other: _cell(agreed.get(other)) for other in rows}
        for name, agreed in figures["agreement"].items()
    )
    yield ""
    if figures["sheet"] is None:
        yield "use --sheet FILE.jpg to write a contact sheet of the largest differences"
    else:
        yield f"contact sheet of the largest differences: {figures['sheet']}"


def _cell(agreement: dict[str, float | None] | None) -> str:
    if agreement is None or agreement["found_too"] is None:
        return "–"
    if agreement["lips_iou"] is None:
        return f"{agreement['found_too']:.0%}"
    return f"{agreement['found_too']:.0%}, {agreement['lips_iou']:.2f}"
