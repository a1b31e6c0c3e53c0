"""The format `webdataset`: tar files of about 512 MB, read from the beginning to the end.

Each crop is two or three members with one stem: the picture, a `.json` with its values, and a
`.cls` with the number of its label. The values in the `.json` are texts and never null, so that
every reader infers the same types.
"""

from __future__ import annotations

import errno
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.flat_rows import flat_row, from_flat_row
from moue.dataset.exchange.record import Annotation, Record
from moue.errors import DataError
from moue.files import abandon_all, replacing
from moue.media.read_file import MAX_BYTES
from moue.text import to_json
from moue.workspace.pack_format import forget_members

SHARD_BYTES = 512 << 20
_PLAIN = ("name", "label", "split", "group", "subject", "licence")
_PICTURES = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif", "ppm", "heic")


class WebDataset:
    """Writes the format `webdataset`."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder = folder
        self._labels = labels
        self._open: dict[str, _Shard] = {}

    def add(self, record: Record) -> None:
        """Write one crop."""
        row = flat_row(record)
        texts = {name: "" if row[name] is None else str(row[name]) for name in _PLAIN}
        members = {
            record.suffix: record.read(),
            ".json": to_json(texts | {"moue": to_json(row)}).encode(),
        }
        if row["label"] is not None:
            members[".cls"] = str(self._labels.index(str(row["label"]))).encode()
        self._shard(record.place).add(record.name, members)

    def close(self) -> None:
        """Complete the files."""
        for shard in self._open.values():
            shard.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete files."""
        abandon_all((shard.abandon for shard in self._open.values()), error)

    def _shard(self, place: str) -> _Shard:
        shard = self._open.get(place)
        if shard is None or shard.size >= SHARD_BYTES:
            number = 0 if shard is None else shard.number + 1
            if shard is not None:
                shard.close()
            path = self._folder / f"{place}-{number:06}.tar"
            shard = self._open[place] = _Shard(path, number)
        return shard


class _Shard:
    """One tar file that is being written."""

    def __init__(self, path: Path, number: int) -> None:
        self.number, self.size = number, 0
        with ExitStack() as stack:
            part = stack.enter_context(replacing(path, overwrite=False))
            tar = tarfile.open(part, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  the stack closes it
            self._tar = stack.enter_context(tar)
            self._stack = stack.pop_all()

    def add(self, name: str, members: dict[str, bytes]) -> None:
        for suffix, data in members.items():
            info = tarfile.TarInfo(f"{name}{suffix}")
            info.size = len(data)
            self._tar.addfile(info, io.BytesIO(data))
            forget_members(self._tar)
            self.size += len(data) + 1024

    def close(self) -> None:
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        self._stack.__exit__(type(error), error, error.__traceback__)


def read_webdataset(source: Path) -> Iterator[Record]:
    """Yield the records of a tar file, or of a folder of tar files.

    Raises:
        DataError: a file is damaged.
    """
    files = [source] if source.is_file() else sorted(source.rglob("*.tar"))
    for file in files:
        split = split_of_folder(file.stem.partition("-")[0])
        for key, members in _members(file):
            if not members.keys().isdisjoint((*_PICTURES, "cls", "json")):
                yield _record(file, key, members, split)


def _members(file: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the members with one stem, by suffix without the dot."""
    last, found = "", dict[str, bytes]()
    try:
        with tarfile.open(file, "r|") as tar:
            for info in tar:
                if not info.isreg():
                    continue
                path = PurePosixPath(info.name)
                stem, _, suffix = path.name.partition(".")
                key = (path.parent / stem).as_posix()
                if key != last and found:
                    yield last, found
                    found = {}
                last = key
                if info.size > MAX_BYTES:
                    raise DataError(f"{file}: {info.name} has {info.size:,} bytes; too large")
                reader = tar.extractfile(info)
                found[suffix.lower()] = b"" if reader is None else reader.read()
                forget_members(tar)
    except (tarfile.TarError, EOFError) as error:
        if not last:
            raise DataError(
                f"{file} is not a tar file, or is damaged; copy it again, or write it again"
            ) from error
        raise DataError(
            f"{file} is damaged after {last}; copy it again, or write it again"
        ) from error
    if found:
        yield last, found


def _record(file: Path, key: str, members: dict[str, bytes], split: str | None) -> Record:
    where = f"{file.name}: {key}"
    suffix = next((name for name in members if name in _PICTURES), None)
    if suffix is None:
        return Record(form="crop", read=partial(_no_picture, where), suffix="", picture={},
                      annotations=[], where=where)  # fmt: skip
    read = partial(bytes, members[suffix])
    try:
        values: dict[str, Any] = dict(json.loads(members.get("json", b"{}")))
        number = members["cls"].decode().strip() if "cls" in members else None
        if "moue" in values:
            row = json.loads(values["moue"])
            if values.get("label") != (row["label"] or ""):
                row["label"] = values["label"] or None
            return Record(read=read, suffix=f".{suffix}", where=where, **from_flat_row(row))
        text = members["txt"].decode().strip() if "txt" in members else None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{where}: a value is damaged ({str(error)[:80]})") from error
    label = values.get("label", number if number is not None else text)
    return Record(
        form="crop", read=read, suffix=f".{suffix}", picture={}, split=split, where=key,
        annotations=[] if label is None else [Annotation(label=str(label))],
    )  # fmt: skip


def _no_picture(where: str) -> bytes:
    raise FileNotFoundError(errno.ENOENT, "the sample has no picture", where)
