"""Thumbnails, pictures and crops. All of them are encoded again, so that no file is sent as is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.responses import Response

from moue.errors import ImageError
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import ApiError, _, not_found
from moue.media.image import encode_jpeg, encode_png, read_image, read_reduced, resize_to_fit
from moue.studio.endpoint import Call
from moue.studio.schema import Request
from moue.workspace.types import Sample

IMMUTABLE = "private, max-age=31536000, immutable"
LARGEST = 2048
_QUALITY = 90

Side = Annotated[int, msgspec.Meta(ge=32, le=LARGEST)]


class ThumbnailQuery(Request, frozen=True):
    """`v` is the version in the URL of a list; with it, the browser may keep the picture."""

    v: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{0,64}$")] = ""
    side: Annotated[int, msgspec.Meta(ge=96, le=192)] = 96


class ImageQuery(Request, frozen=True):
    """`side` is the maximum of the longer side, in pixels."""

    side: Side = LARGEST


async def picture_thumbnail(call: Call[ThumbnailQuery, None]) -> Response:
    """Return the thumbnail of a picture."""
    return await _thumbnail(call, "pictures")


async def mouth_thumbnail(call: Call[ThumbnailQuery, None]) -> Response:
    """Return the thumbnail of a mouth crop."""
    return await _thumbnail(call, "mouths")


async def _thumbnail(call: Call[ThumbnailQuery, None], kind: str) -> Response:
    query = call.query
    side = 96 if query.side <= 96 else 192
    found = await call.studio.thumbnails.get(kind, call.path["name"], query.v, side)
    etag = f'"{found.version}-{side}"'
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE if found.version == query.v else "no-cache"}
    if call.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type="image/webp", headers=headers)


def picture_image(call: Call[ImageQuery, None]) -> Response:
    """Return the converted picture as JPEG."""
    return _picture(call, original=False)


def picture_original(call: Call[ImageQuery, None]) -> Response:
    """Return the original as JPEG."""
    return _picture(call, original=True)


def _picture(call: Call[ImageQuery, None], original: bool) -> Response:
    workspace, name = call.studio.workspace, call.path["name"]
    with call.studio.readers.reading() as reader:
        sample: Sample | None = next(reader.catalog.samples(name=name), None)
    if sample is None:
        raise not_found(name)
    file = workspace.image(name)
    if original or not file.exists():
        file = workspace.original(sample)
    try:
        with call.studio.decoding:
            image = resize_to_fit(read_reduced(file, call.query.side), call.query.side)
            data = encode_jpeg(image, _QUALITY)
    except (ImageError, OSError) as error:
        raise _not_shown(name) from error
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-cache"})


def mouth_image(call: Call[Empty, None]) -> Response:
    """Return the crop of a mouth as PNG, in its own size."""
    name = call.path["name"]
    with call.studio.readers.reading() as reader:
        if next(reader.catalog.mouths(name=name), None) is None:
            raise not_found(name)
    try:
        data = encode_png(read_image(call.studio.workspace.mouth(name)))
    except (ImageError, OSError) as error:
        raise _not_shown(name) from error
    return Response(data, media_type="image/png", headers={"Cache-Control": "no-cache"})


def _not_shown(name: str) -> ApiError:
    return ApiError(404, "no_picture", _("the picture {name} cannot be shown"), name=name)


ROUTES = (
    Endpoint(
        method="GET", path="/thumbnails/pictures/{name}.webp", handler=picture_thumbnail,
        query=ThumbnailQuery, response="image/webp", errors=(404, 503),
        summary="Return the thumbnail of a picture, 96 or 192 px.",
    ),
    Endpoint(
        method="GET", path="/thumbnails/mouths/{name}.webp", handler=mouth_thumbnail,
        query=ThumbnailQuery, response="image/webp", errors=(404, 503),
        summary="Return the thumbnail of a mouth crop, 96 or 192 px.",
    ),
    Endpoint(
        method="GET", path="/pictures/{name}/image", handler=picture_image, query=ImageQuery,
        response="image/jpeg", errors=(404,), summary="Return the converted picture as JPEG.",
    ),
    Endpoint(
        method="GET", path="/pictures/{name}/original", handler=picture_original,
        query=ImageQuery, response="image/jpeg", errors=(404,),
        summary="Return the original as JPEG.",
    ),
    Endpoint(
        method="GET", path="/mouths/{name}/image", handler=mouth_image, response="image/png",
        errors=(404,), summary="Return the crop of a mouth as PNG.",
    ),
)  # fmt: skip
