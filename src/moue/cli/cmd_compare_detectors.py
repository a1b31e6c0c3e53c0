"""The command `compare-finders`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.cli.predict_output import files, spare
from moue.dataset.convert import ConvertSettings
from moue.errors import ImageError, SourceError
from moue.face import backends
from moue.face.backends import FaceSettings
from moue.face.compare_detectors import ComparedDetector, DetectorComparison, run_detector
from moue.face.detector_sheet import Differences
from moue.face.mediapipe import mediapipe
from moue.face.yunet import yunet
from moue.files import ready_to_write, write_bytes
from moue.media.image import encode_jpeg
from moue.media.read_file import read_picture
from moue.settings import build
from moue.workspace.owned_files import put


@click.command("compare-finders")
@click.argument("sources", nargs=-1, required=True, type=PATH)
@click.option(
    "--yunet", "yunet_model", type=PATH,
    help="Compare YuNet too: its face_detection_yunet_2023mar.onnx.",
)  # fmt: skip
@click.option(
    "--mediapipe", "mediapipe_model", type=PATH,
    help="Compare MediaPipe too: its face_landmarker.task; needs its package.",
)  # fmt: skip
@click.option(
    "--sheet", type=PATH, callback=ending(".jpg", ".jpeg"),
    help="Picture of where they differ most to write.  [default: reports/finders.jpg in the "
    "workspace; none where there is no workspace]",
)  # fmt: skip
@OVERWRITE
@common(FaceSettings, without=["crop_scale"])
def compare_finders(
    call: CommonOptions,
    sources: tuple[Path, ...],
    yunet_model: Path | None,
    mediapipe_model: Path | None,
    sheet: Path | None,
    overwrite: bool,
) -> None:
    """Compare all ways of finding faces: what each finds, its time, where they agree.

    Every backend that is here is compared, or the one that --backend names with those of other
    people. Models of others are used only when they are the known files (sha256). Times are
    those of a decoded picture on one thread. A face is the same where the lip boxes overlap;
    what is true is not known, so that the sheet is to be looked at.

    Example: moue compare-finders photos/ --yunet face_detection_yunet_2023mar.onnx
    """
    if sheet is not None:
        ready_to_write(sheet, overwrite)
    progress = ConsoleProgress()
    pictures = files(sources, progress, call.json)
    if sheet is not None:
        spare(sheet, pictures)
    limit = call.config.get(ConvertSettings).max_bytes
    finders = _finders(call.config.get(FaceSettings), yunet_model, mediapipe_model)
    comparison, differences = DetectorComparison(finders), Differences()
    with progress.shown(), _one_thread():
        for root, path in progress.track(pictures, "compare", len(pictures)):
            try:
                image = read_picture(path, limit)
            except (ImageError, OSError, MemoryError, UnicodeError) as error:
                progress.say(f"note: {path} is left out: {error}")
                continue
            if not comparison.pictures:
                run_detector(image, "", finders)  # loads what is loaded once
            seen = run_detector(image, str(path.relative_to(root)), finders)
            comparison.add(seen)
            differences.add(seen, image)
    if not comparison.pictures:
        raise SourceError("no picture could be read; check the paths")
    place = _write_sheet(call, sheet, encode_jpeg(differences.sheet(), 92))
    figures = comparison.to_dict() | {
        "sheet": None if place is None else str(place),
        "left_out": pictures.skipped.to_dict(),
    }
    if call.json:
        output.data(figures)
    else:
        for row in _table(figures):
            output.line(row)


def _write_sheet(call: CommonOptions, sheet: Path | None, data: bytes) -> Path | None:
    """Write the picture where it was asked for, else into the workspace; None: nowhere."""
    if sheet is not None:
        write_bytes(sheet, data)
        return sheet
    if not call.workspace.exists:
        return None
    place = call.workspace.reports / "finders.jpg"
    with call.job() as job:
        put(job.catalog, place, data, "compare-finders")
    return place


def _finders(
    settings: FaceSettings, yunet_model: Path | None, mediapipe_model: Path | None
) -> dict[str, ComparedDetector]:
    names = (
        backends.available_backends(settings) if settings.backend == "auto" else [settings.backend]
    )
    finders: dict[str, ComparedDetector] = {}
    for name in names:
        named = build(FaceSettings, {**_as_values(settings), "backend": name}, "backend")
        finders[name] = partial(backends.detect_faces, settings=named)
    if yunet_model is not None:
        finders["yunet"] = yunet(yunet_model)
    if mediapipe_model is not None:
        finders["mediapipe"] = mediapipe(mediapipe_model)
    return finders


def _as_values(settings: FaceSettings) -> dict[str, Any]:
    return {"min_face": settings.min_face, "dlib_model": settings.dlib_model}


@contextmanager
def _one_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _table(figures: dict[str, Any]) -> Iterator[str]:
    total = figures["pictures"]
    yield f"{'finder':<12} {'faces':>6}  {'pictures with one':>17}  {'no other has':>12}  {'ms':>6}"
    for name, one in figures["finders"].items():
        some = f"{one['pictures_with_a_face']:,} of {total:,}"
        yield (
            f"{name:<12} {one['faces']:>6,}  {some:>17}  {one['faces_no_other_has']:>12,}  "
            f"{one['milliseconds']:>6.1f}"
        )
    yield ""
    yield "agreement: of the faces of the row, those that the column found; IoU of their lip boxes"
    names = list(figures["finders"])
    yield " " * 12 + "".join(f"{name:>14}" for name in names)
    for one in names:
        cells = (_cell(figures["agreement"][one].get(other)) for other in names)
        yield f"{one:<12}" + "".join(f"{cell:>14}" for cell in cells)
    yield ""
    if figures["sheet"] is None:
        yield "add --sheet FILE.jpg for a picture of where they differ most"
    else:
        yield f"{figures['sheet']}: where they differ most"


def _cell(agreement: dict[str, float | None] | None) -> str:
    if agreement is None or agreement["found_too"] is None:
        return "–"
    if agreement["lips_iou"] is None:
        return f"{agreement['found_too']:.0%}"
    return f"{agreement['found_too']:.0%}, {agreement['lips_iou']:.2f}"
