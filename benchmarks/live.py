"""`moue live`: flicker and delay of its labels, and the time per frame.

Measured on labelled sequences (see `sequences`), with and without smoothing, and compared with
chapter 5 of the tutorial, which detects faces in every frame but no labels. The delay is the number
of frames from a true change to the first frame that shows it. Every other change counts as flicker.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from benchmarks.command import command
from benchmarks.inputs import Bench
from benchmarks.memory import FLAT
from benchmarks.sequences import FPS, Labelled, people, sequence
from benchmarks.table import Row, times
from benchmarks.timing import Spent
from moue.face.backends import FaceSettings
from moue.face.dlib68 import available
from moue.face.haar import plain_cascade
from moue.live.live_settings import LiveSettings
from moue.live.watch import Watcher
from moue.media.video import Frame, write_video
from moue.predict.predictor import Predictor

SECONDS = 15
SAMPLE = 20
"""Number of frames per sequence on which the cascade of the tutorial is timed."""


@dataclass
class Score:
    """Flicker, delay and accuracy of the labels, over several sequences.

    Attributes:
        flicker: number of shown changes that are not true.
        delays: in frames, of each change that was shown before the next one.
        missed: number of changes that were not shown.
    """

    flicker: int = 0
    delays: list[int] = field(default_factory=list)
    missed: int = 0
    right: int = 0
    frames: int = 0

    def add(self, shown: Sequence[str | None], truth: Sequence[str]) -> None:
        """Add one sequence."""
        changes = [i for i in range(1, len(truth)) if truth[i] != truth[i - 1]]
        changed = sum(a is not None and a != b for a, b in pairwise(shown))
        hits = 0
        for at, end in zip(changes, [*changes[1:], len(truth)], strict=True):
            first = next((i for i in range(at, end) if shown[i] == truth[at]), None)
            if first is not None:
                self.delays.append(first - at)
                hits += 1
        self.missed += len(changes) - hits
        self.flicker += max(0, changed - hits)
        self.right += sum(a == b for a, b in zip(shown, truth, strict=True))
        self.frames += len(truth)

    def words(self) -> str:
        """Return the numbers as text."""
        return (
            f"{self.flicker * 60 * FPS / self.frames:.1f} false changes per minute, delay "
            f"{np.mean(self.delays):.1f} frames (95 % within {np.percentile(self.delays, 95):.0f})"
            f", {self.missed} of {len(self.delays) + self.missed} changes missed, "
            f"{self.right / self.frames:.1%} of frames right"
        )


def run(bench: Bench) -> list[Row]:
    """Process a sequence of each person with every installed backend."""
    shown = list(people().values())[:: bench.few(3, 12)]
    rows = []
    for backend in ("moue", "haar", "dlib68") if available() else ("moue", "haar"):
        predictor = Predictor.load(None, FaceSettings(backend=backend))
        now, steady, ours, theirs, searches = Score(), Score(), Spent(0, 0), Spent(0, 0), 0
        for seed, person in enumerate(shown):
            frames = list(sequence(person, seed, bench.few(SECONDS, 6) * FPS))
            watcher = Watcher(predictor, LiveSettings())
            watcher.process(Frame(0, 0.0, frames[0].image))  # loads the models
            labels, spent = _watched(watcher, frames)
            truth = [frame.label for frame in frames]
            now.add([label for label, _ in labels], truth)
            steady.add([label for _, label in labels], truth)
            ours = _sum(ours, spent)
            theirs = _sum(theirs, _tutorial(frames[:SAMPLE]))
            searches += watcher.tracker.searches
        note = (
            f"{len(shown)} sequences, {now.frames / FPS / 60:.1f} min; {searches} full-frame "
            f"searches. Without smoothing: {now.words()}. Smoothed: {steady.words()}"
        )
        rows.append(times(
            f"live: 640x480 frame, {backend}", _mean(theirs, SAMPLE * len(shown)),
            _mean(ours, now.frames), note=note,
        ))  # fmt: skip
    return [*rows, _memory(bench)]


def _memory(bench: Bench) -> Row:
    """Run the command on a short and a long video, with all outputs."""
    folder, shown = bench.place("live"), next(iter(people().values()))
    few = bench.few(3 * 60, 8) * FPS
    peaks = []
    for frames in (few, 4 * few):
        video = folder / f"{frames}.mp4"
        with write_video(video, 1 / FPS) as add:
            for number, frame in enumerate(sequence(shown, 0, frames)):
                small = np.asarray(cv2.resize(frame.image, (320, 240)), np.uint8)
                add(small, number / FPS)
        out = (str(folder / "out.mp4"), str(folder / "out.png"))
        _, peak = command("live", str(video), "--json", "--video", out[0], "--timeline", out[1])
        peaks.append(peak)
    return Row(
        step="live: memory",
        moue=f"{peaks[0]:.0f} and {peaks[1]:.0f} MiB",
        goal="flat",
        reached=peaks[1] <= FLAT * peaks[0],
        note=f"videos of {few:,} and {4 * few:,} frames, with --video and --timeline",
    )


def _watched(
    watcher: Watcher, frames: list[Labelled]
) -> tuple[list[tuple[str | None, str | None]], Spent]:
    """Return the unsmoothed and the smoothed label of each frame, and the total time in ms."""
    labels: list[tuple[str | None, str | None]] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for index, frame in enumerate(frames):
        seen = watcher.process(Frame(index, index / FPS, frame.image)).faces
        person = seen[0] if seen else None
        # A face that is lost for a moment keeps its labels.
        before = labels[-1] if labels else (None, None)
        labels.append((person.unsmoothed.label, person.smoothed.label) if person else before)
    spent = Spent((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)
    return labels, spent


def _tutorial(frames: list[Labelled]) -> Spent:
    detect = plain_cascade()
    wall, cpu = time.perf_counter(), time.process_time()
    for frame in frames:
        detect(np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), np.uint8))
    return Spent((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(one.cpu + other.cpu, one.wall + other.wall)


def _mean(spent: Spent, frames: int) -> Spent:
    return Spent(spent.cpu / frames, spent.wall / frames)
