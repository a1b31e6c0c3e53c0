"""Fault: the tutorial deletes each original before it writes the new file.

A file that OpenCV cannot read is deleted too, and different files get the same new name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from moue.config import Config
from moue.dataset.collect.collect_files import collect
from moue.dataset.convert import convert
from moue.engine import SERIAL
from moue.learn.faults.fault import Fault, Sentence
from moue.learn.source import Source
from moue.media.image import encode_png, read_image
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace


def show(source: Source, folder: Path) -> Fault:
    """Convert copies of pictures as the tutorial does, then other copies as moue does.

    Args:
        source: source of the pictures; four of them are copied.
        folder: empty folder to work in.
    """
    ours, theirs = folder / "moue", folder / "tutorial"
    write_mixed_folder(source, theirs)
    shutil.copytree(theirs, ours)
    originals = _digests(theirs)
    with _quiet_opencv():
        unify_in_place(theirs)
    left = _digests(theirs)
    converted, dropped = _with_moue(folder / "workspace", ours)
    kept = sum(_digests(ours).get(name) == digest for name, digest in originals.items())
    numbers = {
        "files": len(originals),
        "left": len(left),
        "unchanged": sum(left.get(name) == digest for name, digest in originals.items()),
        "gone": sorted(originals.keys() - left.keys()),
        "moue_unchanged": kept,
        "moue_converted": converted,
        "moue_dropped": dropped,
    }
    reasons = ", ".join(f"{reason} {count}" for reason, count in dropped.items())
    return Fault(
        name="deleted-originals",
        title=Sentence(
            "Fault: originals are deleted before the new file is written.",
            "错误：新文件还没写好，原始文件就被删除了。",
        ),
        told=(
            Sentence(
                "Before: {n} files: {names}.",
                "处理前有 {n} 个文件：{names}。",
                {"n": len(originals), "names": ", ".join(sorted(originals))},
            ),
            Sentence(
                "After the tutorial's loop: {n} files: {names}.",
                "按教程的循环处理后剩 {n} 个文件：{names}。",
                {"n": len(left), "names": ", ".join(sorted(left))},
            ),
            Sentence(
                "Unreadable files and notes.txt were deleted. a.png and a.gif both became a.jpg, "
                "b.1.png and b.2.png both became b.jpg. The name c.jpg was taken by a folder, so "
                "nothing was written in place of c.png, which was already deleted.",
                "无法读取的文件和 notes.txt 被删除。a.png 和 a.gif 都变成 a.jpg，b.1.png 和 "
                "b.2.png 都变成 b.jpg。c.jpg 这个名字被一个文件夹占用，写入失败，而 c.png "
                "已经删掉了。",
            ),
            Sentence(
                "moue on the same files: {kept} of {n} originals unchanged, {converted} converted; "
                "the others have a reason: {reasons}.",
                "moue 处理同样的文件：{n} 个原始文件中 {kept} 个原样保留，转换 {converted} 个，"
                "其余的都记录了原因：{reasons}。",
                {"kept": kept, "n": len(originals), "converted": converted, "reasons": reasons},
            ),
        ),
        numbers=numbers,
    )


def write_mixed_folder(source: Source, folder: Path) -> None:
    """Write a folder as a person has it: several formats, names with dots, damaged files."""
    folder.mkdir(parents=True)
    images = [read_image(source.picture(None, number).path) for number in range(4)]
    for name, image in zip(("a.png", "b.1.png", "b.2.png", "c.png"), images, strict=True):
        (folder / name).write_bytes(encode_png(image))
    cv2.imwrite(str(folder / "a.gif"), images[1])
    (folder / "whole.jpg").write_bytes(source.picture(None, 2).path.read_bytes())
    (folder / "damaged.bmp").write_bytes(b"BM damaged on the way")
    (folder / "page.jpg").write_text("<html>not found</html>")
    (folder / "notes.txt").write_text("taken at home, may be used")
    (folder / "c.jpg").mkdir()
    (folder / "c.jpg" / "inside.jpg").write_bytes(source.picture(None, 3).path.read_bytes())


def unify_in_place(folder: Path) -> None:
    """Convert all files of a folder to JPEG in the way of the tutorial. Loses files."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            target = path.with_name(name.split(".")[0] + ".jpg")
            try:
                image = cv2.imread(str(path), cv2.IMREAD_COLOR)
                if image is None:
                    raise ValueError("not a picture")
                path.unlink()
                cv2.imwrite(str(target), image)
            except Exception:  # noqa: BLE001  the fault: every error ends here, without a message
                path.unlink()


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Return a context in which OpenCV prints no messages about damaged files."""
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _with_moue(root: Path, folder: Path) -> tuple[int, dict[str, int]]:
    """Collect and convert a folder with moue; return converted and dropped files by reason."""
    workspace = Workspace(root)
    workspace.create("")
    with workspace.locked("learn") as (catalog, _):
        context = Context(
            workspace, catalog, Config.load(workspace.settings), Progress(), engine=SERIAL
        )
        collected = collect(context, [folder])
        summary = convert(context)
    counts = {name: int(value) for name, value in summary.counts.items()}
    converted = counts.pop("converted", 0)
    return converted, dict(collected.left_out) | counts
