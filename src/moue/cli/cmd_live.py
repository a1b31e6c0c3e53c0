"""The command `live`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from moue.cli.console import ConsoleProgress
from moue.cli.exit_codes import INTERRUPTED
from moue.cli.model_options import DEVICE, MAX_ERROR, SELECTED, load, model_option
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.cli.receiver_options import Receivers, receiver_options
from moue.dataset.convert import ConvertSettings
from moue.errors import SourceError
from moue.face.backends import FaceSettings
from moue.files import ready_to_write
from moue.live import draw_view, outputs
from moue.live.capture import Capture
from moue.live.cascade import cascade
from moue.live.events import Event, EventSettings
from moue.live.keys.key_settings import KeySettings
from moue.live.live_settings import LiveSettings
from moue.live.outputs import Output
from moue.live.session import interrupted, run_session
from moue.live.source import LiveSource, source
from moue.live.watch import View, Watcher
from moue.model.providers import Device
from moue.predict.batch import get_predictor
from moue.workspace.types import Image


@click.command()
@click.argument("where", metavar="SOURCE")
@model_option(f"{SELECTED}, else the bundled model")
@click.option(
    "--show",
    is_flag=True,
    help="Show the annotated video in a window, or on a local web page if there is no screen. "
    "Press q to stop.",
)
@click.option(
    "--video",
    type=PATH,
    callback=ending(".mp4"),
    help="Output file for the annotated video (.mp4).",
)
@click.option(
    "--timeline", type=PATH, callback=ending(".png", ".jpg", ".jpeg"),
    help="Output file for a timeline of the labels of each face (.png, .jpg).",
)  # fmt: skip
@click.option(
    "--events", is_flag=True,
    help="With --json, print one object per event instead of one per frame. Without --json, moue "
    "always prints events.",
)  # fmt: skip
@click.option(
    "--cascade", "with_cascade", is_flag=True,
    help="Show the detections of the tutorial's Haar cascade next to those of moue, with both "
    "frame rates. Requires --show or --video.",
)  # fmt: skip
@click.option(
    "--realtime", is_flag=True,
    help="Play a file or folder at its frame rate, and drop the frames that moue cannot process in "
    "time.",
)  # fmt: skip
@click.option(
    "--until",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop after this many seconds of video.",
)
@receiver_options
@MAX_ERROR
@DEVICE
@OVERWRITE
@common(FaceSettings, LiveSettings, KeySettings, without=["crop_scale"])
def live(
    call: CommonOptions,
    where: str,
    model: Path | None,
    show: bool,
    video: Path | None,
    timeline: Path | None,
    events: bool,
    with_cascade: bool,
    realtime: bool,
    until: float | None,
    max_error: float | None,
    device: Device,
    overwrite: bool,
    **receivers: Any,
) -> None:
    """Predict labels live from a camera, stream or video.

    SOURCE is the number of a camera (0 is the first), an RTSP or HTTP URL, a video file, or a
    folder of frames. From a camera or stream, moue processes the newest frame and counts the
    dropped frames. From a file or folder, moue processes every frame.

    moue tracks each face, gives it a number and smooths its probabilities. When a label that
    lasted at least --min-duration ends, moue prints it as an event. At least --speaking-changes
    consecutive quick changes are one event with the label "speaking". Ctrl-C stops the command and
    completes the output files.

    --json prints one object per frame, with the prediction of each face. The field "track" of a
    face is its number, and "unsmoothed" is its prediction from this frame only. --json --events
    prints one object per event: track, label, start and end in seconds from the start of the video,
    and number of quick changes.

    Example: moue live 0 --show

    Example: moue live clip.mp4 --video out.mp4 --timeline out.png --json
    """
    if with_cascade and not (show or video):
        raise click.UsageError("--cascade needs --show or --video")
    others = Receivers(**receivers)
    settings = call.config.get(LiveSettings)
    progress = ConsoleProgress(beside_results=True)
    limit = call.config.get(ConvertSettings).max_bytes
    watched = source(where, settings, progress.say, limit)
    _check_targets(Path(where), filter(None, (video, timeline)), overwrite)
    watcher = Watcher(get_predictor(load(call, model, max_error, progress, device)), settings)
    capture = Capture(watched, settings.timeout, realtime)
    meter, errors = _Meter(), list[Exception]()
    with ExitStack() as stack:
        stopped = stack.enter_context(interrupted(capture.stop))
        stack.enter_context(progress.shown())
        sinks = [_printed(call.json, events, watched, capture, progress, settings)]
        if others.key_maps:
            sinks.append(others.keys(watcher.labels, call, progress.say))
        if others.sends_messages:
            sinks.append(others.output(watched.name, capture, settings, progress.say))
        waits = not (watched.live or realtime)
        if show or video is not None:
            drawn = stack.enter_context(_drawn(meter, with_cascade, waits))
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
        raise SourceError(f"{watched.name}: no frame could be read; check the SOURCE")


class _Meter:
    """Counter of the predicted frames and of the duration of the predictions in seconds."""

    def __init__(self) -> None:
        self.frames, self.total, self.last = 0, 0.0, 0.0

    def add(self, view: View, seconds: float) -> None:
        self.frames += 1
        self.last = seconds
        self.total += seconds

    def words(self, watched: LiveSource, watcher: Watcher, capture: Capture) -> str:
        """Return a one-line summary: frames, time per frame, dropped frames, faces, searches."""
        tracker = watcher.tracker
        return (
            f"{watched.name}: {self.frames:,} frames, {1e3 * self.total / self.frames:.1f} ms "
            f"each, {capture.dropped:,} dropped; {tracker.track_count:,} "
            f"{'face' if tracker.track_count == 1 else 'faces'}; "
            f"{tracker.searches:,} full-frame searches"
        )


@contextmanager
def _drawn(meter: _Meter, with_cascade: bool, waits: bool) -> Iterator[Callable[[View], Image]]:
    """Yield a function from a view to an annotated picture, which is drawn once for all outputs.

    Args:
        meter: Counter that contains the duration of the last prediction.
        with_cascade: True to show the detections of the Haar cascade next to those of moue.
        waits: True if the source waits for the processing, so that the cascade processes every
            frame.
    """
    with cascade(waits) if with_cascade else nullcontext() as search:
        painter = draw_view.side_by_side(search) if search else draw_view.draw_view
        yield outputs.memoize_last(lambda view: painter(view, meter.last))


def _check_targets(where: Path, targets: Iterable[Path], overwrite: bool) -> None:
    """Check that each output file can be written and is outside the source.

    Raises:
        SourceError: An output file is the source or lies in the source folder.
        FileTaken: An output file exists and `overwrite` is false.
    """
    for target in targets:
        if where.exists() and where.resolve() in (target.resolve(), target.resolve().parent):
            raise SourceError(
                f"{target}: this output file is the SOURCE or lies in it; choose another path"
            )
        ready_to_write(target, overwrite)


def _printed(
    as_json: bool,
    events: bool,
    watched: LiveSource,
    capture: Capture,
    progress: ConsoleProgress,
    settings: EventSettings,
) -> AbstractContextManager[Output]:
    """Return the output on stdout: events as text, events as JSON, or frames as JSON."""

    def report(event: Event) -> None:
        progress.data(event.to_dict()) if as_json else progress.result(event.words)

    def frame(view: View) -> None:
        progress.data(view.to_dict(watched.name, capture.dropped))

    return outputs.event_output(report, settings) if events or not as_json else nullcontext(frame)
