"""Add a frame of the camera to a label."""

from __future__ import annotations

from datetime import UTC, datetime

from moue.dataset.collect.capture_frame import CapturedFrame
from moue.errors import ImageError
from moue.http_api.endpoint import Endpoint, Raw
from moue.http_api.errors import ApiError, _
from moue.media.image import header
from moue.studio.endpoint import Call
from moue.studio.models import config_of
from moue.studio.schema_model import CaptureAnswer, CaptureQuery

LIMIT = 8 << 20
"""Maximum size of a captured frame, in bytes."""


def capture(call: Call[CaptureQuery, bytes]) -> CaptureAnswer:
    """Store the frame in the body, and label its main mouth."""
    studio, query = call.studio, call.query
    labels = config_of(studio.workspace).labels
    if query.label not in labels.names:
        text = _("{label} is not a label of this workspace")
        raise ApiError(422, "label", text, field="label", label=query.label)
    try:
        kind, _width, _height = header(call.body)
    except ImageError as error:
        raise ApiError(400, "picture", _("the frame cannot be read: {reason}"),
                       reason=error.detail) from error  # fmt: skip
    if kind not in ("JPEG", "MPO"):
        raise ApiError(415, "type", _("a captured frame must be a JPEG picture"))
    frame = CapturedFrame(
        data=call.body, label=query.label, sitting=query.sitting,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )  # fmt: skip
    outcome = studio.captures.submit(frame).result()
    if outcome is None:
        return CaptureAnswer("queued", frame.sample().name)
    return CaptureAnswer("written", outcome.sample, outcome.mouth, outcome.reason, outcome.detail)


ROUTES = (
    Endpoint(
        method="POST", path="/capture", handler=capture, query=CaptureQuery,
        body=Raw(("image/jpeg",), LIMIT), response=CaptureAnswer, errors=(400, 413, 415, 503),
        summary="Add a JPEG frame of the camera to a label; the frames of a sitting are one group.",
    ),
)  # fmt: skip
