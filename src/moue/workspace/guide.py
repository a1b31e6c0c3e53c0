"""The labelling guide of a workspace: what each label means, in the words of its owner."""

from __future__ import annotations

from moue.errors import DataError
from moue.workspace.catalog import Catalog
from moue.workspace.types import USER

MAX_TEXT = 2000
"""Maximum length of the text of a label, in characters."""


def guide_texts(catalog: Catalog) -> dict[str, str]:
    """Return the text of each label that has one."""
    rows = catalog.execute("SELECT label, text FROM guide ORDER BY label")
    return {row["label"]: row["text"] for row in rows}


def set_guide_text(catalog: Catalog, label: str, text: str) -> None:
    """Set the text of a label; an empty text removes it.

    Raises:
        DataError: the text is too long.
    """
    if len(text) > MAX_TEXT:
        raise DataError(f"the text has {len(text):,} characters; the maximum is {MAX_TEXT:,}")
    with catalog.transaction():
        catalog.execute("DELETE FROM guide WHERE label = ?", [label])
        if text.strip():
            catalog.execute("INSERT INTO guide VALUES (?, ?)", [label, text.strip()])


def example_mouths(catalog: Catalog, label: str, count: int) -> list[str]:
    """Return names of mouths in use with a label, those that a person labelled first."""
    sql = (
        "SELECT m.name FROM mouths AS m JOIN samples AS s ON s.name = m.sample WHERE m.label = ? "
        "AND m.dropped IS NULL AND s.dropped IS NULL ORDER BY m.label_by = ? DESC, m.width DESC, "
        "m.id LIMIT ?"
    )
    return [row["name"] for row in catalog.execute(sql, [label, USER, count])]
