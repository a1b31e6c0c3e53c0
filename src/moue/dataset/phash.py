"""Perceptual hashes of pictures."""

from __future__ import annotations

import cv2
import numpy as np

from moue.media.image import Grey

HASH_SIDE = 64
"""Minimum shorter side, in pixels, of a decoded picture before hashing."""

_SIZE = 32
_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)


def phash(grey: Grey) -> int:
    """Return the 64-bit DCT hash of a grey (H, W) uint8 picture of any size.

    The picture is resized to 32 x 32 pixels. A bit is 1 if one of the 8 x 8 lowest frequencies is
    above their median. Small changes of size, brightness, compression or sharpness change few
    bits.

    Source:
        The pHash scheme (Zauner 2010). Bits differ from other implementations, so hashes are
        compared only with each other.
    """
    # Averaging uses all pixels, so copies of different sizes give similar hashes.
    small = cv2.resize(grey, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
    # The median omits the mean brightness, which is independent of the content.
    above = low > np.median(low[1:])
    return int(_BITS[above].sum(dtype=np.uint64))
