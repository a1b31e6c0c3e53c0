"""Virtual environments for converters, separate from the packages of moue.

The packages of the converters conflict with each other and with moue. So a converter is a script
that runs in a virtual environment in the cache, which is created at its first use.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from moue.errors import ExportError, SourceError
from moue.export.web_runtime import cache_folder

READY = "ready"
"""File that marks a complete environment."""


def environment_python(
    requirements: tuple[str, ...], say: Callable[[str], None] = lambda _: None
) -> Path:
    """Return the Python of an environment with these packages; it is created if it is missing.

    Args:
        requirements: packages with versions, such as `openvino==2026.4.1`, and all that they need.
        say: function called with a message before packages are downloaded.

    Raises:
        SourceError: the packages cannot be installed.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256("\n".join((version, *requirements)).encode()).hexdigest()[:12]
    folder = cache_folder() / "converters" / key
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / READY).is_file() and python.exists():
        return python
    say(f"installing {', '.join(requirements)} in an environment of its own, once")
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)], SourceError)
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps"]
    _run([*install, *requirements], SourceError)
    (folder / READY).touch()
    return python


def run_script(python: Path, script: Path, *arguments: Path) -> None:
    """Run the script of a converter with the Python of its environment.

    Raises:
        ExportError: the script failed; the message has the end of its output.
    """
    _run([str(python), "-I", str(script), *map(str, arguments)], ExportError)


def _run(line: list[str], error: type[ExportError | SourceError]) -> None:
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    if done.returncode:
        output = (done.stderr or done.stdout).strip().splitlines()
        raise error(f"{' '.join(line[:4])} … failed: {' '.join(output[-2:])}")
