"""What every source of pictures on the web yields, and what it can be asked to leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from moue.dataset.collect.http.fetch_error import printable
from moue.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One picture that a source names; what it does not state is None.

    Attributes:
        url: of the picture itself.
        page: that shows it.
        width: as stated, pixels; the picture itself may differ.
        label: where the source has one of its own, as a list may.
    """

    url: str
    page: str | None = None
    title: str | None = None
    width: int | None = None
    height: int | None = None
    licence: str | None = None
    licence_url: str | None = None
    author: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        """Hold what comes from outside to its types, and to what can be shown.

        Raises:
            TypeError: a text is none, or the URL is missing.
        """
        texts = (self.page, self.title, self.licence, self.licence_url, self.author, self.label)
        if not self.url or not isinstance(self.url, str):
            raise TypeError(f"url is {self.url!r}")
        if not all(text is None or isinstance(text, str) for text in texts):
            raise TypeError("a text is none")
        for name in ("page", "title", "licence", "licence_url", "author"):
            if (text := getattr(self, name)) is not None:
                object.__setattr__(self, name, printable(text) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What engines are asked to leave out. Safe search is always on where there is one."""

    size: Annotated[
        Literal["any", "small", "medium", "large"],
        Setting("Size of the pictures, as the engine classifies them."),
    ] = "any"
    colour: Annotated[
        Literal["any", "colour", "grey"], Setting("Colour or greyscale pictures.")
    ] = "any"
    type: Annotated[Literal["any", "photo", "face", "drawing"], Setting("Kind of picture.")] = "any"
    licence: Annotated[
        Literal["any", "free", "commercial", "public-domain"],
        Setting(
            "Licence of the pictures. free: any open licence. commercial: allows commercial use. "
            "Engines without a licence filter are skipped."
        ),
    ] = "any"
