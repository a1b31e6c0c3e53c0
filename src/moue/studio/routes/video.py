"""Predict an uploaded video as a job, and return its timeline."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from moue.http_api.endpoint import Empty, Endpoint, Raw
from moue.http_api.errors import not_found
from moue.studio.endpoint import Call
from moue.studio.jobs.job import Job
from moue.studio.schema_model import ModelQuery
from moue.studio.videos import COMMAND

VIDEO_LIMIT = 1 << 30
"""Maximum size of a video, in bytes."""


class TimelinePoint(msgspec.Struct):
    """The face with the lowest track number in one frame; its label is smoothed over time."""

    time: float
    track: int
    label: str | None
    probabilities: dict[str, float]


class Timeline(msgspec.Struct):
    """The labels of a video so far.

    Attributes:
        state: state of the job.
        frames: number of predicted frames.
        fps: frames per second; None for fewer than two frames.
        timeline: one point for each frame with a face.
    """

    state: str
    frames: int
    fps: float | None
    timeline: list[TimelinePoint]


async def predict_video(call: Call[ModelQuery, None]) -> Job:
    """Store the video in the body, and start the job that predicts it."""
    studio = call.studio
    model = await run_in_threadpool(studio.models.load, call.query.model)
    video = await studio.videos.store(call.chunks())
    return await run_in_threadpool(studio.videos.predict, video, model.name, model.run)


def timeline(call: Call[Empty, None]) -> Timeline:
    """Return the labels that the job of a video has found so far."""
    job = call.studio.jobs.get(call.path["id"])
    if job.command != COMMAND:
        raise not_found(job.id)
    times, points = [], []
    for frame in call.studio.videos.frames(job):
        times.append(float(frame["time"]))
        if frame["faces"]:
            points.append(_point(times[-1], min(frame["faces"], key=lambda one: one["track"])))
    gaps = [b - a for a, b in pairwise(times) if b > a]
    fps = 1 / statistics.median(gaps) if gaps else None
    return Timeline(job.state, len(times), fps, points)


def _point(time: float, face: dict[str, Any]) -> TimelinePoint:
    return TimelinePoint(time, face["track"], face["label"], face["probabilities"])


ROUTES = (
    Endpoint(
        method="POST", path="/predict/video", handler=predict_video, query=ModelQuery,
        body=Raw(("video/*", "application/octet-stream"), VIDEO_LIMIT, streamed=True),
        response=Job, errors=(404, 409, 413, 415),
        summary="Predict the video in the body as a job; the video is deleted afterwards.",
    ),
    Endpoint(
        method="GET", path="/jobs/{id}/timeline", handler=timeline, response=Timeline,
        errors=(404,), summary="The labels that the job of a video has found so far.",
    ),
)  # fmt: skip
