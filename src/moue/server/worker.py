"""A worker process of the server: it decodes pictures, detects faces and classifies mouths.

The process serves one message at a time and ignores the signals that stop the server; it ends when
the server closes the connection.
"""

from __future__ import annotations

import dataclasses
import gc
import signal
import socket
import time
import traceback
import warnings

import msgspec
import numpy as np

from moue.errors import ImageError, ModelError, MoueError
from moue.live.encoded_frames import EncodedFrames
from moue.media.image import Picture, encode_jpeg
from moue.memory_budget import TooHeavyForWorker, share_among
from moue.parallel import prepare_worker
from moue.predict.batch import get_predictor
from moue.predict.predictor import AnyPredictor
from moue.server.channel import BlockingChannel, ChannelClosed
from moue.server.messages import (
    Answer,
    EndSession,
    Message,
    PredictPicture,
    ProcessFrame,
    Started,
    WorkerConfig,
    unpack,
)
from moue.server.problem import problem
from moue.text import to_json

FIELDS = ("width", "height", "min_face", "note", "faces")
"""Fields of `moue predict --json` in the answers."""


def run(connection: socket.socket, config: WorkerConfig) -> None:
    """Load the model and answer messages until the connection is closed."""
    prepare_worker(config.workers)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    channel = BlockingChannel(connection)
    encode = msgspec.msgpack.Encoder().encode
    try:
        worker = _load(config)
        channel.send(encode(Started(worker if isinstance(worker, str) else "")))
        while isinstance(worker, Worker):
            channel.send(encode(worker.answer(unpack(*channel.receive()))))
    except ChannelClosed:
        pass


def _load(config: WorkerConfig) -> Worker | str:
    """Return the worker of a config, or the reason why its model cannot be loaded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the server has shown the warnings already
            worker = Worker(config, get_predictor(config.predictor))
        worker.warm_up()
        gc.freeze()  # the collector does not walk through the libraries during a prediction
    except (MoueError, OSError) as error:
        return str(error)
    except MemoryError:
        return "not enough memory to load the model"
    return worker


class Worker:
    """Answers the messages of the server."""

    def __init__(self, config: WorkerConfig, predictor: AnyPredictor) -> None:
        self._config, self._predictor = config, predictor
        self._sessions: dict[int, EncodedFrames] = {}
        self._model = dataclasses.asdict(config.identity)

    def warm_up(self) -> None:
        """Predict an empty picture, so that the first request is not slower than the others."""
        self.answer(PredictPicture(encode_jpeg(np.full((480, 640, 3), 128, np.uint8))))

    def answer(self, message: Message) -> Answer:
        """Return the answer to a message; an unexpected error does not end the worker."""
        try:
            return self._answer(message)
        except Exception:  # noqa: BLE001  the server logs it
            body = problem(500, "unexpected", "the log of the server shows the details")
            return Answer(500, body, "unexpected", traceback=traceback.format_exc())

    def _answer(self, message: Message) -> Answer:
        match message:
            case PredictPicture():
                return self._predict(message)
            case ProcessFrame():
                return self._frame(message)
            case EndSession():
                self._sessions.pop(message.session, None)
        return Answer(200, b"")

    def _predict(self, message: PredictPicture) -> Answer:
        share_among(1 if message.alone else self._config.workers)
        try:
            return self._result(message)
        except TooHeavyForWorker:
            return Answer(503, b"", too_heavy=True)
        except ImageError as error:
            return _problem(422, error.reason, error.detail)
        except ModelError as error:
            return _problem(422, "max_error", str(error))
        except MemoryError:
            return _problem(503, "memory", "not enough memory to read the picture; try again later")

    def _result(self, message: PredictPicture) -> Answer:
        start = time.perf_counter()
        predictor = self._predictor.with_options(message.max_error, message.min_face)
        picture = Picture(message.data, self._config.max_pixels)
        picture.rgb()
        decoded = time.perf_counter()
        result = predictor.predict_picture(picture, "", self._config.max_faces)
        fields = result.to_dict()
        body = {"model": self._model} | {name: fields[name] for name in FIELDS}
        seconds = {"decode": decoded - start, "predict": time.perf_counter() - decoded}
        return Answer(200, to_json(body).encode(), faces=len(result.faces), seconds=seconds)

    def _frame(self, message: ProcessFrame) -> Answer:
        frames = self._sessions.get(message.session)
        if frames is None:
            frames = EncodedFrames(self._predictor, self._config.live)
            self._sessions[message.session] = frames
        start = time.perf_counter()
        shown = frames.process(message.data, message.number, message.time, message.dropped)
        body = to_json({name: value for name, value in shown.items() if name != "file"})
        seconds = {"live": time.perf_counter() - start}
        return Answer(200, body.encode(), faces=len(shown["faces"]), seconds=seconds)


def _problem(status: int, reason: str, detail: str) -> Answer:
    return Answer(status, problem(status, reason, detail), reason)
