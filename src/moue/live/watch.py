"""Track the faces of a video and classify their mouths, frame by frame."""

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

__all__ = ["TrackedFace", "View", "Watcher"]

ROTATED_SEARCH_INTERVAL = 1.0
"""Interval between searches of rotated copies of the frame, which are slow, in seconds."""


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A visible face with its track number and predictions.

    Attributes:
        number: number of the track, from 1.
        unsmoothed: prediction for this frame alone.
        smoothed: prediction smoothed over time, which the outputs show.
    """

    number: int
    unsmoothed: AnyPrediction
    smoothed: AnyPrediction

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict: the smoothed prediction, `track` and `unsmoothed`."""
        unsmoothed = {
            "label": self.unsmoothed.label,
            "probability": round(self.unsmoothed.probability, 4),
        }
        return {"track": self.number} | self.smoothed.to_dict() | {"unsmoothed": unsmoothed}


@dataclass(frozen=True, slots=True)
class View:
    """One frame and its tracked faces.

    Attributes:
        frame: frame of the video.
        time: time in the video in seconds, not before the previous view.
        faces: visible faces, sorted by track number.
        lost: pairs of the number and the time of the last detection of each deleted track.
    """

    frame: Frame
    time: float
    faces: tuple[TrackedFace, ...] = ()
    lost: tuple[tuple[int, float], ...] = ()

    @property
    def image(self) -> Image:
        """The pixels of the frame, (H, W, 3) uint8 RGB."""
        return self.frame.image

    def to_dict(self, name: str, dropped: int) -> dict[str, Any]:
        """Return the JSON object that `moue live --json` prints.

        Args:
            name: name of the source.
            dropped: number of frames dropped so far.
        """
        height, width = self.image.shape[:2]
        return {
            "file": name,
            "frame": self.frame.index,
            "time": round(self.time, 3),
            "width": width,
            "height": height,
            "dropped": dropped,
            "faces": [face.to_dict() for face in self.faces],
        }


class Watcher:
    """Tracks the faces of a video and classifies their mouths.

    Attributes:
        tracker: tracker of the faces.
        labels: labels of the model.

    Example:
        watcher = Watcher(Predictor.load(), LiveSettings())
        for frame in frames(Path("clip.mp4")):
            for face in watcher.process(frame).faces:
                print(frame.time, face.number, face.smoothed.label)
    """

    def __init__(self, predictor: AnyPredictor, settings: LiveSettings) -> None:
        self.labels = predictor.classifier.spec.labels
        self.tracker = Tracker(
            self._find, partial(detect_nearby, settings=predictor.face), settings
        )
        self._predictor, self._settings = predictor, settings
        self._smoothers: dict[int, LabelSmoother] = {}
        self._time, self._last_rotated = 0.0, -ROTATED_SEARCH_INTERVAL

    def process(self, frame: Frame) -> View:
        """Track and classify the faces of the next frame.

        A time before that of the previous frame is replaced by the time of the previous frame.
        """
        self._time = max(self._time, frame.time)
        tracks, ended = self.tracker.update(Picture.from_array(frame.image), self._time)
        predictions = self._predictor.classify_faces(frame.image, [t.face for t in tracks])
        faces = tuple(
            TrackedFace(track.number, prediction, self._smoothed(track.number, prediction))
            for track, prediction in zip(tracks, predictions, strict=True)
        )
        for track in ended:
            self._smoothers.pop(track.number, None)
        return View(frame, self._time, faces, tuple((t.number, t.last_seen) for t in ended))

    def _find(self, picture: Picture) -> list[Face]:
        """Return all faces in a frame; rotated copies are searched only at intervals."""
        rotated = self._time - self._last_rotated >= ROTATED_SEARCH_INTERVAL
        if rotated:
            self._last_rotated = self._time
        return detect_faces(picture, self._predictor.face, rotated=rotated)

    def _smoothed(self, number: int, prediction: AnyPrediction) -> AnyPrediction:
        smoother = self._smoothers.setdefault(
            number,
            LabelSmoother(self.labels, self._settings, self._predictor.min_probability),
        )
        label = smoother.update([prediction.probabilities[n] for n in self.labels], self._time)
        averaged = dict(zip(self.labels, smoother.probabilities.tolist(), strict=True))
        probability = max(averaged.values()) if label is None else averaged[label]
        return Prediction(prediction.face, label, probability, averaged)
