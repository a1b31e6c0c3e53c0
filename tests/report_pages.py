"""Read a report, and the changes that make its data degenerate."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"img", "meta", "link", "br"}


class Reader(HTMLParser):
    """Collects what a page is made of and fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, key, value) for key, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, key, value) for key, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def values(self, *keys: str) -> list[str]:
        return [value or "" for _, key, value in self.attributes if key in keys]


DEGENERATE = {
    "two labels": {"labels": ("none", "smile")},
    "one mouth": {"labels": ("none", "smile"), "support": {"none": 1}},
    "a label without mouths": {"support": {"none": 30, "smile": 16, "open": 9}},
    "no mouths at all": {"support": {}},
    "no mistakes": {"support": {"none": 2, "pout": 2, "smile": 2, "open": 2}},
    "nothing but the evaluation": {
        "epochs": (), "best": None, "counts": {}, "funnel": (), "dropped": (), "crops": {},
        "examples": {}, "leakage": None, "commands": (), "settings": {}, "environment": {},
        "comparison": None, "robustness": (), "corrupted": (),
    },
    "corruptions without pictures of them": {"corrupted": ()},
    "labels of one's own": {"labels": ("shut", "wide"), "support": {"shut": 30, "wide": 20}},
    "empty rows": {
        "funnel": [("collected", 0)], "counts": {"train": {}}, "examples": {"none": []},
    },
}  # fmt: skip
