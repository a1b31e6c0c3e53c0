"""The accessibility check of axe-core on a page of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def axe_findings(page: Any) -> list[str]:
    """Return the faults that axe-core finds on a page, one text each."""
    axe = pytest.importorskip("axe_playwright_python")
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run()")
    return [
        f"{found['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for found in result["violations"]
        for node in found["nodes"]
    ]
