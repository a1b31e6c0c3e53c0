"""The picture of a chapter, an SVG file that the terminal command writes.

Its values are those of the figures of the chapter, computed from the same pictures.
"""

from __future__ import annotations

from collections.abc import Callable

from moue.learn.answers import Answers
from moue.learn.pictures import curves, diagrams, photos

_PICTURES: dict[str, Callable[[str, Answers, str], str]] = {
    "whole-way": photos.whole_way,
    "collecting": photos.collecting,
    "one-format": photos.one_format,
    "cascade": curves.cascade,
    "landmarks-and-crop": photos.crop,
    "duplicates": photos.duplicates,
    "data-interface": photos.transforms,
    "network": diagrams.network,
    "loss": curves.loss,
    "optimizer": curves.optimizer,
    "scheduler": curves.scheduler,
    "training": curves.training,
    "honest-testing": curves.testing,
    "pictures-video-camera": diagrams.smoothing,
}
"""Function of each chapter, by slug."""


def picture(chapter: str, title: str, answers: Answers, language: str) -> str:
    """Return the SVG picture of a chapter.

    Args:
        chapter: slug of the chapter, such as `loss`.
        title: title of the picture.
        answers: data of the figures.
        language: `en` or `zh`.

    Raises:
        DataError: the workspace lacks what the picture shows.
        MissingExtra: the picture needs a training of the workspace, and torch is not installed.
    """
    return _PICTURES[chapter](title, answers, language)
