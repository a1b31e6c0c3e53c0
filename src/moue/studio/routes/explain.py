"""Explain the prediction for a mouth of the catalog or of an uploaded picture."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool

from moue.errors import CatalogError, ImageError, MissingExtra, ModelError
from moue.explain.explanation import predicted
from moue.explain.gradient import gradient_map
from moue.explain.occlusion import occlusion_map
from moue.explain.smallest_change import Change, smallest_changes
from moue.explain.subject import MouthSubject, NoFaceError, subject_of_mouth, subject_of_picture
from moue.http_api.endpoint import Endpoint, Raw
from moue.http_api.errors import ApiError, _, not_found
from moue.predict.inputs import open_picture
from moue.studio.data_url import png_url
from moue.studio.endpoint import Call
from moue.studio.models import NamedModel
from moue.studio.routes.predict import PICTURE_LIMIT, PICTURE_TYPES, UPLOADED
from moue.studio.schema import Message
from moue.studio.schema_model import (
    Explained,
    ExplainPictureQuery,
    ExplainQuery,
    HeatMap,
    NearMouth,
    Part,
    SmallestChange,
)
from moue.studio.studio import Studio
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import Image

NEIGHBOURS = 8
CROP_SIDE, PREVIEW_SIDE = 384, 96
"""Maximum sides of the pictures in the response, in pixels."""
_UNITS = {
    "shift_x": "%", "shift_y": "%", "scale": "×", "roll": "°", "brightness": "of 255", "blur": "%",
}  # fmt: skip


def explain_mouth(call: Call[ExplainQuery, None]) -> Explained:
    """Return the explanation for a mouth of the catalog."""
    studio, name = call.studio, call.path["name"]
    model = studio.models.load(call.query.model)
    with studio.workspace.reading() as catalog:
        if next(catalog.mouths(name=name), None) is None:
            raise not_found(name)
        try:
            scale = model.classifier.spec.crop_scale
            subject = subject_of_mouth(studio.workspace, catalog, name, scale)
        except OSError as error:
            text = _("the crop of {name} cannot be read; run the step Crop again")
            raise ApiError(409, "missing", text, name=name) from error
    return _explained(studio, model, subject, call.query.part)


async def explain_picture(call: Call[ExplainPictureQuery, bytes]) -> Explained:
    """Return the explanation for the main mouth of the picture in the body."""
    async with call.studio.picture_slots:
        return await run_in_threadpool(_explain_picture, call)


def _explain_picture(call: Call[ExplainPictureQuery, bytes]) -> Explained:
    studio = call.studio
    model = studio.models.load(call.query.model)
    predictor = model.predictor
    try:
        picture = open_picture(call.body, predictor.max_bytes)
        with studio.models.guard(model):
            subject = subject_of_picture(UPLOADED, picture, predictor.face, crop=call.query.crop)
    except ImageError as error:
        raise ApiError(400, error.reason, DROP_REASONS[error.reason]) from error
    except NoFaceError as error:
        raise ApiError(400, "no_face", DROP_REASONS["no_face"]) from error
    return _explained(studio, model, subject, call.query.part)


def _explained(
    studio: Studio, model: NamedModel, subject: MouthSubject, parts: Collection[Part]
) -> Explained:
    classifier, crop = model.classifier, subject.crop_mouth()
    label, probabilities = predicted(classifier, crop)
    answer = Explained(
        name=subject.name, model=model.name, predicted=label, probabilities=probabilities,
        image=png_url(crop, CROP_SIDE), side=crop.shape[0], in_context=subject.in_context,
    )  # fmt: skip
    if not parts or "occlusion" in parts:
        found = occlusion_map(classifier, crop, label)
        answer.occlusion = HeatMap(
            label=found.label, rows=found.values.shape[0], cols=found.values.shape[1],
            values=found.values.round(4).tolist(), patch=found.patch, stride=found.stride,
            lowest=found.lowest,
        )  # fmt: skip
    if not parts or "changes" in parts:
        answer.changes = [_change(one) for one in smallest_changes(classifier, subject.crop_mouth)]
    if not parts or "neighbours" in parts:
        _add_neighbours(answer, studio, model, crop, subject.name)
    if "gradient" in parts:
        _add_gradient(answer, model, crop, label)
    return answer


def _change(one: Change) -> SmallestChange:
    return SmallestChange(
        kind=one.kind, unit=_UNITS[one.kind], amount=one.amount, label=one.label,
        probability=one.probability, changed=one.changed, low=one.low, high=one.high,
        preview=None if one.crop is None else png_url(one.crop, PREVIEW_SIDE),
    )  # fmt: skip


def _add_neighbours(
    answer: Explained, studio: Studio, model: NamedModel, crop: Image, name: str
) -> None:
    if not studio.workspace.exists:
        answer.neighbours = []
        return
    known = studio.neighbour_indexes.get(model)
    nearest = known.index.nearest(model.classifier.features([crop])[0], NEIGHBOURS, (name,))
    answer.neighbours = []
    answer.indexed, answer.indexable = len(known.index.names), known.total
    with studio.workspace.reading() as catalog:
        for one in nearest:
            try:
                mouth = catalog.mouth(one.name)
            except CatalogError:  # forgotten meanwhile
                continue
            thumbnail = f"api/v1/thumbnails/mouths/{quote(one.name)}.webp?side=96"
            answer.neighbours.append(
                NearMouth(one.name, mouth.label, mouth.split, round(one.distance, 5), thumbnail)
            )


def _add_gradient(answer: Explained, model: NamedModel, crop: Image, label: str) -> None:
    try:
        found = gradient_map(model.run or model.name, crop, label)
    except (MissingExtra, ModelError) as error:
        answer.no_gradient = Message.of(error)
        return
    answer.gradient = HeatMap(
        label=found.label, rows=found.values.shape[0], cols=found.values.shape[1],
        values=found.values.round(4).tolist(), area=found.area,
    )  # fmt: skip


ROUTES = (
    Endpoint(
        method="GET", path="/explain/{name}", handler=explain_mouth, query=ExplainQuery,
        response=Explained, errors=(404, 409),
        summary="Explain the prediction for a mouth: occlusion map, smallest changes, neighbours.",
    ),
    Endpoint(
        method="POST", path="/explain", handler=explain_picture, query=ExplainPictureQuery,
        body=Raw(PICTURE_TYPES, PICTURE_LIMIT), response=Explained, errors=(400, 404, 413, 415),
        summary="Explain the prediction for the main mouth of the picture in the body.",
    ),
)  # fmt: skip
