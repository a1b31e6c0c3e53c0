"""The queries and responses of the server; the OpenAPI document is made from these classes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Box = Annotated[list[float], msgspec.Meta(min_length=4, max_length=4)]
"""Left, top, right and bottom, in pixels of the upright picture."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class PredictQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Options of a prediction.

    Attributes:
        max_error: maximum expected fraction of wrong labels, such as 0.02; below the probability
            that meets it, `label` is null.
        min_face: minimum face size in pixels; about 1/40 of the longer side by default.
    """

    max_error: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    min_face: Annotated[int, msgspec.Meta(ge=8, le=65500)] | None = None


class Model(msgspec.Struct, forbid_unknown_fields=True):
    """The model that made the predictions.

    Attributes:
        name: name of the bundled model or of the run.
        version: version of a bundled model.
        sha256: SHA-256 of the ONNX file.
        labels: labels in the order of the probabilities.
        terms: terms of use; null if moue does not know them.
        commercial_use: true if the terms allow commercial use; null if moue does not know.
    """

    name: str
    version: str | None
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    labels: list[str]
    terms: str | None
    commercial_use: bool | None


class Measures(msgspec.Struct, forbid_unknown_fields=True):
    """Measures of the lips, as fractions of the face width."""

    opening: float | None
    width: float | None
    smile_left: float | None
    smile_right: float | None
    pucker: float | None


class Face(msgspec.Struct, forbid_unknown_fields=True):
    """A face and the predicted label of its mouth.

    Attributes:
        box: face box.
        score: detection score.
        lips: lip box.
        mouth_box: square that the model sees; it may extend beyond the picture.
        roll: clockwise rotation of the head, in degrees.
        backend: face backend.
        label: predicted label; null if the model abstains, which only happens with `max_error`.
        probability: probability of the most likely label.
        probabilities: probability of each label.
        measures: measures of the lips; null if the backend has no landmarks.
    """

    box: Box
    score: float
    lips: Box
    mouth_box: Box
    roll: float
    backend: str | None
    label: str | None
    probability: Share
    probabilities: dict[str, Share]
    measures: Measures | None


class Predicted(msgspec.Struct, forbid_unknown_fields=True):
    """The predictions for a picture; `width` to `faces` equal those of `moue predict --json`.

    Attributes:
        model: model that made the predictions.
        width: width of the upright picture, in pixels.
        height: height of the upright picture, in pixels.
        min_face: minimum size of a face that was searched for, in pixels.
        note: remark, for example that only one frame of an animation was used.
        faces: predictions, the main face first.
    """

    model: Model
    width: int
    height: int
    min_face: int
    note: str | None
    faces: list[Face]


class Problem(msgspec.Struct, forbid_unknown_fields=True):
    """An error, as RFC 9457 describes it.

    Attributes:
        type: always `about:blank`.
        title: name of the HTTP status.
        status: HTTP status.
        detail: description for people.
        reason: word for the kind of error, for programs.
    """

    type: str
    title: str
    status: int
    detail: str
    reason: str


class BatchLine(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the answer to many pictures, in their order.

    Attributes:
        index: number of the picture in the request, from 0.
        result: predictions for the picture.
        error: error of the picture.
    """

    index: int
    result: Predicted | None = None
    error: Problem | None = None


class Models(msgspec.Struct, forbid_unknown_fields=True):
    """The models of the server, and its limits."""

    models: list[Model]
    limits: dict[str, Any]


class Health(msgspec.Struct, forbid_unknown_fields=True):
    """The state of the server."""

    status: str


class Ready(msgspec.Struct, forbid_unknown_fields=True):
    """The state of the worker processes.

    Attributes:
        status: `ready`.
        workers: number of worker processes that have loaded the model.
    """

    status: str
    workers: int
