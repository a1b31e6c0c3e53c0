"""Queries and filters for sources of pictures, and the candidates that they return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from moue.dataset.collect.http.fetch_error import printable
from moue.settings import Setting

__all__ = ["Candidate", "Filters", "Query"]


@dataclass(frozen=True, slots=True)
class Query:
    """A search query, the path of a list, or the URL of a page; with its weak label."""

    text: str
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A picture URL that a search engine, a page or a list returned; unknown facts are None.

    Attributes:
        url: URL of the picture itself.
        page: URL of the page that shows it.
        label: weak label from the source itself, such as a column of a list.
    """

    url: str
    page: str | None = None
    title: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    author: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        """Check the types of data from outside, and remove control characters.

        Raises:
            TypeError: a value is not a text, or the URL is missing.
        """
        if not self.url or not isinstance(self.url, str):
            raise TypeError(f"the candidate has no URL: {self.url!r}")
        for name in ("page", "title", "licence", "licence_url", "author", "label"):
            if (text := getattr(self, name)) is not None:
                if not isinstance(text, str):
                    raise TypeError(f"the {name} of the candidate is not a string")
                object.__setattr__(self, name, printable(text) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Filters of a search. Safe search is always on if the engine has it."""

    size: Annotated[
        Literal["any", "small", "medium", "large"],
        Setting("Request only pictures of this size class, as the search engine defines it."),
    ] = "any"
    colour: Annotated[
        Literal["any", "colour", "grey"], Setting("Request only colour or only greyscale pictures.")
    ] = "any"
    type: Annotated[
        Literal["any", "photo", "face", "drawing"], Setting("Request only pictures of this type.")
    ] = "any"
    licence: Annotated[
        Literal["any", "free", "commercial", "public-domain"],
        Setting(
            "Request only pictures under this kind of licence. free: any open licence. commercial: "
            "an open licence that allows commercial use. Engines without a licence filter are "
            "skipped."
        ),
    ] = "any"
