"""The numbers of the server for Prometheus. None of them belongs to a picture or a client."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    exposition,
)
from prometheus_client.openmetrics import exposition as openmetrics

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper limits of the bins of the durations, in seconds."""


class Metrics:
    """The metrics of one server.

    Attributes:
        requests: answered requests, by route and status.
        durations: duration of the requests, by route.
        refusals: refused requests, by reason.
        faces: classified faces.
        restarts: worker processes that were replaced.
        queue: pictures that wait for a worker.
        workers: worker processes that are ready.
        live: live videos.
    """

    def __init__(self) -> None:
        own = self.registry = CollectorRegistry()
        ProcessCollector(registry=own)
        self.requests = Counter(
            "moue_requests", "Answered requests.", ("route", "status"), registry=own
        )
        self.durations = Histogram(
            "moue_request_seconds", "Duration of the requests.", ("route",), buckets=_SECONDS,
            registry=own,
        )  # fmt: skip
        self._stages = Histogram(
            "moue_stage_seconds", "Duration of the stages of a prediction.", ("stage",),
            buckets=_SECONDS, registry=own,
        )  # fmt: skip
        self._stage: dict[str, Histogram] = {}
        self.refusals = Counter(
            "moue_refusals", "Requests that were not answered, by reason.", ("reason",),
            registry=own,
        )  # fmt: skip
        self.faces = Counter("moue_faces", "Classified faces in pictures and frames.", registry=own)
        self.restarts = Counter(
            "moue_worker_restarts", "Worker processes that were replaced.", registry=own
        )
        self.queue = Gauge("moue_queue_length", "Pictures that wait for a worker.", registry=own)
        self.workers = Gauge("moue_workers_ready", "Worker processes that are ready.", registry=own)
        self.live = Gauge("moue_live_sessions", "Live videos.", registry=own)

    def stage(self, name: str, seconds: float) -> None:
        """Record the duration of a stage of a prediction, in seconds."""
        if (stage := self._stage.get(name)) is None:
            stage = self._stage[name] = self._stages.labels(name)  # slower than the observation
        stage.observe(seconds)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics and their media type.

        Args:
            accept: header `Accept` of the request; OpenMetrics is used if it names it.
        """
        if "application/openmetrics-text" in accept:
            text: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            return text, openmetrics.CONTENT_TYPE_LATEST
        return exposition.generate_latest(self.registry), exposition.CONTENT_TYPE_LATEST
