"""The requests and responses about clusters, second passes, suggestions and the labelling guide."""

from __future__ import annotations

from typing import Annotated

import msgspec

from moue.studio.schema import Name, Request
from moue.studio.schema_data import (
    FilterQuery,
    Label,
    Limit,
    MouthBrief,
    Offset,
    OpId,
    PictureBrief,
)


class PageQuery(Request, frozen=True):
    """A part of a list."""

    offset: Offset = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class ClusterItem(PictureBrief):
    """A picture of a cluster, compared with the picture `compared_to`."""

    best: bool
    kept: bool
    compared_to: str | None
    same_bytes: bool
    mirrored: bool
    hash_bits: int
    mouth_bits: int
    face_px: float
    sharpness: float
    labels: list[str | None]


class Cluster(msgspec.Struct):
    """Pictures that look the same, best first; `kind` is `duplicates` or `similar`."""

    group: str
    kind: str
    items: list[ClusterItem]


class Clusters(msgspec.Struct):
    """A part of the clusters."""

    total: int
    offset: int
    items: list[Cluster]


class PassBody(FilterQuery, frozen=True, kw_only=True):
    """A second pass over a random sample of the labelled mouths that a filter selects."""

    op_id: OpId
    labeller: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    sample: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    order: Annotated[str, msgspec.Meta(max_length=50)] = "random:0"


class PassInfo(msgspec.Struct):
    """A second pass."""

    id: int
    labeller: str
    at: str
    total: int
    labelled: int


class Passes(msgspec.Struct):
    """All second passes, latest first."""

    passes: list[PassInfo]


class NextQuery(Request, frozen=True):
    """`after` is the position of the last mouth that the page has."""

    after: Annotated[int, msgspec.Meta(ge=-1, le=1_000_000_000)] = -1
    limit: Limit = 20


class BlindMouth(msgspec.Struct):
    """A mouth without its label and predictions."""

    position: int
    name: str
    thumbnail: str


class BlindMouths(msgspec.Struct):
    """The next mouths of a pass."""

    total: int
    labelled: int
    items: list[BlindMouth]


class PassLabelBody(Request, frozen=True):
    """The label that a pass gives to a mouth; None removes it."""

    op_id: OpId
    name: Name
    label: Label | None


class Dispute(MouthBrief):
    """A mouth with two different labels."""

    first: str | None
    second: str


class ConfusionCounts(msgspec.Struct):
    """Number of mouths by first label (rows) and second label (columns)."""

    labels: list[str]
    counts: list[list[int]]


class AgreementResult(msgspec.Struct):
    """The agreement of a pass with the current labels."""

    labelled: int
    kappa: float | None
    interval: tuple[float, float] | None
    agreement: float | None
    confusion: ConfusionCounts
    disputes: list[Dispute]


class SuggestingModel(msgspec.Struct):
    """A model whose predictions the catalog keeps."""

    sha256: str
    name: str
    labels: list[str]
    at: str
    missing: int


class Suggestions(msgspec.Struct):
    """The models with predictions, latest first; `missing` mouths have no current prediction."""

    models: list[SuggestingModel]


class GuideLabel(msgspec.Struct):
    """What a label means.

    `text` is the text of the person, else the default text. `excluded` says what does not belong to
    the label; it is part of the default text only. `examples` are URLs of thumbnails.
    """

    name: str
    title: str
    text: str
    own: bool
    examples: list[str]
    excluded: str = msgspec.field(name="not")


class Guide(msgspec.Struct):
    """The labelling guide of the workspace; `note` is for all labels."""

    labels: list[GuideLabel]
    note: str


class GuideBody(Request, frozen=True):
    """The text of a label; an empty text brings the default text back."""

    label: Label
    text: Annotated[str, msgspec.Meta(max_length=2000)]
