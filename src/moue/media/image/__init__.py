"""Read and write pictures.

This package alone handles BGR, EXIF orientation, ICC profiles, alpha and CMYK. It returns upright
pictures as (H, W, 3) uint8 RGB or (H, W) uint8 grey.
"""

from moue.media.image.encode import encode_jpeg, encode_png, encode_webp
from moue.media.image.formats import archive, is_picture_file, is_readable
from moue.media.image.picture import Picture, header, read_image, read_reduced
from moue.media.image.pixels import Grey, resize_to_fit, scale_to_fit, swap_channels, to_grey
from moue.media.image.size import MAX_PIXELS, MAX_SIDE

__all__ = [
    "MAX_PIXELS",
    "MAX_SIDE",
    "Grey",
    "Picture",
    "archive",
    "encode_jpeg",
    "encode_png",
    "encode_webp",
    "header",
    "is_picture_file",
    "is_readable",
    "read_image",
    "read_reduced",
    "resize_to_fit",
    "scale_to_fit",
    "swap_channels",
    "to_grey",
]  # fmt: skip
