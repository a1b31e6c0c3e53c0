"""The command `live`."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from moue.bulk import loaded
from moue.cli import INTERRUPTED
from moue.cli.models import load, model_option
from moue.cli.options import PATH, Common, common
from moue.cli.show import Shown
from moue.errors import SourceError
from moue.face.locate import FaceSettings
from moue.live import outputs, paint
from moue.live.capture import Capture
from moue.live.cascade import cascade
from moue.live.events import Event
from moue.live.outputs import Output
from moue.live.run import interrupted, watch
from moue.live.settings import LiveSettings
from moue.live.source import Source, source
from moue.live.watch import View, Watcher
from moue.sample import Image


@click.command()
@click.argument("where", metavar="SOURCE")
@model_option("the workspace's newest run, else the shipped model")
@click.option("--show", is_flag=True, help="Open a window; q ends.")
@click.option("--video", type=PATH, help="Annotated video to write, .mp4.")
@click.option("--timeline", type=PATH, help="Picture of who showed what when to write, .png.")
@click.option(
    "--events", is_flag=True,
    help="Print when each expression begins and ends. This is also what is printed without "
    "--json; with it, as JSON in place of a line for each frame.",
)  # fmt: skip
@click.option(
    "--cascade", "lesson", is_flag=True,
    help="Show the lesson's Haar cascade beside, with both frame rates; for --show and --video.",
)  # fmt: skip
@click.option(
    "--realtime", is_flag=True,
    help="Play a file or folder as a camera would, dropping what comes too fast.",
)  # fmt: skip
@click.option(
    "--until", type=click.FloatRange(min=0), metavar="SECONDS", help="End after so many seconds."
)
@click.option(
    "--max-error", type=float, metavar="SHARE",
    help="Share of answers that may be wrong; see `moue predict`.  [default: always answer]",
)  # fmt: skip
@common(FaceSettings, LiveSettings)
def live(
    call: Common,
    where: str,
    model: Path | None,
    show: bool,
    video: Path | None,
    timeline: Path | None,
    events: bool,
    lesson: bool,
    realtime: bool,
    until: float | None,
    max_error: float | None,
) -> None:
    """Watch a camera, a stream, a video or a folder of frames, and tell who shows what.

    SOURCE is a camera's number (0 is the first), an RTSP or HTTP URL, a video file, or a folder
    of pictures that stand in for a camera. Of a camera or stream the newest frame is looked at
    and those in between are counted as dropped; of a file or folder, every frame.

    Faces are followed from frame to frame under one number, also over short losses, and labels
    are steadied over time. Ctrl-C ends it: the video and the timeline are then finished.

    Example: moue live 0 --show

    Example: moue live clip.mp4 --video out.mp4 --timeline out.png --json
    """
    if lesson and not (show or video):
        raise click.UsageError("--cascade is drawn: add --show or --video out.mp4")
    settings = call.config.get(LiveSettings)
    progress = Shown(beside_results=True)
    watched = source(where, settings, progress.say)
    _spare_originals(Path(where), video, timeline)
    watcher = Watcher(loaded(load(call, model, max_error, progress)), settings)
    capture = Capture(watched, settings.timeout, realtime)
    with ExitStack() as stack:
        stopped = stack.enter_context(interrupted(capture.stop))
        stack.enter_context(progress.shown())
        meter = _Meter(watched, watcher, capture)
        sinks: list[Output] = []
        if show or video is not None:
            painter = outputs.once(meter.timed(_painter(stack, lesson, watched, realtime)))
            if show:
                sinks += [stack.enter_context(outputs.shown(watched.name, painter, capture.stop))]
            if video is not None:
                sinks += [stack.enter_context(outputs.filmed(video, painter))]
        if timeline is not None:
            sinks += [stack.enter_context(
                outputs.charted(timeline, watcher.labels, Path(watched.name).name)
            )]  # fmt: skip
        if events or not call.json:
            sinks += [stack.enter_context(outputs.told(_json if call.json else _words))]
        else:
            sinks += [lambda view: click.echo(_line(view.to_dict(watched.name, capture.dropped)))]
        frames = progress.track(stack.enter_context(capture), watched.name, watched.total)
        error = watch(frames, watcher, sinks, meter.looked, until)
    if meter.frames:
        progress.say(meter.words())
    if error is not None:
        raise error
    if not meter.frames and not stopped():
        raise SourceError(f"{watched.name}: gave no picture")
    if stopped():
        click.get_current_context().exit(INTERRUPTED)


class _Meter:
    """Counts frames and how long they took to know."""

    def __init__(self, watched: Source, watcher: Watcher, capture: Capture) -> None:
        self._watched, self._watcher, self._capture = watched, watcher, capture
        self.frames, self._total, self._last = 0, 0.0, 0.0

    def looked(self, view: View, seconds: float) -> None:
        self.frames += 1
        self._last = seconds
        self._total += seconds

    def timed(self, painter: paint.Painter) -> Callable[[View], Image]:
        return lambda view: painter(view, self._last)

    def words(self) -> str:
        """Say what has been done, for people."""
        tracker = self._watcher.tracker
        each = f", {1e3 * self._total / self.frames:.1f} ms each" if self.frames else ""
        return (
            f"{self._watched.name}: {self.frames:,} frames{each}, {self._capture.dropped:,} "
            f"dropped; {tracker.people:,} {'person' if tracker.people == 1 else 'people'}; "
            f"{tracker.searches:,} frames searched whole"
        )


def _painter(stack: ExitStack, lesson: bool, watched: Source, realtime: bool) -> paint.Painter:
    if not lesson:
        return paint.painted
    return paint.beside(stack.enter_context(cascade(not (watched.live or realtime))))


def _spare_originals(where: Path, *targets: Path | None) -> None:
    for target in (t for t in targets if t is not None):
        if where.exists() and where.resolve() in (target.resolve(), target.resolve().parent):
            raise SourceError(f"{target}: is or lies in what is watched; write it elsewhere")


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def _json(event: Event) -> None:
    click.echo(_line(event.to_dict()))


def _words(event: Event) -> None:
    click.echo(event.words)
