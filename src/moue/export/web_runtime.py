"""ONNX Runtime for browsers, from the npm package `onnxruntime-web`.

Its WebAssembly file has 14 MB, as much as all of moue, so it is not part of the Python package. It
is downloaded once, from a fixed address, with a fixed SHA-256 for each file, and kept in a cache
folder. On a computer without network, the package file can be given instead.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from moue.errors import DataError, SourceError, reason_of
from moue.files import write_bytes

LICENCE = """\
ONNX Runtime Web {version}, from the npm package onnxruntime-web

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
CHUNK = 1 << 20
TIMEOUT = 60.0
"""Maximum time to wait for data of the server, in seconds."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A version of the npm package, and the files of it that a page needs.

    Attributes:
        version: version of the package.
        url: address of the package file.
        bytes: size of the package file.
        files: SHA-256 of each needed file, by its path in the package.
    """

    version: str
    url: str
    bytes: int
    files: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the needed files."""
        return tuple(Path(path).name for path in self.files)


RUNTIME = Runtime(
    version="1.30.0",
    url="https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-1.30.0.tgz",
    bytes=33_106_585,
    files={
        "package/dist/ort.wasm.bundle.min.mjs": (
            "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90"
        ),
        "package/dist/ort-wasm-simd-threaded.wasm": (
            "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
        ),
    },
)


def runtime_files(
    package: Path | None = None,
    *,
    say: Callable[[str], None] = lambda _: None,
    runtime: Runtime = RUNTIME,
) -> dict[str, bytes]:
    """Return the content of the runtime files by name, with the licence as `LICENSE`.

    The files come from `package`, else from the cache, else from the network; then the cache keeps
    them.

    Args:
        package: package file of npm, `onnxruntime-web-….tgz`; None for the cache or the network.
        say: function called with a message before a download.
        runtime: version to use.

    Raises:
        DataError: a file is missing in the package, or has another checksum.
        SourceError: the package cannot be read or downloaded.
    """
    if package is not None:
        files = _from_package(package, runtime)
    else:
        files = _cached(runtime) or _downloaded(runtime, say)
    return files | {"LICENSE": LICENCE.format(version=runtime.version).encode()}


def cache_folder() -> Path:
    """Return the cache folder of moue: `MOUE_CACHE`, or a folder in the cache of the user."""
    if named := os.environ.get("MOUE_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "moue"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "moue"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moue"


def _folder(runtime: Runtime) -> Path:
    return cache_folder() / f"onnxruntime-web-{runtime.version}"


def _cached(runtime: Runtime) -> dict[str, bytes] | None:
    """Return the files in the cache; None if one is missing or damaged."""
    files = {}
    for path, sha256 in runtime.files.items():
        try:
            data = (_folder(runtime) / Path(path).name).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            return None
        files[Path(path).name] = data
    return files


def _downloaded(runtime: Runtime, say: Callable[[str], None]) -> dict[str, bytes]:
    say(
        f"downloading ONNX Runtime for browsers ({runtime.bytes / 1e6:.0f} MB, once) from "
        f"{runtime.url}"
    )
    with tempfile.TemporaryFile() as file:
        try:
            with urllib.request.urlopen(runtime.url, timeout=TIMEOUT) as response:
                _copy(response, file, runtime.bytes)
        except (OSError, urllib.error.URLError) as error:
            reason = getattr(error, "reason", None) or error
            raise SourceError(
                f"{runtime.url}: cannot be downloaded ({reason}); download this file in another "
                "way, and give its path with --runtime"
            ) from error
        file.seek(0)
        files = _unpacked(file, runtime.url, runtime)
    try:
        folder = _folder(runtime)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_bytes(folder / name, data)
    except OSError as error:
        say(f"note: the downloaded files were not kept in the cache: {reason_of(error)}")
    return files


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    """Copy at most `most` bytes and one chunk; the checksums find a shortened file."""
    copied = 0
    while copied <= most and (chunk := source.read(CHUNK)):
        target.write(chunk)
        copied += len(chunk)


def _from_package(package: Path, runtime: Runtime) -> dict[str, bytes]:
    try:
        with package.open("rb") as file:
            return _unpacked(file, str(package), runtime)
    except OSError as error:
        raise SourceError(f"{package}: cannot be read: {error.strerror or error}") from error


def _unpacked(file: IO[Any], where: str, runtime: Runtime) -> dict[str, bytes]:
    """Return the needed files of a package file after verifying their checksums."""
    files = {}
    expected = f"expected the npm package onnxruntime-web {runtime.version}"
    try:
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            for path, sha256 in runtime.files.items():
                member = archive.extractfile(path)
                data = b"" if member is None else member.read()
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise DataError(f"{where}: {path} has another checksum; {expected}")
                files[Path(path).name] = data
    except KeyError as error:
        raise DataError(f"{where}: a file is missing ({error.args[0]}); {expected}") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{where}: is not a complete package file; {expected}") from error
    return files
