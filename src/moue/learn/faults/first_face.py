"""Fault: the tutorial uses the first detected face, whatever it is.

OpenCV does not sort its detections. With one thread, small faces come first; with several threads,
the order is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from moue.face.backends import FaceSettings, detect_faces
from moue.learn.faults.fault import Fault, Sentence
from moue.learn.source import Source
from moue.media.draw import Mark, draw_boxes
from moue.media.image import Picture, read_image
from moue.workspace.types import Image

SIDES = (160, 416, 200)
"""Sides of the three persons of the group photo, in pixels; the one in the middle is in front."""
PHOTOS = 8
RED, GREEN = "#c62828", "#2e7d32"


def show(source: Source, folder: Path) -> Fault:
    """Use the first face of group photos, as the tutorial does, and the main face, as moue does.

    Args:
        source: source of the pictures; group photos are composed of them.
        folder: unused.
    """
    photos = [group_photo(source, number) for number in range(PHOTOS)]
    detected = [(photo, rects) for photo in photos if len(rects := first_faces(photo, 1)) > 1]
    wrong = sum(int(rects[0][2]) < int(rects[:, 2].max()) for _, rects in detected)
    many = [first_faces(photo, 4) for photo, _ in detected]
    differs = sum(
        tuple(rects[0]) != tuple(other[0])
        for (_, rects), other in zip(detected, many, strict=True)
        if len(other)
    )
    main = [_is_largest(photo, rects) for photo, rects in detected]
    numbers = {
        "photos": len(detected), "first_is_not_main": wrong, "differs_with_4_threads": differs,
        "moue_main": sum(main),
    }  # fmt: skip
    return Fault(
        name="first-face",
        title=Sentence(
            "Fault: the first detected face is used blindly (rects[0]).",
            "错误：盲目使用第一个检测到的人脸（rects[0]）。",
        ),
        told=(
            Sentence(
                "{n} group photos: one person in front, two small ones behind.",
                "{n} 张合影：前面一个人，后面两个小的。",
                {"n": len(detected)},
            ),
            Sentence(
                "rects[0] with one thread is not the person in front in {wrong} of {n} photos, so "
                "the label goes to a bystander.",
                "单线程时，{n} 张中有 {wrong} 张的 rects[0] 不是前面的人，标签就贴到了旁人的嘴上。",
                {"wrong": wrong, "n": len(detected)},
            ),
            Sentence(
                "With 4 threads, rects[0] is another face in {differs} of them: OpenCV does not "
                "sort its detections.",
                "改用 4 个线程，其中 {differs} 张的 rects[0] 变成了另一张脸：OpenCV 不对结果排序。",
                {"differs": differs},
            ),
            Sentence(
                "moue returns every face, main face first; it is the person in front in {right} "
                "of {n}.",
                "moue 返回所有人脸，主脸排在最前；{n} 张中有 {right} 张是前面的人。",
                {"right": sum(main), "n": len(detected)},
            ),
        ),
        numbers=numbers,
        picture=_drawn(*detected[0]) if detected else None,
    )


def group_photo(source: Source, number: int) -> Image:
    """Return a photo of three persons, composed of pictures of the source."""
    width = sum(SIDES) + 16 * (len(SIDES) + 1)
    photo = np.full((max(SIDES) + 32, width, 3), 200, np.uint8)
    left = 16
    for place, side in enumerate(SIDES):
        # Steps of 4 and 16 pictures: other persons, as far as the source has them.
        person = read_image(source.picture(None, 4 * number + 16 * place).path)
        person = _square(person)
        small = cv2.resize(person, (side, side), interpolation=cv2.INTER_AREA)
        photo[-16 - side : -16, left : left + side] = small
        left += side + 16
    return photo


def first_faces(photo: Image, threads: int) -> np.ndarray:
    """Return the (N, 4) rectangles x, y, width, height of the tutorial's call, in its order."""
    cascade = cv2.CascadeClassifier(
        str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
    )
    with _threads(threads):
        rects = cascade.detectMultiScale(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), 1.3, 5)
    return np.array(rects, np.int64).reshape(-1, 4)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _is_largest(photo: Image, rects: np.ndarray) -> bool:
    """Return whether the main face of moue is the largest face of the cascade."""
    faces = detect_faces(Picture.from_array(photo), FaceSettings())
    x, y, width, height = rects[int(np.argmax(rects[:, 2]))]
    left, top, right, bottom = faces[0].box if faces else (0, 0, 0, 0)
    return bool(left < x + width / 2 < right and top < y + height / 2 < bottom)


def _drawn(photo: Image, rects: np.ndarray) -> Image:
    x, y, width, height = (float(v) for v in rects[0])
    faces = detect_faces(Picture.from_array(photo), FaceSettings())
    first = Mark(np.array([x, y, x + width, y + height], np.float32), "rects[0]", RED)
    return draw_boxes(photo, [*(Mark(f.box, "moue", GREEN) for f in faces[:1]), first])


def _square(image: Image) -> Image:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[top : top + side, left : left + side]
