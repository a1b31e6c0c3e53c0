"""The command `live`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import click

from moue.cli.cmd_model import DEVICE, SELECTED, load, model_option
from moue.cli.console import ConsoleProgress
from moue.cli.exit_codes import INTERRUPTED
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.dataset.convert import ConvertSettings
from moue.errors import SourceError
from moue.face.backends import FaceSettings
from moue.files import ready_to_write
from moue.live import draw_view, outputs
from moue.live.capture import Capture
from moue.live.cascade import cascade
from moue.live.events import Event, EventRules
from moue.live.live_settings import LiveSettings
from moue.live.outputs import Output
from moue.live.session import interrupted, run_session
from moue.live.source import LiveSource, source
from moue.live.watch import View, Watcher
from moue.model.providers import Device
from moue.predict.batch import get_predictor


@click.command()
@click.argument("where", metavar="SOURCE")
@model_option(f"{SELECTED}, else the built-in model")
@click.option(
    "--show",
    is_flag=True,
    help="Show it in a window, or in the browser where none can be opened; q ends.",
)
@click.option("--video", type=PATH, callback=ending(".mp4"), help="Annotated video to write, .mp4.")
@click.option(
    "--timeline", type=PATH, callback=ending(".png", ".jpg", ".jpeg"),
    help="Picture of who showed what when to write, .png.",
)  # fmt: skip
@click.option(
    "--events", is_flag=True,
    help="Print one line for each expression, once it has ended. This is also what is printed "
    "without --json; with it, one JSON object for each, in place of one for each frame.",
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
@DEVICE
@OVERWRITE
@common(FaceSettings, LiveSettings, without=["crop_scale"])
def live(
    call: CommonOptions,
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
    device: Device,
    overwrite: bool,
) -> None:
    """Watch a camera, a stream, a video or a folder of frames, and tell who shows what.

    SOURCE is a camera's number (0 is the first), an RTSP or HTTP URL, a video file, or a folder
    of pictures that stand in for a camera. Of a camera or stream the newest frame is looked at
    and those in between are counted as dropped; of a file or folder, every frame.

    Faces are followed from frame to frame under one number, also over short losses, and labels
    are steadied over time. Ctrl-C ends it: the video and the timeline are then finished.

    An expression is printed when it has ended, if it lasted for --min-duration. Quick changes of
    the label, --speaking-changes of them in a row, are printed as one event, "speaking".

    With --json, each frame is one object, as of `moue predict`. Each face has its number as
    "track", and the prediction of this frame alone as "unsmoothed". With --json --events, each
    event is one object: track, label, start and end in seconds, and the number of quick changes.

    Example: moue live 0 --show

    Example: moue live clip.mp4 --video out.mp4 --timeline out.png --json
    """
    if lesson and not (show or video):
        raise click.UsageError("--cascade is drawn: add --show or --video out.mp4")
    settings = call.config.get(LiveSettings)
    progress = ConsoleProgress(beside_results=True)
    limit = call.config.get(ConvertSettings).max_bytes
    watched = source(where, settings, progress.say, limit)
    _spare_originals(Path(where), video, timeline)
    for target in filter(None, (video, timeline)):
        ready_to_write(target, overwrite)
    watcher = Watcher(get_predictor(load(call, model, max_error, progress, device)), settings)
    capture = Capture(watched, settings.timeout, realtime)
    meter, errors = _Meter(), list[Exception]()
    with ExitStack() as stack:
        stopped = stack.enter_context(interrupted(capture.stop))
        stack.enter_context(progress.shown())
        sinks = [_printed(call.json, events, watched, capture, progress, settings.event_rules)]
        waits = not (watched.live or realtime)
        if show or video is not None:
            painter = stack.enter_context(_painter(waits)) if lesson else draw_view.draw_view
            drawn = outputs.memoize_last(lambda view: painter(view, meter.last))
            if show:
                sinks.append(
                    outputs.window_output(watched.name, drawn, capture, waits, progress.say)
                )
            if video is not None:
                sinks.append(outputs.video_output(video, drawn))
        if timeline is not None:
            sinks.append(outputs.timeline_output(timeline, watcher.labels, Path(watched.name).name))
        opened = [stack.enter_context(outputs.isolate_errors(sink, errors)) for sink in sinks]
        frames = progress.track(stack.enter_context(capture), watched.name, watched.total)
        errors += run_session(frames, watcher, opened, meter.add, until)
    if meter.frames:
        progress.say(meter.words(watched, watcher, capture))
    if errors:
        raise errors[0]
    if stopped():
        click.get_current_context().exit(INTERRUPTED)
    if not meter.frames:
        raise SourceError(f"{watched.name}: gave no picture")


class _Meter:
    """Counts frames and how long they took to know."""

    def __init__(self) -> None:
        self.frames, self.total, self.last = 0, 0.0, 0.0

    def add(self, view: View, seconds: float) -> None:
        self.frames += 1
        self.last = seconds
        self.total += seconds

    def words(self, watched: LiveSource, watcher: Watcher, capture: Capture) -> str:
        """Say what has been done, for people."""
        tracker = watcher.tracker
        return (
            f"{watched.name}: {self.frames:,} frames, {1e3 * self.total / self.frames:.1f} ms "
            f"each, {capture.dropped:,} dropped; {tracker.track_count:,} "
            f"{'face' if tracker.track_count == 1 else 'faces'}; "
            f"{tracker.searches:,} frames searched whole"
        )


@contextmanager
def _painter(waits: bool) -> Iterator[draw_view.Painter]:
    with cascade(waits) as look:
        yield draw_view.side_by_side(look)


def _spare_originals(where: Path, *targets: Path | None) -> None:
    for target in (t for t in targets if t is not None):
        if where.exists() and where.resolve() in (target.resolve(), target.resolve().parent):
            raise SourceError(f"{target}: is or lies in what is watched; write it elsewhere")


def _printed(
    as_json: bool,
    events: bool,
    watched: LiveSource,
    capture: Capture,
    progress: ConsoleProgress,
    rules: EventRules,
) -> AbstractContextManager[Output]:
    """Return the output that prints: events, as words or JSON, or a line for each frame."""

    def event(told: Event) -> None:
        progress.data(told.to_dict()) if as_json else progress.result(told.words)

    def frame(view: View) -> None:
        progress.data(view.to_dict(watched.name, capture.dropped))

    return outputs.event_output(event, rules) if events or not as_json else nullcontext(frame)
