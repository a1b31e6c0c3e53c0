"""The messages between the server and its worker processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from moue.live.live_settings import LiveSettings
from moue.predict.batch import PredictorConfig
from moue.predict.model_identity import ModelIdentity


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a worker process needs to start.

    Attributes:
        predictor: model and settings of face detection.
        live: settings of tracking and smoothing.
        identity: identity of the model, part of each answer.
        max_pixels: maximum of width x height of a picture.
        max_faces: maximum number of faces that are classified in a picture.
        workers: number of worker processes.
    """

    predictor: PredictorConfig
    live: LiveSettings
    identity: ModelIdentity
    max_pixels: int
    max_faces: int
    workers: int


class PredictPicture(msgspec.Struct, frozen=True, tag=True):
    """Request to classify the mouths in a picture.

    Attributes:
        data: picture file.
        max_error: maximum error rate; None if the model never abstains.
        min_face: minimum face size in pixels; None for the setting of the server.
        alone: True if no other worker may decode a large picture at the same time.
    """

    data: bytes
    max_error: float | None = None
    min_face: int | None = None
    alone: bool = False


class ProcessFrame(msgspec.Struct, frozen=True, tag=True):
    """Track and classify the faces of a frame of a live video.

    Attributes:
        session: number of the live video.
        data: picture file.
        number: number of the frame, from 0.
        time: time of the frame, in seconds.
        dropped: number of frames dropped so far.
    """

    session: int
    data: bytes
    number: int
    time: float
    dropped: int


class EndSession(msgspec.Struct, frozen=True, tag=True):
    """Forget the faces of a live video."""

    session: int


Message: TypeAlias = PredictPicture | ProcessFrame | EndSession


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def pack(message: Message) -> tuple[bytes, bytes]:
    """Return a message without its picture file, encoded, and the picture file, not copied."""
    if isinstance(message, EndSession):
        return _encoder.encode(message), b""
    return _encoder.encode(msgspec.structs.replace(message, data=b"")), message.data


def unpack(head: bytes, data: bytes) -> Message:
    """Return the message that `pack` encoded."""
    message: Message = _decoder.decode(head)
    return (
        message if isinstance(message, EndSession) else msgspec.structs.replace(message, data=data)
    )


class Started(msgspec.Struct, frozen=True):
    """First message of a worker process.

    Attributes:
        error: reason why the model cannot be loaded; empty if it is loaded.
    """

    error: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The answer of a worker.

    Attributes:
        status: HTTP status.
        body: JSON object of the answer.
        reason: word for the kind of error; empty for status 200.
        faces: number of faces.
        seconds: duration of each stage, in seconds.
        traceback: traceback of an unexpected error, for the log of the server.
        too_heavy: True if the picture needs more memory than the share of one worker, and was not
            decoded.
    """

    status: int
    body: bytes
    reason: str = ""
    faces: int = 0
    seconds: dict[str, float] = {}
    traceback: str = ""
    too_heavy: bool = False
