"""Helpers of the browser tests: pages of the studio, and the catalog behind them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

PAGES = ("overview", "pictures", "label", "duplicates", "train", "results", "try", "explain")

DROPS = """([name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const event = (type) => new DragEvent(type, { dataTransfer: transfer, bubbles: true });
  document.body.dispatchEvent(event("dragover"));
  document.body.dispatchEvent(event("drop"));
}"""
"""Drops a file on the page: its name, its media type and its content in base64."""

SHOWS = """(hash) => new Promise((done) => {
  const before = location.href;
  const drawn = () => requestAnimationFrame(() => setTimeout(done));
  addEventListener("hashchange", drawn, { once: true });
  location.hash = hash;
  if (location.href === before) drawn();
})"""
"""Goes to an address, and waits until the page has handled the event of the change."""


def go(page: Any, address: str) -> None:
    """Go to a page of the studio, such as `label?mode=pass`, and wait until it is drawn."""
    page.evaluate(SHOWS, f"#/{address}")
    page.wait_for_selector('main > :not([aria-busy="true"])')  # before the state is there


def rows(root: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Return rows of the catalog of a workspace."""
    with closing(sqlite3.connect(f"file:{root / 'catalog.db'}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


def labels_by_user(root: Path) -> dict[str, str]:
    """Return the label of each mouth that the user labelled."""
    return dict(rows(root, "SELECT name, label FROM mouths WHERE label_by = 'user'"))


def settled(page: Any) -> None:
    """Wait until the server has answered every decision of the page."""
    page.wait_for_selector("#app:not([data-unsent])")
