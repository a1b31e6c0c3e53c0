"""The formats of data sets: the class that writes each, and the function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from moue.dataset.exchange.coco import Coco, read_coco
from moue.dataset.exchange.image_folder import ImageFolder, read_image_folder
from moue.dataset.exchange.label_studio import LabelStudio, read_label_studio
from moue.dataset.exchange.parquet import ParquetDataset, read_parquet
from moue.dataset.exchange.record import Form, Record
from moue.dataset.exchange.webdataset import WebDataset, read_webdataset
from moue.dataset.exchange.yolo import Yolo, read_yolo


class Writer(Protocol):
    """Interface of the classes that write a data set."""

    def add(self, record: Record) -> None:
        """Write one record."""
        ...

    def close(self) -> None:
        """Complete the files."""
        ...

    def abandon(self, error: BaseException) -> None:
        """Remove incomplete files after an error."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format of data sets.

    Attributes:
        form: form of its records.
        write: function from the folder and the labels to the writer.
        read: function from a folder or file to its records.
    """

    form: Form
    write: Callable[[Path, Sequence[str]], Writer]
    read: Callable[[Path], Iterator[Record]]


FORMATS: dict[str, Format] = {
    "parquet": Format("crop", ParquetDataset, read_parquet),
    "webdataset": Format("crop", WebDataset, read_webdataset),
    "imagefolder": Format("crop", ImageFolder, read_image_folder),
    "coco": Format("picture", Coco, read_coco),
    "yolo": Format("picture", Yolo, read_yolo),
    "label-studio": Format("picture", LabelStudio, read_label_studio),
    "huggingface": Format("crop", partial(ParquetDataset, hub=True), read_parquet),
}
"""The formats by name."""
