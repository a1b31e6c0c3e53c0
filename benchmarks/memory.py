"""The peak memory of every stage for N and for 4 N pictures, which should be equal.

`python -m benchmarks.memory WORKSPACE STAGE PICTURES` runs one stage and prints its peak memory in
KiB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from benchmarks.inputs import Bench, portraits
from benchmarks.table import Row
from moue.config import Config
from moue.dataset.clean import clean
from moue.dataset.collect.collect_files import collect
from moue.dataset.convert import convert
from moue.dataset.crop import crop
from moue.dataset.dedupe import dedupe
from moue.engine import SERIAL
from moue.face.backends import FaceSettings
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace

STAGES = ("collect", "convert", "clean", "dedupe", "crop")
SIDE = 200
FLAT = 1.1
"""Maximum ratio of the peaks for four times as many pictures."""
FACE = FaceSettings(backend="moue")


def run(bench: Bench) -> list[Row]:
    """Run the stages on few and on four times as many pictures, and compare the peaks."""
    few = bench.few(500, 100)
    peaks = {count: _peaks(bench, count) for count in (few, 4 * few)}
    rows = []
    for stage in STAGES:
        low, high = peaks[few][stage], peaks[4 * few][stage]
        rows.append(
            Row(
                step=f"memory: {stage}",
                moue=f"{low / 1024:.0f} and {high / 1024:.0f} MiB",
                goal="flat",
                reached=high <= FLAT * low,
                note=f"{few} and {4 * few} pictures of {SIDE} px, "
                f"{(high - low) / (3 * few):+.1f} KiB per additional picture",
            )
        )
    return rows


def one_stage(workspace: Workspace, stage: str, pictures: Path) -> None:
    """Run one stage in this process."""
    with workspace.locked() as (catalog, _):
        context = Context(workspace, catalog, Config.of(FACE), Progress(), engine=SERIAL)
        match stage:
            case "collect":
                collect(context, [pictures])
            case "convert":
                convert(context)
            case "clean":
                clean(context)
            case "dedupe":
                dedupe(context)
            case "crop":
                crop(context)


def _peaks(bench: Bench, count: int) -> dict[str, float]:
    folder = bench.place(f"memory-{count}")
    pictures, root = folder / "pictures", folder / "workspace"
    pictures.mkdir()
    draw(count, pictures)
    Workspace(root).create("")
    peaks: dict[str, float] = {}
    for stage in STAGES:
        command = [sys.executable, "-m", "benchmarks.memory", str(root), stage, str(pictures)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks[stage] = float(done.stdout.split()[-1])
    return peaks


def peak() -> int:
    """Return the peak memory of this process in KiB.

    On Linux, `ru_maxrss` would include that of the parent process.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def draw(count: int, folder: Path, to: int = SIDE) -> None:
    """Write bundled portraits, each with its own rotation, shading and noise."""
    rng = np.random.default_rng(0)
    people = portraits()
    for number in range(count):
        image = people[number % len(people)]
        middle, side = image.shape[1] / 2, image.shape[0]
        turn = cv2.getRotationMatrix2D((middle, middle), rng.uniform(-15, 15), to / side)
        turn[:, 2] += to / 2 - middle
        small = cv2.warpAffine(image, turn, (to, to), borderMode=cv2.BORDER_REFLECT)
        patches = cv2.resize(rng.normal(0, 60, (6, 6)), (to, to))[..., None]
        noisy = np.clip(small + patches + rng.normal(0, 4, small.shape), 0, 255)
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), noisy.astype(np.uint8))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    one_stage(Workspace(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]))
    print(peak())
