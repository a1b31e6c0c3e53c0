"""Small pictures as bytes, and random changes of them."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image

from drawing import drawn

SIZE = (40, 56)


def encoded(format: str, seed: int, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(drawn(seed, *SIZE)).convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


def mutated(rng: np.random.Generator, whole: list[bytes], kinds: int = 7) -> bytes:
    """One of `whole`, changed in one of the first `kinds` ways below."""
    data = bytearray(whole[rng.integers(len(whole))])
    kind = rng.integers(kinds)
    if kind == 0:  # flipped bits
        for at in rng.integers(0, len(data), rng.integers(1, 12)):
            data[at] ^= 1 << rng.integers(8)
    elif kind == 1:  # cut short
        del data[rng.integers(len(data)) :]
    elif kind == 2:  # a stretch of noise
        at = rng.integers(len(data))
        noise = rng.bytes(rng.integers(1, 60))
        data[at : at + len(noise)] = noise
    elif kind == 3:  # the head of one format on the body of another
        other = whole[rng.integers(len(whole))]
        at = rng.integers(2, 40)
        data[:at] = other[:at]
    elif kind == 4:  # broken numbers in the head
        for at in rng.integers(0, min(64, len(data)), 4):
            data[at] = rng.integers(256)
    elif kind == 5:  # a huge or tiny number somewhere in the head
        at = rng.integers(0, min(400, len(data)))
        size = int(rng.choice([2, 4]))
        value = int(rng.choice([0, 1, 0x7FFF, 0xFFFF, 9999]))
        data[at : at + size] = value.to_bytes(size, str(rng.choice(["big", "little"])))
    else:  # a stretch lost, or said twice
        at, length = rng.integers(len(data)), rng.integers(1, 200)
        data[at:at] = data[at : at + length]
        if rng.integers(2):
            del data[at : at + 2 * length]
    return bytes(data)
