"""The requests and responses about pictures, mouths, decisions and labels."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from moue.studio.schema import Name, Request

Text = Annotated[str, msgspec.Meta(max_length=500)]
Texts = Annotated[list[Text], msgspec.Meta(max_length=100)]
OpId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]+$", min_length=1, max_length=64)]
"""Identifier of an edit that the client chooses, such as a UUID."""
Offset = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Names = Annotated[list[Name], msgspec.Meta(min_length=1, max_length=1000)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
KindOfRow = Literal["pictures", "mouths"]


class FilterQuery(Request, frozen=True):
    """A filter of pictures or mouths: alternatives by key, and limits of measures."""

    dropped: Texts = msgspec.field(default_factory=list)
    reason: Texts = msgspec.field(default_factory=list)
    source: Texts = msgspec.field(default_factory=list)
    engine: Texts = msgspec.field(default_factory=list)
    licence: Texts = msgspec.field(default_factory=list)
    source_kind: Texts = msgspec.field(default_factory=list)
    group: Texts = msgspec.field(default_factory=list)
    subject: Texts = msgspec.field(default_factory=list)
    format: Texts = msgspec.field(default_factory=list)
    label: Texts = msgspec.field(default_factory=list)
    label_by: Texts = msgspec.field(default_factory=list)
    split: Texts = msgspec.field(default_factory=list)
    predicted: Texts = msgspec.field(default_factory=list)
    text: Texts = msgspec.field(default_factory=list)
    min_face_size: Text | None = None
    max_face_size: Text | None = None
    min_sharpness: Text | None = None
    max_sharpness: Text | None = None
    min_highlight: Text | None = None
    max_highlight: Text | None = None
    min_shadow: Text | None = None
    max_shadow: Text | None = None
    min_width: Text | None = None
    max_width: Text | None = None
    min_height: Text | None = None
    max_height: Text | None = None
    min_faces: Text | None = None
    max_faces: Text | None = None
    min_probability: Text | None = None
    max_probability: Text | None = None
    min_margin: Text | None = None
    max_margin: Text | None = None
    min_uncertainty: Text | None = None
    max_uncertainty: Text | None = None
    min_disagreement: Text | None = None
    max_disagreement: Text | None = None
    min_time: Text | None = None
    max_time: Text | None = None
    model: Text = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Return the (key, value) pairs of the filter."""
        found: list[tuple[str, str]] = []
        for key in FILTER_FIELDS:
            value = getattr(self, key)
            if isinstance(value, list):
                found += [(key, one) for one in value]
            elif value is not None:
                found.append((key, value))
        return found


FILTER_FIELDS = tuple(name for name in FilterQuery.__struct_fields__ if name != "model")


class ListQuery(FilterQuery, frozen=True):
    """A part of a list; `list` is the token of an earlier answer, for further parts of its list."""

    sort: Text = ""
    offset: Offset = 0
    limit: Limit = 100
    token: Text = msgspec.field(default="", name="list")


class FacetQuery(FilterQuery, frozen=True):
    """The filter whose alternatives are counted; `kind` is the kind of row."""

    kind: KindOfRow = "mouths"
    sort: Text = ""


class PictureBrief(msgspec.Struct):
    """One picture of a list."""

    name: str
    width: int | None
    height: int | None
    dropped: str | None
    reason_title: str | None
    detail: str | None
    source: str
    licence: str | None
    group: str | None
    faces: int | None
    thumbnail: str
    version: int


class PicturePage(msgspec.Struct):
    """A part of a list of pictures."""

    total: int
    offset: int
    token: str = msgspec.field(name="list")
    items: list[PictureBrief]


class MouthBrief(msgspec.Struct):
    """One mouth of a list; the probabilities are in the order of the labels of the workspace."""

    name: str
    sample: str
    label: str | None
    label_by: str | None
    split: str | None
    width: int
    dropped: str | None
    reason_title: str | None
    probabilities: list[float] | None
    predicted: str | None
    margin: float | None
    uncertainty: float | None
    disagreement: float | None
    cluster: str | None
    thumbnail: str
    version: int


class MouthPage(msgspec.Struct):
    """A part of a list of mouths; `labels` is the order of the probabilities.

    `model` is the name of the model that predicted; None without predictions.
    """

    total: int
    offset: int
    token: str = msgspec.field(name="list")
    labels: list[str]
    model: str | None
    items: list[MouthBrief]


class FacetValue(msgspec.Struct):
    """A value of a key, with the number of rows that it would select."""

    value: str
    title: str
    count: int


class HistoryRow(msgspec.Struct):
    """One decision; the titles explain drop reasons."""

    field: str
    old: str | None
    value: str | None
    by: str
    why: str | None
    at: str
    old_title: str | None = None
    value_title: str | None = None


class OriginRow(msgspec.Struct):
    """One origin of a picture."""

    engine: str
    query: str
    url: str
    page: str | None
    title: str | None
    author: str | None
    licence: str | None
    at: str


class FaceRow(msgspec.Struct):
    """One face, in pixels of the converted picture."""

    box: list[float]
    lips: list[float]
    mouth_box: list[float]
    landmarks: list[list[float]] | None
    roll: float
    score: float


class Picture(msgspec.Struct):
    """Everything that the catalog knows about a picture."""

    name: str
    width: int | None
    height: int | None
    dropped: str | None
    reason_title: str | None
    detail: str | None
    source: str
    licence: str | None
    group: str | None
    thumbnail: str
    version: int
    original: str
    format: str | None
    sha256: str
    kind: str
    scores: dict[str, float]
    faces: list[FaceRow]
    mouths: list[MouthBrief]
    history: list[HistoryRow]
    origins: list[OriginRow]
    subject: str | None
    tags: dict[str, str]


class Mouth(MouthBrief):
    """Everything that the catalog knows about a mouth."""

    picture: PictureBrief
    history: list[HistoryRow]
    measures: dict[str, float]
