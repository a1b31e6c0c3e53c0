"""Reading and writing pictures: the only package that knows BGR, EXIF, ICC, alpha and CMYK.

Everything that leaves it is (H, W, 3) uint8 RGB, upright, or (H, W) uint8 grey.
"""

from moue.image.formats import is_picture_file, is_readable
from moue.image.picture import Picture, header, read_image
from moue.image.pixels import Grey, fit, grey_of, swapped
from moue.image.size import MAX_PIXELS, MAX_SIDE
from moue.image.write import encode_jpeg, encode_png

__all__ = [
    "MAX_PIXELS", "MAX_SIDE", "Grey", "Picture", "encode_jpeg", "encode_png", "fit", "grey_of",
    "header", "is_picture_file", "is_readable", "read_image", "swapped",
]  # fmt: skip
