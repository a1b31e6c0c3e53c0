"""The environments of the converters."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from moue.errors import ConfigError, ExportError, SourceError
from moue.export import environment

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("MOUE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def placeholder(folder: Path, name: str, text: str) -> Path:
    """A program that only prints a text, or fails if the text is empty."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {text}\n" if text else "#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    return path


@pytest.mark.slow
def test_a_missing_network_gives_the_commands(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    said = []
    with pytest.raises(SourceError) as found:
        environment.environment_python(("no-such-converter==1.0",), said.append)
    assert "pip install -q --no-deps no-such-converter==1.0" in str(found.value)
    assert "-m venv" in str(found.value)
    assert said == ["installing no-such-converter==1.0 in an environment of its own, once"]


def test_a_complete_environment_is_used_again(cache: Path):
    requirements = ("ai-edge-litert==2.3.0", "numpy==2.4.6")
    folder = _environment(cache, requirements, ("ai_edge_litert-2.3.0", "numpy-2.4.6"))
    said: list[str] = []
    assert environment.environment_python(requirements, said.append) == folder
    assert said == []


def test_an_interrupted_installation_is_repeated(cache: Path, monkeypatch):
    requirements = ("ai-edge-litert==2.3.0", "numpy==2.4.6")
    _environment(cache, requirements, ("numpy-2.4.6",))
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: Failed())
    with pytest.raises(SourceError, match="cannot be installed"):
        environment.environment_python(requirements)


class Failed:
    returncode, stdout, stderr = 1, "", "no space left"


def _environment(cache: Path, requirements: tuple[str, ...], installed: tuple[str, ...]) -> Path:
    """Create the folder of an environment with some packages, and return its Python."""
    python = environment.folder_of(requirements, THIS) / "bin" / "python"
    assert python.is_relative_to(cache)
    packages = python.parent.parent / "lib" / f"python{THIS}" / "site-packages"
    packages.mkdir(parents=True)
    python.parent.mkdir()
    python.touch()
    for name in installed:
        (packages / f"{name}.dist-info").mkdir()
    return python


def test_a_named_python_must_be_one_and_new_enough(tmp_path: Path):
    other = placeholder(tmp_path, "other", "hello")
    with pytest.raises(ConfigError, match="this is not a Python interpreter"):
        environment.environment_python((), base=other)
    with pytest.raises(ConfigError, match="this is not a Python interpreter"):
        environment.environment_python((), base=tmp_path / "missing")
    with pytest.raises(ConfigError, match=f"is Python {THIS}, but the converter needs Python 4.0"):
        environment.environment_python((), base=Path(sys.executable), oldest=(4, 0))


def test_a_newer_python_is_searched(tmp_path: Path, monkeypatch):
    newer = sys.version_info.minor + 1
    placeholder(tmp_path / "bin", f"python3.{newer}", "")  # as version managers leave them
    placeholder(tmp_path / "bin", f"python3.{newer + 1}", f"3 {newer + 1}")
    monkeypatch.setattr(environment, "NEWEST", newer + 1)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    found = environment.base_python(None, (3, newer))
    assert found == (tmp_path / "bin" / f"python3.{newer + 1}", f"3.{newer + 1}")
    with pytest.raises(ConfigError, match="--python"):
        environment.base_python(None, (3, newer + 2))


def test_a_failing_converter_is_named(tmp_path: Path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit('out of patience')")
    with pytest.raises(ExportError, match="out of patience"):
        environment.run_script(Path(sys.executable), script)


def test_a_crashing_converter_is_no_crash_of_moue(tmp_path: Path):
    script = tmp_path / "crashes.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(ExportError, match="crashed"):
        environment.run_script(Path(sys.executable), script)


def test_an_endless_converter_is_stopped(tmp_path: Path, monkeypatch):
    script = tmp_path / "waits.py"
    script.write_text("import signal\nsignal.pause()")
    monkeypatch.setattr(environment, "TIMEOUT", 0.2)
    with pytest.raises(ExportError, match="did not finish"):
        environment.run_script(Path(sys.executable), script)
