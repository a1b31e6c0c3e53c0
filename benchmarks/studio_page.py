"""The page of `moue studio` with 100,000 mouths: the grid and labelling, in headless Chromium.

Each part is reported as soon as it is done, and a part that fails does not stop the others.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import PIL.Image

from benchmarks.inputs import Bench
from benchmarks.studio_camera import running_studio
from benchmarks.table import Row
from moue.demo.raw_folder import demo_pictures
from moue.workspace.catalog import Catalog
from moue.workspace.layout import mouth_key
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace import Workspace

COUNT, QUICK = 100_000, 10_000
CROPS = 24
JUMPS, MANY_JUMPS = 100, 1000
WAIT, SHORT_WAIT = 5000, 120
"""Longest wait for the thumbnails of a jump in milliseconds: timed jumps, jumps for memory."""
LABELS, BURST, BURST_SECONDS = 500, 1000, 20
KEY_PAUSE = 50
"""Milliseconds between two timed keys: faster than a person."""
OPEN_GOAL, JUMP_GOAL, KEY_GOAL = 1500, 300, 50
"""Goals in milliseconds: the grid opens, a jump shows thumbnails, a key shows the next mouth."""
SCREENS_GOAL = 3

_SETUP = """
  const grid = document.querySelector(".grid");
  const box = grid.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const inView = () => [...grid.querySelectorAll(".grid-cell")].filter((cell) => {
    const at = cell.getBoundingClientRect();
    return at.bottom > box.top && at.top < box.bottom;
  });
  const shown = () => inView().filter((cell) => {
    const image = cell.querySelector("img");
    return image && image.complete && image.naturalWidth > 0;
  }).length;
"""
_JUMPS = (
    """async ([count, longest]) => {"""
    + _SETUP
    + """
  const times = [];
  let alive = 0;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    grid.scrollTop = Math.random() * (grid.scrollHeight - grid.clientHeight);
    await frame(); await frame();
    while (shown() === 0 && performance.now() - start < longest) await frame();
    times.push(performance.now() - start);
    alive = Math.max(alive, grid.querySelectorAll(".grid-cell").length);
  }
  return { times, alive, screen: inView().length };
}"""
)
_OPENED = """async (hash) => {
  const start = performance.now();
  location.hash = hash;
  const frame = () => new Promise(requestAnimationFrame);
  for (;;) {
    const image = document.querySelector(".grid-cell img");
    if (image && image.complete && image.naturalWidth > 0) return performance.now() - start;
    if (performance.now() - start > 30000) return 30000;
    await frame();
  }
}"""

_PRESSES = """async ([count, seconds]) => {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    document.dispatchEvent(new KeyboardEvent("keydown",
      { key: "1", code: "Digit1", bubbles: true }));
    const wait = start + (i * seconds * 1000) / count - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return (performance.now() - start) / 1000;
}"""


def run(bench: Bench) -> list[Row]:
    """Measure the grid and labelling."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    count = bench.few(COUNT, QUICK)
    many = bench.few(MANY_JUMPS, MANY_JUMPS // 5)
    root = bench.folder / "studio-page"
    _fill(Workspace(root), count)
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    rows: list[Row] = []
    with running_studio(root) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(link)
        page.wait_for_selector("main > *")
        parts: dict[str, Callable[[], list[Row]]] = {
            "grid": lambda: _opening(page, count),
            "jumps": lambda: _jumps(page),
            "memory": lambda: _memory(page, many),
            "keys": lambda: _keys(page),
            "burst": lambda: _burst(page, root),
        }
        for name, part in parts.items():
            rows += _reported(name, part)
        browser.close()
    return rows


def _reported(name: str, part: Callable[[], list[Row]]) -> list[Row]:
    """Measure one part and print its rows; an error becomes a row that missed its goal."""
    from playwright.sync_api import Error

    start = time.perf_counter()
    try:
        rows = part()
    except Error as error:
        first = str(error).splitlines()[0]
        rows = [Row(step=f"studio, {name}", moue="failed", reached=False, note=first)]
    spent = time.perf_counter() - start
    for row in rows:
        print(f"  {row.step}: {row.moue} {row.note} [{spent:.0f} s]", file=sys.stderr, flush=True)
    return rows


def _opening(page: Any, count: int) -> list[Row]:
    opened = page.evaluate(_OPENED, "#/pictures?view=mouths")
    return [
        Row(step=f"studio grid of {count:,} mouths, first thumbnails", moue=f"{opened:.0f} ms",
            goal=f"{OPEN_GOAL} ms", reached=opened <= OPEN_GOAL),
    ]  # fmt: skip


def _jumps(page: Any) -> list[Row]:
    found = page.evaluate(_JUMPS, [JUMPS, WAIT])
    times = sorted(found["times"])
    middle, late = statistics.median(times), times[int(0.95 * len(times))]
    screens = found["alive"] / found["screen"]
    return [
        Row(step="studio grid, jump to thumbnails, median", moue=f"{middle:.0f} ms",
            goal=f"{JUMP_GOAL} ms", reached=middle <= JUMP_GOAL, note=f"p95 {late:.0f} ms"),
        Row(step="studio grid, screens of cells alive", moue=f"{screens:.1f}",
            goal=f"{SCREENS_GOAL}", reached=screens <= SCREENS_GOAL),
    ]  # fmt: skip


def _memory(page: Any, jumps: int) -> list[Row]:
    heaps = [_heap(page)]
    for _ in range(4):
        page.evaluate(_JUMPS, [jumps // 4, SHORT_WAIT])
        heaps.append(_heap(page))
    first, last = heaps[0], heaps[-1]
    return [
        Row(step=f"studio grid, heap after {jumps:,} more jumps",
            moue=f"{first:.1f} to {last:.1f} MB", goal="flat", reached=last <= first * 1.2 + 1,
            note="at each quarter " + ", ".join(f"{heap:.1f}" for heap in heaps)),
    ]  # fmt: skip


def _heap(page: Any) -> float:
    """Return the size of the JavaScript heap in MB after a garbage collection."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):  # the first frees wrappers, the second what only they held
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 2**20


def _keys(page: Any) -> list[Row]:
    page.evaluate("() => { location.hash = '#/label?sort=' }")
    page.wait_for_selector("img.card-image")
    for i in range(LABELS):
        page.keyboard.press("1234"[i % 4])
        page.wait_for_timeout(KEY_PAUSE)
    page.wait_for_timeout(200)
    spent = page.evaluate(
        "() => performance.getEntriesByName('key to next mouth').map((one) => one.duration)"
    )
    late = sorted(spent)[int(0.95 * len(spent))]
    return [
        Row(step=f"studio, key to next mouth, p95 of {len(spent)}", moue=f"{late:.0f} ms",
            goal=f"{KEY_GOAL} ms", reached=late <= KEY_GOAL and len(spent) >= LABELS,
            note=f"median {statistics.median(spent):.0f} ms"),
    ]  # fmt: skip


def _burst(page: Any, root: Path) -> list[Row]:
    """Label 1,000 mouths at 50 a second by key events, and count what the catalog holds."""
    page.wait_for_selector("#app:not([data-unsent])", timeout=60_000)
    before = _stored(root)
    spent = page.evaluate(_PRESSES, [BURST, BURST_SECONDS])
    page.wait_for_selector("#app:not([data-unsent])", timeout=60_000)
    stored = _stored(root) - before
    return [
        Row(step=f"studio, {BURST:,} labels in {spent:.0f} s, stored", moue=f"{stored:,}",
            goal=f"{BURST:,}", reached=stored == BURST and before == LABELS,
            note=f"{before:,} stored of the {LABELS:,} before"),
    ]  # fmt: skip


def _stored(root: Path) -> int:
    """Return the number of mouths in the catalog that the user labelled."""
    with closing(sqlite3.connect(root / "catalog.db")) as db:
        sql = "SELECT count(*) FROM mouths WHERE label_by = 'user'"
        return int(db.execute(sql).fetchone()[0])


def _fill(workspace: Workspace, count: int) -> None:
    """Create mouths without labels; many names share the few crop files by links."""
    workspace.create("")
    crops = _crops(workspace.root / "crops")
    with workspace.locked() as (catalog, _):
        _add(catalog, count)
    for i in range(count):
        target = workspace.root / mouth_key(f"picture-{i:06d}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(crops[i % len(crops)])


def _add(catalog: Catalog, count: int) -> None:
    names = [f"picture-{i:06d}" for i in range(count)]
    with catalog.transaction():
        catalog.add_samples(
            Sample(
                name=name, source=f"/pictures/{name}.jpg", sha256=f"{i:064x}",
                original=f"/pictures/{name}.jpg", width=448, height=448, faces=(),
            )
            for i, name in enumerate(names)
        )  # fmt: skip
        for i, name in enumerate(names):
            catalog.put_mouths(name, [Mouth(name=name, sample=name, face=0, width=192)])
            path = mouth_key(name)
            catalog.execute("INSERT INTO files VALUES (?, ?, ?, ?)", [path, f"{i:064x}", 1, name])


def _crops(folder: Path) -> list[Path]:
    folder.mkdir()
    paths = []
    for i, picture in enumerate(list(demo_pictures())[:CROPS]):
        with PIL.Image.open(picture.path) as opened:
            image = opened.convert("RGB")
            width, height = image.size
            crop = image.crop((width // 4, height // 2, 3 * width // 4, height))
            crop.resize((192, 192)).save(folder / f"{i}.png")
        paths.append(folder / f"{i}.png")
    return paths
