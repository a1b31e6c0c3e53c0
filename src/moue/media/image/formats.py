"""Recognise readable and unreadable picture formats by the first bytes of a file."""

from __future__ import annotations

import re
from pathlib import Path

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "PPM", "ICO", "CUR")
"""Pillow names of the formats that moue reads. Their decoders are safe for untrusted files, unlike
the decoders of EPS, PDF and JPEG 2000."""

_READ = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
    "PPM": (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
    "ICO": (b"\0\0\1\0",),
    "CUR": (b"\0\0\2\0",),
}
_UNREAD = {
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"II\xbc": "JPEG XR",
    b"8BPS": "Photoshop's PSD",
    b"DDS ": "DDS",
    b"#?RADIANCE": "Radiance HDR",
    b"#?RGBE": "Radiance HDR",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"gimp xcf": "GIMP's XCF",
    b"SIMPLE  =": "FITS",
    b"icns": "Apple's ICNS",
    b"qoif": "QOI",
    b"BPG\xfb": "BPG",
    b"FLIF": "FLIF",
    b"P7\n": "PAM",
    b"Pf\n": "PFM",
    b"PF\n": "PFM",
    b"\x01\xda": "SGI",
    b"\x59\xa6\x6a\x95": "Sun raster",
    b"\xd7\xcd\xc6\x9a": "Windows metafile",
    b"\x0a\x05\x01": "PCX",
    b"AT&TFORM": "DjVu",
}
_ARCHIVES = {
    b"PK\x03\x04": "ZIP",
    b"Rar!\x1a\x07": "RAR",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
"""First bytes of raw files of Fuji, Olympus, Panasonic, Sigma and Minolta. Other raw files are
TIFFs; see `tiff.is_raw`."""
_HEIF = re.compile(rb"hei[cxms]|hev[cxms]|mif1|msf1|miaf")
_AVIF = (b"avif", b"avis")
_SVG = re.compile(rb"^(\xef\xbb\xbf)?\s*(<\?xml.*?|<!--.*?|<!DOCTYPE svg.*?)*<svg[\s>]", re.DOTALL)
_HEAD = 4096


def readable(data: bytes) -> str | None:
    """Return the Pillow format name of a picture file; None if moue cannot read the file.

    Args:
        data: bytes of the file, or at least the first 256 bytes.
    """
    if data[4:8] == b"ftyp":
        brands = _brands(data)
        if any(brand in _AVIF for brand in brands):
            return "AVIF"
        return "HEIF" if any(_HEIF.fullmatch(brand) for brand in brands) else None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    name = next((name for name, heads in _READ.items() if data.startswith(heads)), None)
    # A TGA may start like an icon, but has 0 where an icon has its number of pictures.
    return None if name in ("ICO", "CUR") and data[4:6] == b"\0\0" else name


def is_readable(head: bytes) -> bool:
    """Return True if the first bytes of a file are the signature of a format that moue reads."""
    return readable(head) is not None or is_raw(head)


def is_raw(data: bytes) -> bool:
    """Return True if a file is a camera raw file that is not a TIFF, by its first bytes."""
    return data.startswith(_RAW) or data[4:12] == b"ftypcrx "


def unread(data: bytes) -> str | None:
    """Return the format name of a picture that moue cannot read; None for other files.

    Args:
        data: bytes of the file. The first bytes suffice, except for TGA.
    """
    for head, name in _UNREAD.items():
        if data.startswith(head):
            return name
    if data[128:132] == b"DICM":
        return "DICOM"
    if _SVG.match(data[:_HEAD]):
        return "SVG"
    if data[-18:].startswith(b"TRUEVISION-XFILE") or _is_old_tga(data):
        return "TGA"
    return None


def archive(head: bytes) -> str | None:
    """Return an error message that names the type of an archive; None if it is not an archive.

    Args:
        head: first 262 bytes of the file or more.
    """
    kinds = (kind for start, kind in _ARCHIVES.items() if head.startswith(start))
    kind = "tar" if head[257:262] == b"ustar" else next(kinds, None)
    return kind and f"{kind} archive; extract it and collect the extracted folder"


def is_picture_file(path: Path) -> bool:
    """Return True if a file is a picture of a known format; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return is_readable(head) or unread(head) is not None
    except OSError:
        return False


def _brands(data: bytes) -> list[bytes]:
    """Return the brands of an ISO base media file, the major brand first."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    return [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]


def _is_old_tga(data: bytes) -> bool:
    """Return True if a file is an uncompressed TGA without a footer, by its header and length."""
    if len(data) < 18 + 3:
        return False
    kind, depth = data[2], data[16]
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (12, 14))
    colours = data[1] == 0 and kind in (2, 3, 10, 11) and depth in (8, 15, 16, 24, 32)
    # The length must match the size, which only uncompressed files allow: a check of the header
    # alone would accept text files and noise.
    exact = kind in (2, 3) and len(data) >= 18 + data[0] + width * height * ((depth + 7) // 8)
    return colours and exact and width > 0 and height > 0 and not any(data[3:8])
