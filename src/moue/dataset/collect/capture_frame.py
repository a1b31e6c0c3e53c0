"""Add one labelled frame of a camera to the catalog, with its mouth.

The frame goes through the same stages as any other picture, alone and at once. All frames of one
sitting are one group, so that no split divides them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from moue.dataset.clean import CleanSettings, verdict
from moue.dataset.collect.register_files import sample_name
from moue.dataset.convert import convert_stage
from moue.dataset.crop import crop_stage
from moue.dataset.detect_faces import detect_stage
from moue.dataset.label import LabelUpdate, set_labels
from moue.errors import DataError
from moue.store import stage
from moue.workspace.context import Context
from moue.workspace.layout import original_key
from moue.workspace.owned_files import publish
from moue.workspace.provenance import Origin, add_origin, forgotten_hashes
from moue.workspace.queries import main_mouth
from moue.workspace.recorded_files import wrote
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFrame:
    """A frame of a camera with the label that a person gave it.

    Attributes:
        data: bytes of the picture file.
        label: label.
        sitting: name of the sitting.
        at: time of the frame in UTC, ISO 8601.
    """

    data: bytes
    label: str
    sitting: str
    at: str

    @property
    def session(self) -> str:
        """The name of the camera session, which is the group of the frame."""
        return f"camera:studio@{self.sitting}"

    def sample(self) -> Sample:
        """Return the sample of the frame; equal frames have equal samples."""
        source = f"{self.session}#t={self.at}"
        sha256 = hashlib.sha256(self.data).hexdigest()
        name = sample_name(Path("camera"), source, sha256)
        return Sample(
            name=name, source=source, sha256=sha256, original=original_key(name, ".jpg"),
            video=self.session,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOutcome:
    """A captured frame in the catalog.

    Attributes:
        sample: name of its sample.
        mouth: name of its mouth; None if it has none.
        reason: drop reason of the sample, a key of `DROP_REASONS`; None if it is in use.
        detail: measurement or explanation of the drop reason.
    """

    sample: str
    mouth: str | None
    reason: str | None
    detail: str | None


def capture_frame(context: Context, frame: CapturedFrame) -> CaptureOutcome:
    """Store a frame, detect and crop its main mouth, and label it; a repeated call changes nothing.

    Raises:
        DataError: the label is not a label of the workspace, or the picture was forgotten.
        FileTaken: an output path is a file that moue does not own.
    """
    catalog, workspace = context.catalog, context.workspace
    if frame.label not in context.labels.names:
        raise DataError(f"{frame.label!r} is not one of the labels {context.labels.words}")
    new = frame.sample()
    if new.sha256 in forgotten_hashes(catalog):
        raise DataError("this picture was removed with `moue forget`")
    target = workspace.original(new)
    if not wrote(catalog, target):
        parts = workspace.store.parts
        publish(catalog, [stage(target, frame.data, new.name, readonly=True, parts=parts)])
    with catalog.transaction():
        catalog.add_samples([new])
        origin = Origin(
            sample=new.name, engine="camera", query=frame.session, url=new.source,
            type="image/jpeg", at=frame.at,
        )  # fmt: skip
        add_origin(catalog, origin)
    convert_stage(context, []).run_one(context, new.name)
    sample = catalog.sample(new.name)
    if sample.dropped is None:
        detect_stage(context).run_one(context, new.name)
        sample = catalog.sample(new.name)
        reason, why = verdict(sample, context.config.get(CleanSettings))
        if reason is not None:
            set_dropped(catalog, sample, reason, "clean", why)
        else:
            crop_stage(context).run_one(context, new.name)
    return _labelled(context, frame, new.name)


def _labelled(context: Context, frame: CapturedFrame, name: str) -> CaptureOutcome:
    catalog = context.catalog
    sample, mouth = catalog.sample(name), main_mouth(catalog, name)
    if mouth is not None:
        why = f"held in front of the camera, {frame.session}"
        set_labels(catalog, [LabelUpdate(mouth, frame.label, USER, why)])
    reason, detail = sample.dropped, sample.detail
    if mouth is None and reason is None:
        reason, detail = "small_face", "the lips are too small to crop"
    return CaptureOutcome(
        sample=name, mouth=None if mouth is None else mouth.name, reason=reason, detail=detail
    )
