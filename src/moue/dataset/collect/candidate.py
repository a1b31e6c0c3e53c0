"""Search queries, search filters, and the candidates that a search returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from moue.dataset.collect.http.fetch_error import printable
from moue.settings import Setting

__all__ = ["Candidate", "Filters", "Query"]


@dataclass(frozen=True, slots=True)
class Query:
    """A source of candidates.

    Attributes:
        text: Search words, path of a URL list, or URL of a web page.
        label: Weak label of all candidates; None if unlabelled.
    """

    text: str
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A picture URL from a search engine, web page or URL list; None for unknown values.

    Attributes:
        url: URL of the picture file.
        page: URL of the web page that shows the picture.
        title: Title or alternative text of the picture.
        licence: Name of the licence, such as `CC BY 4.0`.
        licence_url: URL of the licence text.
        author: Name of the author.
        label: Weak label from the source, such as the label column of a URL list.
    """

    url: str
    page: str | None = None
    title: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    author: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        """Check the types of the untrusted values, and remove control characters.

        Raises:
            TypeError: A value is not a string, or the URL is missing.
        """
        if not self.url or not isinstance(self.url, str):
            raise TypeError(f"the URL of the candidate is missing or not a string: {self.url!r}")
        for name in ("page", "title", "licence", "licence_url", "author", "label"):
            if (text := getattr(self, name)) is not None:
                if not isinstance(text, str):
                    raise TypeError(f"the {name} of the candidate is not a string")
                object.__setattr__(self, name, printable(text) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Search filters. Safe search is always on if the engine supports it."""

    size: Annotated[
        Literal["any", "small", "medium", "large"],
        Setting("Size class of the pictures, as defined by the search engine."),
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
