"""The studio with 100,000 mouths: pages of lists, facets, thumbnails, and labels.

The times are those of the API in this process: without the network, with JSON.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from benchmarks.inputs import Bench
from benchmarks.table import Row
from moue.media.image import encode_png
from moue.studio.access import Access
from moue.studio.app import create_app
from moue.studio.studio import Studio
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put
from moue.workspace.predictions import MouthPrediction, register_model, save
from moue.workspace.types import LABELS, Face, Mouth, Sample
from moue.workspace.workspace import Workspace

COUNT, QUICK = 100_000, 20_000
CROPS = 300
"""Number of mouths with a crop file."""
API = "/api/v1"
PAGE_GOAL, LABELS_GOAL = 20.0, 20.0
"""Maximum median time of a page in milliseconds, and of 1,000 labels in seconds."""
LISTS = {
    "all": {"dropped": "any"},
    "in use": {},
    "unlabelled, uncertain first": {"label": "none-set", "sort": "-uncertainty"},
    "one source, sharpest first": {"source": "/7/", "sort": "-sharpness"},
    "disagreement first": {"sort": "-disagreement"},
    "shuffled": {"sort": "random:5"},
}


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of the first request, and median and 95th percentile of the others."""

    first: float
    median: float
    p95: float


def run(bench: Bench) -> list[Row]:
    """Time requests for lists, facets, thumbnails and labels."""
    count = bench.few(COUNT, QUICK)
    workspace = Workspace(bench.folder / "studio")
    workspace.create("")
    with workspace.locked() as (catalog, _):
        _fill(workspace, catalog, count)
    access = Access(8765)
    app = create_app(Studio(workspace, access))
    with TestClient(app, "http://127.0.0.1:8765") as client:
        client.headers["authorization"] = f"Bearer {access.key}"
        rows = [_list(client, name, query) for name, query in LISTS.items()]
        rows.append(_facets(client))
        rows += _thumbnails(client)
        rows.append(_labels(client))
    return rows


def _list(client: TestClient, name: str, query: dict[str, str]) -> Row:
    chance = random.Random(0)
    token, total = "", 0

    def page() -> None:
        nonlocal token, total
        offset = chance.randrange(total) if total else 0
        found = _get(client, "mouths", query | {"offset": offset, "limit": 100, "list": token})
        token, total = found["list"], found["total"]

    spent = _timed(page, 60)
    return Row(
        step=f"studio: page of {total:,} mouths, {name}",
        moue=f"{spent.median:.1f} ms",
        goal=f"{PAGE_GOAL:g} ms",
        reached=spent.median <= PAGE_GOAL,
        note=f"100 rows anywhere; 95 %: {spent.p95:.1f} ms; first page: {spent.first:.0f} ms",
    )


def _facets(client: TestClient) -> Row:
    spent = _timed(lambda: _get(client, "facets", {"kind": "mouths", "dropped": "no"}), 20)
    return Row(
        step="studio: all facets", moue=f"{spent.median:.1f} ms",
        note=f"first time: {spent.first:.0f} ms",
    )  # fmt: skip


def _thumbnails(client: TestClient) -> list[Row]:
    names = iter([f"mouth-{number:06d}" for number in range(CROPS)] * 2)

    def thumbnail() -> None:
        client.get(f"{API}/thumbnails/mouths/{next(names)}.webp").raise_for_status()

    made, cached = _timed(thumbnail, CROPS), _timed(thumbnail, CROPS)
    return [
        Row(step="studio: make a thumbnail", moue=f"{made.median:.1f} ms",
            note=f"135 px crop; 95 %: {made.p95:.1f} ms"),
        Row(step="studio: cached thumbnail", moue=f"{cached.median:.1f} ms"),
    ]  # fmt: skip


def _labels(client: TestClient) -> Row:
    numbers = iter(range(1000))

    def label() -> None:
        number = next(numbers)
        body: dict[str, Any] = {
            "op_id": f"bench-{number}", "action": "label", "kind": "mouths",
            "names": [f"mouth-{number * 7:06d}"], "value": LABELS[number % len(LABELS)],
        }  # fmt: skip
        client.post(f"{API}/decisions", json=body).raise_for_status()

    begin = time.perf_counter()
    spent = _timed(label, 1000)
    seconds = time.perf_counter() - begin
    return Row(
        step="studio: 1,000 labels, one after the other",
        moue=f"{seconds:.1f} s",
        goal=f"{LABELS_GOAL:g} s",
        reached=seconds <= LABELS_GOAL,
        note=f"each on the disk before its answer; median {spent.median:.1f} ms, "
        f"95 %: {spent.p95:.1f} ms",
    )


def _timed(work: Callable[[], object], repeats: int) -> Spent:
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1e3)
    rest = taken[1:]
    return Spent(taken[0], statistics.median(rest), float(np.quantile(rest, 0.95)))


def _get(client: TestClient, path: str, query: dict[str, Any]) -> Any:
    answer = client.get(f"{API}/{path}", params=query)
    answer.raise_for_status()
    return json.loads(answer.content)


def _fill(workspace: Workspace, catalog: Catalog, count: int) -> None:
    """Add pictures with one mouth each: some dropped, some labelled, all predicted."""
    rng = np.random.default_rng(0)
    names = [f"mouth-{number:06d}" for number in range(count)]
    box = np.array([10, 10, 90, 90], np.float32)
    face = Face(
        box=box, score=1.0, landmarks=np.full((20, 2), 51.5, np.float32), lips=box, mouth_box=box
    )
    sharpness = rng.random(count).round(4).tolist()
    logits = rng.normal(0, 2, (count, len(LABELS)))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    model = register_model(catalog, "ab" * 32, "bench", LABELS)
    with catalog.transaction():
        catalog.add_samples(
            Sample(
                name=name, source=f"/pictures/{i % 50}/{name}.jpg", sha256=f"{i:064x}",
                original=f"/pictures/{name}.jpg", width=100, height=100, phash=i, mouth_phash=i,
                faces=(face,), scores={"face_px": 80.0, "sharpness": sharpness[i]},
                dropped=None if i % 10 else "blurry", decided_by=None if i % 10 else "clean",
            )
            for i, name in enumerate(names)
        )  # fmt: skip
        for i, name in enumerate(names):
            label = LABELS[i % 4] if i % 3 == 0 else None
            mouth = Mouth(name=name, sample=name, face=0, width=40 + i % 90, label=label)
            catalog.put_mouths(name, [mouth])
        save(catalog, model, (
            MouthPrediction(name, "", tuple(row))
            for name, row in zip(names, shares.tolist(), strict=True)
        ))  # fmt: skip
    for name in names[:CROPS]:
        crop = rng.integers(0, 255, (135, 135, 3), np.uint8)
        put(catalog, workspace.mouth(name), encode_png(crop), name)
