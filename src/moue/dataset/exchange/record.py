"""One picture of a data set, with its mouths, in the form that all formats share.

A record of a *crop* has the picture of one mouth, and exactly one mouth. A record of a *picture*
has the whole picture and all its mouths, also those that are dropped.

The values are plain data for JSON, so that every format can store them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["crop", "picture"]

OF_CROP = (
    "subject", "licence", "group", "tags", "source", "sha256", "video", "format", "decided_by",
    "backend", "origins", "decisions",
)  # fmt: skip
"""Values of the picture that a crop was cut from; `OF_PICTURE` has those of a whole picture."""
OF_PICTURE = ("name", "kind", *OF_CROP, "faces")
OF_MOUTH = (
    "name", "label", "split", "label_by", "label_at", "picture", "face", "width", "dropped",
    "decided_by", "backend", "detection",
)  # fmt: skip
"""Values of a mouth; `detection` is its face as `Face.to_dict` returns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A label that a data set gives to a picture or to a part of it.

    Attributes:
        label: label as the data set spells it; None for an unlabelled mouth.
        box: left, top, right and bottom in pixels; None for the whole picture.
        mouth: name of the mouth that moue wrote, if the format keeps it.
    """

    label: str | None
    box: tuple[float, float, float, float] | None = None
    mouth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One picture of a data set.

    Attributes:
        form: `crop` or `picture`.
        read: function that returns the bytes of the picture file.
        suffix: suffix of the picture file, such as `.png`.
        picture: values of the picture, by the names in `OF_CROP` or `OF_PICTURE`.
        mouths: values of the mouths, by the names in `OF_MOUTH`; empty for a picture of a data set
            that moue did not write.
        annotations: labels of a data set that moue did not write, and labels that another program
            added to an exported data set.
        changed: labels that another program changed, by the name of the mouth.
        split: split of the picture in a data set that moue did not write; None without a split.
        where: position of the record for messages, such as `train/a.png`.
    """

    form: Form
    read: Callable[[], bytes]
    suffix: str
    picture: dict[str, Any]
    mouths: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    changed: dict[str, str | None] = field(default_factory=dict)
    split: str | None = None
    where: str = ""

    def __post_init__(self) -> None:
        """Check the form of values that come from a file.

        Raises:
            TypeError: the picture or a mouth is not an object with its values.
        """
        if not isinstance(self.picture, dict) or not isinstance(self.mouths, list):
            raise TypeError("the picture or the list of mouths is not an object")
        for one in self.mouths:
            if not isinstance(one, dict) or not one.keys() >= {"name", "label", "split", "dropped"}:
                raise TypeError("a mouth has no name, label, split or dropped")

    @property
    def name(self) -> str:
        """The name of the sample that the record becomes; empty if moue did not write it."""
        if self.form == "crop":
            return str(self.mouths[0]["name"]) if self.mouths else ""
        return str(self.picture.get("name") or "")

    @property
    def labelled(self) -> list[dict[str, Any]]:
        """The mouths in use that have a label."""
        return [one for one in self.mouths if one["label"] and one["dropped"] is None]

    @property
    def place(self) -> str:
        """The folder or file of the record in formats that divide the data set by split."""
        in_use = [one for one in self.mouths if one["dropped"] is None]
        splits = [str(one["split"]) for one in (*self.labelled, *in_use) if one["split"]]
        return splits[0] if splits else UNASSIGNED

    def facts(self) -> dict[str, Any]:
        """Return the values as plain data for JSON, without the bytes of the picture."""
        return {"form": self.form, "picture": self.picture, "mouths": self.mouths}


UNASSIGNED = "unassigned"
"""Place of the records whose mouths have no split."""
