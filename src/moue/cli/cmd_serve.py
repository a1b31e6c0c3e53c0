"""The command `serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.model_options import DEVICE, SELECTED, load, model_option
from moue.cli.options import CommonOptions, common
from moue.cli.serve_options import access_options, limit_options
from moue.errors import ConfigError, MissingExtra
from moue.face.backends import FaceSettings
from moue.live.live_settings import LiveSettings
from moue.model.providers import Device
from moue.predict.batch import get_predictor
from moue.predict.model_identity import identify

KEYS = "MOUE_KEYS"
"""Environment variable with the API keys, one per line."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@model_option(f"{SELECTED}, else the bundled model")
@access_options
@limit_options
@click.option("--quiet", is_flag=True, help="Log starts, stops and errors, but no requests.")
@DEVICE
@common(FaceSettings, without=["crop_scale"], shared=["workspace", "workers", "set"])
def serve(
    call: CommonOptions,
    model: Path | None,
    host: str,
    port: int,
    keys: Path | None,
    allow_host: tuple[str, ...],
    allow_origin: tuple[str, ...],
    quiet: bool,
    device: Device,
    **limits: Any,
) -> None:
    """Serve predictions over HTTP to other programs.

    POST /v1/predict takes the bytes of a picture and returns the fields of `moue predict --json`.
    POST /v1/predict/many takes many pictures, and the WebSocket /v1/live the frames of a video.
    /openapi.json describes all paths. It requires the extra `serve`.

    Pictures stay in memory; they are never stored or logged. The log is one JSON object per line on
    stderr. If other machines can reach the address --host, the server requires API keys: one per
    line, in the file --keys or in the environment variable MOUE_KEYS.

    Example: moue serve --port 8000
    """
    try:
        from moue.server import access, serving
        from moue.server.limits import Limits
        from moue.server.log import Log
        from moue.server.messages import WorkerConfig
        from moue.server.worker_process import default_workers
    except ImportError as error:
        raise MissingExtra("the server", "serve") from error
    allowed = access.Access(_keys(keys), allow_host, allow_origin)
    if host not in _LOOPBACK and not allowed.keys:
        raise ConfigError(
            f"--host {host} lets other machines use the server, so it needs API keys: write keys "
            f"to a file for --keys, or to the environment variable {KEYS}"
        )
    progress = ConsoleProgress(beside_results=True)
    recipe = load(call, model, None, progress, device)
    licence = call.config.get(FaceSettings).licence
    identity = identify(get_predictor(recipe).classifier, recipe.model, licence)
    get_predictor.cache_clear()  # only the workers need the model
    bounds = Limits(**limits)
    config = WorkerConfig(
        recipe, call.config.get(LiveSettings), identity, bounds.max_pixels, bounds.max_faces,
        call.workers or default_workers(),
    )  # fmt: skip

    def opened(address: str) -> None:
        output.line(f"moue serve: {address}")

    serving.serve(host, port, config, bounds, allowed, Log(not quiet), opened)


def _keys(path: Path | None) -> tuple[str, ...]:
    from moue.server.access import read_key_file, read_keys

    if path is not None:
        return read_key_file(path)
    text = os.environ.get(KEYS)
    return () if text is None else read_keys(text, KEYS)
