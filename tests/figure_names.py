"""The names of the figures of the course."""

from __future__ import annotations

from pathlib import Path

import moue.learn

FIGURES = Path(moue.learn.__file__).parent / "static" / "figures"
FIGURE_NAMES = sorted(
    path.stem for path in FIGURES.glob("*.js") if "function mount(" in path.read_text("utf-8")
)
