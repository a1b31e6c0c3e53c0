"""The requests and responses of prediction, the live camera, capture and explanations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moue.studio.schema import Message, Name, Request

ModelName = Annotated[str, msgspec.Meta(max_length=255)]
"""Name of a finished run or of a bundled model; empty for the default model."""


class ModelQuery(Request, frozen=True):
    """The model to use."""

    model: ModelName = ""


class PredictQuery(Request, frozen=True):
    """The model, and the name of the picture in the response."""

    model: ModelName = ""
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""


class Predicted(msgspec.Struct):
    """The predictions for one picture: the fields of `moue predict --json`, and two for drawing.

    Attributes:
        reason: drop reason of an unreadable picture, a key of `DROP_REASONS`; None for others.
        reason_title: explanation of `reason`.
        image: the upright picture, reduced, as a data URL; None for an unreadable picture.
        crops: mouth crop of each face as a data URL.
        model: name of the model.
    """

    file: str
    width: int | None
    height: int | None
    min_face: int | None
    error: str | None
    note: str | None
    faces: list[dict[str, Any]]
    reason: str | None
    reason_title: str | None
    image: str | None
    crops: list[str]
    model: str


class CaptureQuery(Request, frozen=True):
    """The label and the sitting of a captured frame. All frames of a sitting are one group."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    sitting: Name


class CaptureAnswer(msgspec.Struct):
    """A stored frame.

    Attributes:
        state: `written`, or `queued` while another process uses the workspace.
        sample: name of the new picture.
        mouth: name of its mouth; None if no mouth was found, or while it is queued.
        reason: drop reason of a picture without a usable mouth.
        detail: measurement of the drop reason.
    """

    state: Literal["written", "queued"]
    sample: str
    mouth: str | None = None
    reason: str | None = None
    detail: str | None = None


Part = Literal["occlusion", "changes", "neighbours", "gradient"]


class ExplainQuery(Request, frozen=True):
    """The model, and the parts of the explanation: all but the gradient by default."""

    model: ModelName = ""
    part: tuple[Part, ...] = ()


class ExplainPictureQuery(Request, frozen=True):
    """As `ExplainQuery`; `crop` if the picture is a mouth crop."""

    model: ModelName = ""
    part: tuple[Part, ...] = ()
    crop: bool = False


class HeatMap(msgspec.Struct):
    """A map of a mouth crop, row by row from the top left.

    Attributes:
        values: for occlusion, the decrease of the log-odds of the label with this part hidden; for
            a gradient, from 0 to 1.
        patch, stride: side of the hidden square and distance of its positions, as fractions of the
            side of the crop.
        lowest: lowest probability of the label with one part hidden.
        area: side of the map as a fraction of the side of the crop; the map is centred.
    """

    label: str
    rows: int
    cols: int
    values: list[list[float]]
    patch: float | None = None
    stride: float | None = None
    lowest: float | None = None
    area: float = 1.0


class SmallestChange(msgspec.Struct):
    """The smallest change of one kind that changes the label.

    Attributes:
        unit: `%` of the side, `×`, `°`, or `of 255`.
        amount: smallest amount that changes the label; None if no amount from `low` to `high` does.
        preview: crop after the change, as a data URL.
    """

    kind: Literal["shift_x", "shift_y", "scale", "roll", "brightness", "blur"]
    unit: str
    amount: float | None
    label: str | None
    probability: float | None
    changed: bool
    low: float
    high: float
    preview: str | None


class NearMouth(msgspec.Struct):
    """A training mouth near the explained mouth; `distance` is the cosine distance, 0 to 2."""

    name: str
    label: str | None
    split: str | None
    distance: float
    thumbnail: str


class Explained(msgspec.Struct):
    """The explanation of one prediction; a part that was not asked for is None.

    Attributes:
        predicted: predicted label.
        image: mouth crop as a data URL.
        side: side of the mouth crop, in pixels.
        in_context: True if shifted, enlarged and rotated crops show the surroundings of the mouth.
        indexed, indexable: number of training mouths that were searched, and their number.
        gradient: None also where torch or the weights file of the model is missing.
        no_gradient: reason why there is no gradient.
    """

    name: str
    model: str
    predicted: str
    probabilities: dict[str, float]
    image: str
    side: int
    in_context: bool
    occlusion: HeatMap | None = None
    changes: list[SmallestChange] | None = None
    neighbours: list[NearMouth] | None = None
    indexed: int | None = None
    indexable: int | None = None
    gradient: HeatMap | None = None
    no_gradient: Message | None = None
