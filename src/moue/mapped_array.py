"""Arrays in a temporary file, for data that does not fit in memory."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.memory_budget import usable_memory

_SHARE = 16
"""An array of more than this part of the memory is kept in a file."""


def mapped_zeros(
    shape: tuple[int, ...], dtype: npt.DTypeLike, folder: Path, what: str
) -> npt.NDArray[Any]:
    """Return an array of zeros in a file that has no name, so that it never outlives this process.

    Args:
        shape: shape of the array.
        dtype: type of its values.
        folder: folder of the file.
        what: name of the data, for the error message.

    Raises:
        DataError: the disk has too little free space.
    """
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    if not needed:
        return np.zeros(shape, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            # Without the reserved space, writing to the array on a full disk ends the process.
            _reserve(file.fileno(), needed)
        except OSError as error:
            free = shutil.disk_usage(folder).free
            raise DataError(
                f"{folder}: {what} need {needed / 1e9:.1f} GB on this disk, but "
                f"{free / 1e9:.1f} GB are free; free some space, or use fewer pictures"
            ) from error
        return np.memmap(file, dtype, "r+", shape=shape)


def large_zeros(shape: tuple[int, ...], dtype: npt.DTypeLike, what: str) -> npt.NDArray[Any]:
    """Return an array of zeros, in memory or in a file of the folder for temporary files.

    Args:
        shape: shape of the array.
        dtype: type of its values.
        what: name of the data, for the error message.

    Raises:
        DataError: the disk has too little free space.
    """
    if math.prod(shape) * np.dtype(dtype).itemsize <= usable_memory() // _SHARE:
        return np.zeros(shape, dtype)
    return mapped_zeros(shape, dtype, Path(tempfile.gettempdir()), what)


def _reserve(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:  # macOS and Windows
        os.truncate(file, size)
