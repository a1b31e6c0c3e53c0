"""Read a request with many pictures: several files of a form, or one base64 text per line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from moue.http_api.errors import ApiError

LINES = "application/x-ndjson"
FORM = "multipart/form-data"


class PictureLine(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a request: a picture file in base64."""

    image: bytes


@dataclass(frozen=True, slots=True)
class BadPicture:
    """A picture of a request that cannot be predicted.

    Attributes:
        status: HTTP status of its error.
        reason: word for the kind of error.
        detail: description for people.
    """

    status: int
    reason: str
    detail: str


def pictures(body: bytes, kind: str, most: int, max_bytes: int) -> list[bytes | BadPicture]:
    """Return the pictures of a request, in order.

    Args:
        body: body of the request.
        kind: header `Content-Type`.
        most: maximum number of pictures.
        max_bytes: maximum size of a picture, in bytes.

    Raises:
        ApiError: the body is malformed, has no picture, or has too many.
    """
    name = kind.partition(";")[0].strip().lower()
    read = _files(body, kind, most) if name == FORM else _lines(body, most)
    found = list(read)
    if not found:
        raise ApiError(422, "invalid", "the request contains no picture")
    return [
        BadPicture(413, "too_large", f"the picture has more than {max_bytes:,} bytes")
        if isinstance(one, bytes) and len(one) > max_bytes
        else one
        for one in found
    ]


def _lines(body: bytes, most: int) -> Iterator[bytes | BadPicture]:
    decoder = msgspec.json.Decoder(PictureLine)
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > most:
        raise _too_many(most)
    for line in lines:
        try:
            yield decoder.decode(line).image
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield BadPicture(422, "invalid", f"the line is not valid: {str(error)[:200]}")


@dataclass
class _Files:
    """Collects the files of a form while it is parsed."""

    most: int
    files: list[bytearray] = field(default_factory=list)
    ended: bool = False

    def begin(self) -> None:
        if len(self.files) >= self.most:
            raise _too_many(self.most)
        self.files.append(bytearray())

    def data(self, data: bytes, start: int, end: int) -> None:
        self.files[-1] += data[start:end]

    def end(self) -> None:
        self.ended = True


def _files(body: bytes, kind: str, most: int) -> Iterator[bytes]:
    _name, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    found = _Files(most)
    callbacks: Any = {
        "on_part_begin": found.begin, "on_part_data": found.data, "on_end": found.end,
    }  # fmt: skip
    try:
        if not boundary:
            raise MultipartParseError("the content type has no boundary")
        parser = MultipartParser(boundary, callbacks)
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise ApiError(422, "invalid", f"the form is not valid: {str(error)[:200]}") from error
    if not found.ended:
        raise ApiError(422, "invalid", "the form is not complete")
    return map(bytes, found.files)


def _too_many(most: int) -> ApiError:
    return ApiError(413, "too_many", f"the request has more than {most} pictures")
