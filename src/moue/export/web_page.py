"""Write a web page that recognises mouths in the browser, without a server.

The folder works from any static web server. It has the page, `moue.js`, the model of the user, and
ONNX Runtime. A service worker keeps all files, so that the page also opens without network after
the first visit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

import moue
from moue.demo.raw_folder import PICTURES
from moue.errors import FileTaken
from moue.export.web_model import web_model
from moue.export.web_runtime import runtime_files
from moue.files import write_bytes
from moue.media.image import encode_jpeg, read_image
from moue.predict.predictor import AnyPredictor

PAGE = Path(__file__).parent / "page"
"""Folder of the files of the page that do not depend on the model."""
WORKER = "sw.js"
MARKER = "model/model.json"
"""File by which a folder is recognised as a page of moue."""
EXAMPLE = ("head-001-none.jpg", "head-002-pout.jpg", "head-003-smile.jpg", "head-004-open.jpg")
"""Bundled pictures of the example, all CC0."""
README = """\
A web page that recognises mouth expressions, written by moue {version}.

To open it:  python -m http.server   in this folder, then http://localhost:8000/
To publish it:  copy this folder to any static web host; cameras need https.

All pictures stay in the browser. `moue.js` can be used alone: see the comment at its beginning, and
`moue.d.ts` for its types.

Model: {name}. Terms of the networks: {terms}.
runtime/ is ONNX Runtime Web (MIT); see runtime/LICENSE.
"""


def page_files(
    predictor: AnyPredictor,
    runtime: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, bytes]:
    """Return the content of all files of the page, by path in its folder.

    Args:
        predictor: model and face settings of the page.
        runtime: package file of ONNX Runtime for browsers; None for the cache or the network.
        say: function called with a message before a download.

    Raises:
        ExportError: the page does not have the face backend of the model.
        DataError: the runtime package is damaged or another version.
        SourceError: the runtime package cannot be read or downloaded.
    """
    model = web_model(predictor)
    files = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.is_file()}
    files |= {f"model/{name}": data for name, data in model.files().items()}
    files |= {f"runtime/{name}": data for name, data in runtime_files(runtime, say=say).items()}
    files |= _example()
    files["manifest.webmanifest"] = _manifest().encode()
    about = model.description["model"]
    readme = README.format(
        version=moue.__version__, name=about["name"], terms="; ".join(about["terms"])
    )
    files["README.txt"] = readme.encode()
    files[WORKER] = _with_files(files.pop(WORKER).decode(), files).encode()
    return files


def write_page(files: Mapping[str, bytes], folder: Path, overwrite: bool = False) -> None:
    """Write the files of a page; other files in the folder stay.

    Args:
        files: content by path, from `page_files`.
        folder: folder of the page; it is created if it does not exist.
        overwrite: True to replace an earlier page.

    Raises:
        FileTaken: the folder is not empty, and contains no page, or `overwrite` is False.
        OSError: writing failed.
    """
    check_folder(folder, overwrite)
    # The worker comes last: its new content tells browsers that the other files have changed.
    for name in sorted(files, key=lambda name: (name == WORKER, name)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, files[name])


def check_folder(folder: Path, overwrite: bool) -> None:
    """Raise FileTaken if a page may not be written to a folder; see `write_page`."""
    if folder.exists() and not folder.is_dir():
        raise FileTaken(f"{folder}: is a file; choose another folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).is_file():
        raise FileTaken(f"{folder}: contains other files; choose an empty or new folder")
    if not overwrite:
        raise FileTaken(f"{folder}: contains a page already; add --overwrite to replace it")


def _example() -> dict[str, bytes]:
    """Return a picture of four bundled faces; nothing if the demo pictures are not installed."""
    paths = [PICTURES / name for name in EXAMPLE]
    if not all(path.is_file() for path in paths):
        return {}
    images = [read_image(path) for path in paths]
    grid = np.vstack([np.hstack(images[:2]), np.hstack(images[2:])])
    return {"example.jpg": encode_jpeg(grid, 90)}


def _manifest() -> str:
    icon = {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}
    return json.dumps(
        {"name": "moue", "start_url": "./", "display": "standalone", "icons": [icon]}, indent=1
    )


def _with_files(worker: str, files: Mapping[str, bytes]) -> str:
    """Return the service worker with the list of files and a version that depends on them."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    names = json.dumps(["./", *sorted(files)])
    return worker.replace('"VERSION"', json.dumps(digest.hexdigest()[:16])).replace(
        '["FILES"]', names
    )
