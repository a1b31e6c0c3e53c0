"""Find the pip command that installs an extra of moue.

moue is not published on a package index, so `pip install 'moue[video]'` would fail or install
an unrelated package. The command names the folder that moue was installed from, if that folder
is known and still exists.
"""

from __future__ import annotations

import importlib.metadata
import json
import shlex
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def how_to_install(extra: str) -> str:
    """Return the pip command for an extra, such as `pip install '/home/me/moue[video]'`."""
    folder, editable = _installed_from()
    if extra == "demo" and folder is not None:
        # The package of the pictures may not be published, but the folder contains them.
        return f"pip install -e {shlex.quote(f'{folder}[train]')}"
    if folder is None:
        return f"pip install '.[{extra}]' in the folder that moue was installed from"
    return f"pip install {'-e ' if editable else ''}{shlex.quote(f'{folder}[{extra}]')}"


def _installed_from() -> tuple[Path | None, bool]:
    """Return the folder that pip installed moue from, and whether the installation is editable."""
    try:
        text = importlib.metadata.distribution("moue").read_text("direct_url.json") or "{}"
        origin = json.loads(text)
        parts = urlsplit(str(origin.get("url", "")))
        folder = Path(url2pathname(parts.path))
        if parts.scheme == "file" and (folder / "pyproject.toml").is_file():
            return folder, bool(origin.get("dir_info", {}).get("editable"))
    except (importlib.metadata.PackageNotFoundError, ValueError, AttributeError, OSError):
        pass
    return None, False
