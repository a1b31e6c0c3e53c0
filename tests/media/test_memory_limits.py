"""How much memory decoding takes, in a process of its own whose address space is limited."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import PIL.Image
import pytest

from moue.errors import ImageError
from moue.media.image import Picture

pytestmark = pytest.mark.slow

pytest.importorskip("resource")

SCRIPT = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from moue.dataset.convert import ConvertSettings
from moue.dataset.convert import ConvertJob as Job
from moue.dataset.convert import convert_picture
from moue import memory_budget as memory
from moue.memory_budget import share_among
from moue.memory_budget import TooHeavyForWorker
from moue.parallel import process_map as processes
from functools import partial

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

if __name__ == "__main__":
    source, target, workers = Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    before = peak()
    job, refused = Job("a", source, target), False
    function = partial(convert_picture, settings=ConvertSettings())
    if workers > 1:
        share_among(workers)
        try:
            function(job)
        except TooHeavyForWorker:
            refused = True
        share_among(1)
        (done,) = processes(function, [job], workers)
    else:
        done = function(job)
    print(json.dumps({"reason": done.reason, "detail": done.detail, "refused": refused,
                      "mb": (peak() - before) / 1024}))
"""


def converted(tmp_path, data, limit=4_000_000_000, workers=1):
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py", str(limit), "a", str(tmp_path / "made.jpg"), str(workers)],
        capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def png(width, height, bits, colours, content):
    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def black(width, height, bits, colours, channels):
    return png(
        width,
        height,
        bits,
        colours,
        zlib.compress(bytes(height * (1 + width * channels * bits // 8))),
    )


def webp(width, height, moving):
    frames = [PIL.Image.new("RGBA", (16, 16), colour) for colour in ("red", "#00f8")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=moving, append_images=frames[1:] if moving else ())
    data = bytearray(file.getvalue())
    if not moving:
        return bytes(data)
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


TINY = {
    "a column": (png(1, 100_000_000, 8, 0, b"x\x9c"), "too_large"),
    "a column that JPEG can hold": (png(1, 60_000, 8, 0, b"x\x9c"), "too_small"),
    "an animation": (webp(9900, 9900, True), "too_large"),
    "more pixels than the limit": (png(11_000, 11_000, 8, 2, b"x\x9c"), "too_large"),
    "nothing behind a large head": (png(9000, 9000, 16, 0, b"x\x9c"), "unreadable"),
}


@pytest.mark.parametrize("name", TINY)
def test_a_small_file_with_a_huge_header_needs_little_memory(tmp_path, name):
    data, reason = TINY[name]
    assert len(data) < 400
    found = converted(tmp_path, data)
    assert found["reason"] == reason
    assert found["mb"] < (250 if reason == "unreadable" else 30)


@pytest.mark.parametrize("kind", ["grey of 16 bits", "floats", "transparent", "turned"])
def test_a_large_picture_is_in_memory_once(tmp_path, kind):
    side = 4000
    if kind == "grey of 16 bits":
        data = black(side, side, 16, 0, 1)
    elif kind == "transparent":
        data = black(side, side, 8, 6, 4)
    else:
        file = io.BytesIO()
        exif = PIL.Image.Exif()
        exif[0x0112] = 6
        if kind == "floats":
            PIL.Image.fromarray(np.zeros((side, side), np.float32)).save(
                file, "TIFF", compression="tiff_deflate"
            )
        else:
            PIL.Image.new("RGB", (side, side)).save(file, "PNG", exif=exif)
        data = file.getvalue()
    found = converted(tmp_path, data)
    assert found["reason"] is None
    assert found["mb"] * 1e6 < 11 * side * side + 60e6  # an estimate of 7 or 8 bytes, and its own


def test_a_picture_beyond_the_memory_has_a_drop_reason(tmp_path):
    found = converted(tmp_path, black(9000, 9000, 8, 2, 3), limit=1_600_000_000)
    assert found["reason"] == "too_large"
    assert "GB of memory; the limit is 0.4" in found["detail"]
    assert found["mb"] < 40


def test_a_picture_beyond_a_worker_limit_is_done_by_the_parent(tmp_path):
    found = converted(tmp_path, black(5000, 5000, 8, 6, 4), limit=2_600_000_000, workers=4)
    assert found["refused"]
    assert found["reason"] is None


def test_the_main_process_never_defers_a_large_picture():
    with pytest.raises(ImageError, match="too_large: decoding needs"):
        Picture(webp(9900, 9900, True))
