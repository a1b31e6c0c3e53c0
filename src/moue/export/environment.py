"""Virtual environments for converters, separate from the packages of moue.

The packages of the converters conflict with each other and with moue. So a converter is a script
that runs in a virtual environment in the cache, which is created at its first use.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from moue.errors import ConfigError, ExportError, SourceError
from moue.export.web_runtime import cache_folder

NEWEST = 14
"""Newest minor version of Python 3 that is searched."""
TIMEOUT = 600.0
"""Maximum time of a conversion with its test vectors, in seconds."""


def environment_python(
    requirements: tuple[str, ...],
    say: Callable[[str], None] = lambda _: None,
    base: Path | None = None,
    oldest: tuple[int, int] = (3, 0),
) -> Path:
    """Return the Python of an environment with these packages; it is created if it is missing.

    Args:
        requirements: packages with versions, such as `openvino==2026.4.1`, and all that they need.
        say: function called with a message before packages are downloaded.
        base: Python that creates the environment; None for that of moue, or another one on the
            search path if that is too old.
        oldest: oldest version of Python that the packages support.

    Raises:
        ConfigError: no Python is new enough.
        SourceError: the packages cannot be installed; the message has the command to install them.
    """
    base, version = base_python(base, oldest)
    folder = folder_of(requirements, version)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and not _missing(folder, requirements):
        return python
    say(f"installing {', '.join(requirements)} in an environment of its own, once")
    shutil.rmtree(folder, ignore_errors=True)
    create = [str(base), "-m", "venv", str(folder)]
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps", *requirements]
    for line in (create, install):
        done = subprocess.run(line, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SourceError(
                f"the converter cannot be installed: {_last_lines(done)}; check the network, or "
                f"run these commands yourself, then export again: {shlex.join(create)} && "
                f"{shlex.join(install)}"
            )
    return python


def folder_of(requirements: tuple[str, ...], version: str) -> Path:
    """Return the folder of an environment, for packages and a version of Python such as `3.12`."""
    key = hashlib.sha256("\n".join((version, *requirements)).encode()).hexdigest()[:12]
    return cache_folder() / "converters" / key


def run_script(python: Path, script: Path, *arguments: str | Path) -> None:
    """Run the script of a converter with the Python of its environment.

    Raises:
        ExportError: the script failed; the message has the end of its output.
    """
    line = [str(python), "-I", str(script), *map(str, arguments)]
    try:
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"the converter did not finish in {TIMEOUT:g} seconds") from error
    if done.returncode < 0:
        raise ExportError(f"the converter or the runtime crashed (signal {-done.returncode})")
    if done.returncode:
        raise ExportError(f"the converter failed: {_last_lines(done)}")


def base_python(base: Path | None, oldest: tuple[int, int]) -> tuple[Path, str]:
    """Return a Python that is new enough, and its version, such as `3.12`."""
    if base is not None:
        version = _version(str(base))
        if version is None:
            raise ConfigError(
                f"--python {base}: this is not a Python interpreter; name one, such as "
                "/usr/bin/python3"
            )
        if version < oldest:
            raise ConfigError(
                f"{base}: is Python {_text(version)}, but the converter needs Python "
                f"{_text(oldest)} or newer"
            )
        return base, _text(version)
    if sys.version_info[:2] >= oldest:
        return Path(sys.executable), _text(sys.version_info[:2])
    for minor in range(oldest[1], NEWEST + 1):
        found = shutil.which(f"python3.{minor}")
        # Version managers have placeholders on the search path that only print an error.
        if found is not None and _version(found) == (3, minor):
            return Path(found), f"3.{minor}"
    raise ConfigError(
        f"moue runs in Python {_text(sys.version_info[:2])}, but the converter needs Python "
        f"{_text(oldest)} or newer; install it, and give its path with --python"
    )


def _text(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _version(python: str) -> tuple[int, int] | None:
    """Return the version of a Python interpreter; None if the file does not run."""
    line = [python, "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
        major, minor = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return major, minor


def _missing(folder: Path, requirements: Sequence[str]) -> list[str]:
    """Return the packages that an environment does not have in their versions."""
    found = {path.name.lower() for path in folder.glob("**/site-packages/*.dist-info")}
    return [one for one in requirements if f"{_folder_name(one)}.dist-info" not in found]


def _folder_name(requirement: str) -> str:
    name, version = requirement.lower().split("==")
    return f"{name.replace('-', '_').replace('.', '_')}-{version}"


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    output = (done.stderr or done.stdout).strip().splitlines()
    return " ".join(output[-2:])
