"""Small files of every format that is read, changed at random; used by a test in its own process.

    python tests/mutants.py FOLDER COUNT

makes COUNT of them one after the other, converts each, and prints a line of JSON on what came of
them. Anything raised ends it.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import PIL.Image

from moue.dataset.convert import ConvertJob, ConvertSettings, convert_picture
from moue.errors import SourceError
from moue.media.image import encode_jpeg
from moue.media.video import frames
from moue.media.video.containers import holds_video
from moue.workspace.drop_reasons import DROP_REASONS

sys.path.insert(0, str(Path(__file__).parent))
from drawing import drawn
from mutations import SIZE, encoded, mutated

FILMS = (("mp4", "libx264"), ("mov", "mpeg4"), ("matroska", "libx264"), ("webm", "libvpx"),
         ("mpegts", "libx264"), ("avi", "mpeg4"), ("flv", "libx264"), ("asf", "mpeg4"),
         ("vob", "mpeg2video"), ("3gp", "libx264"))  # fmt: skip


def pictures() -> Iterator[bytes]:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    more = [PIL.Image.fromarray(drawn(n, *SIZE)) for n in (30, 31)]
    moving = {"save_all": True, "append_images": more}
    deep = drawn(1, *SIZE).astype(np.uint16) * 257
    yield encoded("JPEG", 0)
    yield encoded("JPEG", 1, progressive=True)
    yield encoded("JPEG", 2, "CMYK")
    yield encoded("JPEG", 3, "L", exif=exif)
    yield encoded("JPEG", 4, restart_marker_rows=1, exif=exif)
    yield encoded("PNG", 5, "P")
    yield encoded("PNG", 6, "RGBA", exif=exif)
    yield encoded("PNG", 7, **moving)
    yield cv2.imencode(".png", deep)[1].tobytes()
    yield cv2.imencode(".png", deep[..., 0])[1].tobytes()
    yield encoded("WEBP", 8)
    yield encoded("WEBP", 9, lossless=True)
    yield encoded("WEBP", 10, **moving)
    yield encoded("GIF", 11, **moving)
    yield encoded("TIFF", 12)
    yield encoded("TIFF", 13, compression="tiff_lzw", exif=exif)
    yield encoded("TIFF", 14, "F", compression="tiff_deflate")
    yield encoded("TIFF", 15, "I;16")
    yield encoded("TIFF", 16, compression="jpeg")
    yield encoded("TIFF", 17, "1", compression="group4")
    yield encoded("BMP", 18)
    yield encoded("BMP", 19, "P")
    yield encoded("PPM", 20)
    yield encoded("ICO", 21)
    yield encoded("AVIF", 22)
    yield encoded("AVIF", 23, **moving)
    yield b"FUJIFILMCCD-RAW 0201" + bytes(60) + encode_jpeg(drawn(24, 480, 640), 30) + bytes(99)


def films(folder: Path) -> Iterator[bytes]:
    for number, (form, codec) in enumerate(FILMS):
        path = folder / "film"
        with av.open(str(path), "w", format=form) as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width, stream.pix_fmt = 288, 352, "yuv420p"
            for index in range(6):
                image = drawn(number, 288, 352)
                frame = av.VideoFrame.from_ndarray(np.roll(image, 9 * index, 1), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        yield path.read_bytes()


def came_of(path: Path, target: Path) -> str:
    """Read one file as the commands do; return what came of it in a word."""
    if holds_video(path.read_bytes()[:1024]):
        try:
            return "film" if sum(1 for _ in frames(path)) else "nothing"
        except SourceError as error:
            told = str(error)
        assert str(path) in told, told
        return "film refused"
    done = convert_picture(ConvertJob("a", path, target), ConvertSettings())
    if done.reason is None:
        assert done.width, done
        assert done.height, done
        return "converted"
    assert done.reason in DROP_REASONS, done
    assert done.detail, done
    return done.reason


def main(folder: Path, count: int) -> None:
    rng = np.random.default_rng(2_000)
    stills, moving = list(pictures()), list(films(folder))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes: Counter[str] = Counter()
    path = folder / "mutant"
    for number in range(count):
        path.write_bytes(mutated(rng, moving if number % 5 == 0 else stills))
        outcomes[came_of(path, folder / "made.jpg")] += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"outcomes": outcomes, "grown_mb": grown // 1024}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
