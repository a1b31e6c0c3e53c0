"""Draw `docs/pictures/live.jpg` from the generated photos of two people.

Above: a frame of `moue live --cascade`. Below: the timeline of its 24 seconds. The frame rates are
those of the machine that draws it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from benchmarks.sequences import FPS, people, sequence
from moue import Predictor
from moue.live.cascade import cascade
from moue.live.draw_view import side_by_side
from moue.live.live_settings import LiveSettings
from moue.live.session import run_session
from moue.live.timeline import Timeline
from moue.live.timeline_chart import PAPER, chart
from moue.live.watch import View, Watcher
from moue.media.video import Frame

PEOPLE = ("face-010", "face-012")
FRAMES, SHOWN = 24 * FPS, 207
WIDTH, GAP = 1400, 24


def main() -> None:
    """Write the picture."""
    cv2.setNumThreads(1)
    watcher = Watcher(Predictor.load(), LiveSettings())
    timeline = Timeline(watcher.labels)
    drawn: list[np.ndarray] = []
    with cascade(waits=True) as search:
        paint = side_by_side(search)

        def output(view: View) -> None:
            for face in view.faces:
                timeline.add(face.number, face.smoothed.label, view.time,
                             1 / FPS, face.smoothed.face, view.image)  # fmt: skip

        def measure(view: View, seconds: float) -> None:
            if SHOWN - 50 < view.frame.index <= SHOWN:
                drawn.append(paint(view, seconds))

        run_session(scene(), watcher, [output], measure)
    parts = [resized(drawn[-1]), resized(chart(timeline, "two generated people"))]
    height = sum(part.height for part in parts) + GAP
    canvas = PIL.Image.new("RGB", (WIDTH, height), PAPER)
    canvas.paste(parts[0], (0, 0))
    canvas.paste(parts[1], (0, parts[0].height + GAP))
    canvas.save(Path(__file__).parents[1] / "pictures" / "live.jpg", quality=86)


def scene():
    """Yield frames of 640 x 480 with both beside each other."""
    shown = people()
    both = zip(
        *(sequence(shown[name], seed, FRAMES) for seed, name in enumerate(PEOPLE)), strict=True
    )
    for number, (left, right) in enumerate(both):
        image = np.hstack([left.image[:, 160:480], right.image[:, 160:480]])
        yield Frame(number, number / FPS, np.ascontiguousarray(image))


def resized(image: np.ndarray) -> PIL.Image.Image:
    """Return a picture as wide as the canvas."""
    picture = PIL.Image.fromarray(image)
    size = (WIDTH, round(picture.height * WIDTH / picture.width))
    return picture.resize(size, PIL.Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
