"""Locate data files of installed packages."""

from importlib.util import find_spec
from pathlib import Path


def package_folder(name: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name}: not installed; see research/synthetic_faces/requirements.txt")
    return Path(spec.submodule_search_locations[0])
