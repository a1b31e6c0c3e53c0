"""The endpoints of the server."""

from __future__ import annotations

import dataclasses

from starlette.responses import Response

from moue.http_api.endpoint import Empty, Endpoint, Raw, Socket
from moue.server import examples
from moue.server.batch import predict_many
from moue.server.live import live
from moue.server.messages import Answer, PredictPicture
from moue.server.problem import MEDIA
from moue.server.schema import BatchLine, Health, Model, Models, Predicted, PredictQuery, Ready
from moue.server.service import RETRY_AFTER, Call, Refused
from moue.server.uploads import FORM, LINES

PICTURES = ("image/*", "application/octet-stream")
"""Accepted content types of a picture."""


async def predict(call: Call[PredictQuery]) -> Response:
    """Return the predictions for the picture in the body."""
    service = call.service
    service.check_space()
    async with service.upload(call.request, service.limits.max_bytes) as data:
        query = call.query
        message = PredictPicture(data, query.max_error, query.min_face)
        answer = await service.predict(message, call.request)
    return _response(call, answer)


def _response(call: Call[PredictQuery], answer: Answer | None) -> Response:
    facts = call.request.scope.get("moue.facts", {})
    if answer is None:
        facts["reason"] = "client_gone"
        return Response(status_code=503)  # nobody reads it
    facts |= {"faces": answer.faces, "reason": answer.reason}
    call.service.metrics.faces.inc(answer.faces)
    media = "application/json" if answer.status == 200 else MEDIA
    response = Response(answer.body, answer.status, media_type=media)
    if answer.status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


async def models(call: Call[Empty]) -> Models:
    """Return the identity of the model, and the limits."""
    fields = dataclasses.asdict(call.service.config.identity)
    model = Model(**fields | {"labels": list(fields["labels"])})
    return Models([model], dataclasses.asdict(call.service.limits))


async def healthz(_call: Call[Empty]) -> Health:
    """Return that the server runs."""
    return Health("ok")


async def readyz(call: Call[Empty]) -> Ready:
    """Return that at least one worker process has loaded the model."""
    call.service.check_workers()
    workers = call.service.pool.ready
    if not workers:
        raise Refused("not_ready", "no worker process has loaded the model yet")
    return Ready("ready", workers)


async def metrics(call: Call[Empty]) -> Response:
    """Return the metrics for Prometheus."""
    accept = call.request.headers.get("accept", "")
    text, media = call.service.metrics.text(accept)
    return Response(text, headers={"Content-Type": media})


ENDPOINTS = (
    Endpoint(
        method="POST", path="/v1/predict", handler=predict, query=PredictQuery,
        body=Raw(PICTURES, 0, streamed=True), response=Predicted, errors=(503,),
        example=examples.PREDICTED,
        summary="Predict the label of each face in the picture in the body.",
    ),
    Endpoint(
        method="POST", path="/v1/predict/many", handler=predict_many, query=PredictQuery,
        body=Raw((FORM, LINES), 0, streamed=True), response=BatchLine, media=LINES, errors=(503,),
        example=examples.BATCH_LINE,
        summary="Predict many pictures: the files of a form, or lines `{\"image\": BASE64}`. The "
        "answer has one JSON object per line, in the order of the pictures.",
    ),
    Socket(
        path="/v1/live", handler=live,
        summary="Send each frame of a video as one binary message, a JPEG file; each answer is the "
        "object of `moue live --json`. The server answers the newest frame and counts the dropped "
        "frames. The first message may be JSON: `{\"key\": API_KEY, \"fps\": 25}`.",
    ),
    Endpoint(
        method="GET", path="/v1/models", handler=models, response=Models,
        example=examples.MODELS, summary="Return the identity of the model, and the limits.",
    ),
    Endpoint(
        method="GET", path="/healthz", handler=healthz, response=Health, open=True,
        example={"status": "ok"}, summary="Return 200 while the server runs.",
    ),
    Endpoint(
        method="GET", path="/readyz", handler=readyz, response=Ready, open=True, errors=(503,),
        example={"status": "ready", "workers": 2},
        summary="Return 200 if a worker process has loaded the model and predicted a picture.",
    ),
    Endpoint(
        method="GET", path="/metrics", handler=metrics, response="text/plain",
        summary="Return the metrics for Prometheus.",
    ),
)  # fmt: skip
"""The endpoints of the server."""
