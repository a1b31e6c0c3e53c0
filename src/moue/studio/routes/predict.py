"""Predict the labels of an uploaded picture."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from moue.face.mouth_crop import crop_mouth
from moue.http_api.endpoint import Endpoint, Raw
from moue.studio.data_url import jpeg_url
from moue.studio.endpoint import Call
from moue.studio.schema_model import Predicted, PredictQuery
from moue.studio.studio import Studio
from moue.workspace.drop_reasons import DROP_REASONS

PICTURE_TYPES = ("image/*", "application/octet-stream")
PICTURE_LIMIT = 32 << 20
"""Maximum size of an uploaded picture, in bytes."""
IMAGE_SIDE, CROP_SIDE = 1600, 192
"""Maximum sides of the pictures in the response, in pixels."""
UPLOADED = "<bytes>"
"""Name of a picture without a name, as `Predictor.predict_file` gives it."""


async def predict(call: Call[PredictQuery, bytes]) -> Predicted:
    """Return the predictions for the picture in the body."""
    # Pictures of 32 MB need much memory while they are decoded, so they are processed one by one.
    async with call.studio.picture_slots:
        return await run_in_threadpool(_predict, call.studio, call.query, call.body)


def _predict(studio: Studio, query: PredictQuery, data: bytes) -> Predicted:
    model = studio.models.load(query.model)
    with studio.models.guard(model):
        result, image = model.predictor.predict_file(data, return_image=True)
    fields = result.to_dict() | {"file": query.name or UPLOADED}
    code = (result.error or "").partition(":")[0]
    crops = []
    if image is not None:
        cut = (crop_mouth(image, one.face.mouth_box, one.face.roll) for one in result.faces)
        crops = [jpeg_url(crop, CROP_SIDE) for crop in cut]
    return Predicted(
        **fields,
        reason=code if code in DROP_REASONS else None,
        reason_title=DROP_REASONS.get(code),
        image=None if image is None else jpeg_url(image, IMAGE_SIDE),
        crops=crops,
        model=model.name,
    )


ROUTES = (
    Endpoint(
        method="POST", path="/predict", handler=predict, query=PredictQuery,
        body=Raw(PICTURE_TYPES, PICTURE_LIMIT), response=Predicted, errors=(404, 413, 415),
        summary="Predict the label of each face in the picture in the body.",
    ),
)  # fmt: skip
