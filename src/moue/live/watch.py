"""From frames to persons and what they show: where tracking, model and steadying meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from moue.face.backends import detect_faces, detect_nearby
from moue.live.live_settings import LiveSettings
from moue.live.smoothing import LabelSmoother
from moue.live.tracker import Tracker
from moue.media.image import Picture
from moue.media.video import Frame
from moue.predict.prediction import AnyPrediction, Prediction
from moue.predict.predictor import AnyPredictor
from moue.workspace.types import Face, Image

TURNED_EVERY = 1.0
"""Seconds of the video between frames of which turned copies are looked at too."""


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """Somebody in view.

    Attributes:
        number: from 1, in the order of appearance; kept over short losses.
        now: what this frame alone shows.
        steady: what is shown to people: averaged over time, slow to give way.
    """

    number: int
    now: AnyPrediction
    steady: AnyPrediction

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: as of `moue predict`, with `person` and `now` besides."""
        now = {"label": self.now.label, "probability": round(self.now.probability, 4)}
        return {"person": self.number} | self.steady.to_dict() | {"now": now}


@dataclass(frozen=True, slots=True)
class View:
    """One frame and who is in it.

    Attributes:
        time: seconds of the video, never less than in the view before.
        people: in the order of their numbers.
        gone: numbers of those who will not come back, and when they were last seen.
    """

    frame: Frame
    time: float
    people: tuple[TrackedFace, ...] = ()
    gone: tuple[tuple[int, float], ...] = ()

    @property
    def image(self) -> Image:
        """The frame's pixels."""
        return self.frame.image

    def to_dict(self, name: str, dropped: int) -> dict[str, Any]:
        """Return the JSON object that `moue live --json` prints.

        Args:
            name: of the source.
            dropped: frames that were not looked at, up to this one.
        """
        height, width = self.image.shape[:2]
        return {
            "file": name,
            "frame": self.frame.index,
            "time": round(self.time, 3),
            "width": width,
            "height": height,
            "dropped": dropped,
            "faces": [person.to_dict() for person in self.people],
        }


class Watcher:
    """Tells who is in a frame and what each shows, knowing the frames before.

    Attributes:
        tracker: counts persons and searches.
        labels: that the model knows.

    Example:
        watcher = Watcher(Predictor.load(), LiveSettings())
        for frame in frames(Path("clip.mp4")):
            for person in watcher.look(frame).people:
                print(frame.time, person.number, person.steady.label)
    """

    def __init__(self, predictor: AnyPredictor, settings: LiveSettings) -> None:
        self.labels = predictor.classifier.spec.labels
        self.tracker = Tracker(
            self._find,
            partial(detect_nearby, settings=predictor.face),
            settings,
        )
        self._predictor, self._settings = predictor, settings
        self._steady: dict[int, LabelSmoother] = {}
        self._time, self._turned = 0.0, -TURNED_EVERY

    def look(self, frame: Frame) -> View:
        """Return who is in the next frame. A time that goes back is taken for the one before."""
        self._time = max(self._time, frame.time)
        here, gone = self.tracker.update(Picture.from_array(frame.image), self._time)
        found = self._predictor.judge(frame.image, [track.face for track in here]) if here else []
        people = tuple(
            TrackedFace(track.person, now, self._steadied(track.person, now))
            for track, now in zip(here, found, strict=True)
        )
        for track in gone:
            self._steady.pop(track.person, None)
        return View(frame, self._time, people, tuple((t.person, t.seen) for t in gone))

    def _find(self, picture: Picture) -> list[Face]:
        """Return all faces; turned copies are looked at now and then, since they take long."""
        any_way_up = self._time - self._turned >= TURNED_EVERY
        if any_way_up:
            self._turned = self._time
        return detect_faces(picture, self._predictor.face, any_way_up=any_way_up)

    def _steadied(self, person: int, now: AnyPrediction) -> AnyPrediction:
        if person not in self._steady:
            self._steady[person] = LabelSmoother(
                self.labels, self._settings.smooth, self._settings.margin, self._predictor.least
            )
        steady = self._steady[person]
        label = steady.update([now.probabilities[name] for name in self.labels], self._time)
        averaged = dict(zip(self.labels, steady.probabilities.tolist(), strict=True))
        probability = max(averaged.values()) if label is None else averaged[label]
        return Prediction(now.face, label, probability, averaged)
