"""Settings that commands were given in a workspace, kept in its catalog for later commands.

A flag beats what is kept, which beats `moue.toml`, which beats the default. So a step that is run
again, by itself or by `moue run`, never silently goes back to another setting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moue.errors import CatalogError
from moue.workspace.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Kept:
    """One setting of one section of `moue.toml`.

    Attributes:
        by: the command it was given to, such as `clean`.
        at: UTC, ISO 8601.
    """

    section: str
    name: str
    value: Any
    by: str
    at: str

    @property
    def words(self) -> str:
        """For people: what is set, when and by which command."""
        value = self.value if isinstance(self.value, str) else json.dumps(self.value)
        return f"{self.name} {value}, set on {self.at[:10]} by `moue {self.by}`"


def kept(catalog: Catalog) -> list[Kept]:
    """Return every kept setting, by section and name.

    Raises:
        CatalogError: a value is none that a moue has written.
    """
    rows = catalog.execute("SELECT section, name, value, by, at FROM kept ORDER BY section, name")
    try:
        return [
            Kept(r["section"], r["name"], json.loads(r["value"]), r["by"], r["at"]) for r in rows
        ]
    except (ValueError, TypeError, RecursionError) as error:
        raise CatalogError(
            "the catalog is damaged: a kept setting cannot be read; run the command with --reset"
        ) from error


def keep(catalog: Catalog, section: str, values: Mapping[str, Any], by: str) -> None:
    """Keep the values of a section's settings; those that it has already are replaced."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with catalog.transaction():
        for name, value in values.items():
            catalog.execute(
                "INSERT INTO kept VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "value = excluded.value, by = excluded.by, at = excluded.at",
                [section, name, json.dumps(value), by, now],
            )


def forget_kept(catalog: Catalog, section: str | None = None) -> int:
    """Forget the kept settings of a section, or all; return how many there were."""
    where, values = ("WHERE section = ?", [section]) if section else ("", [])
    with catalog.transaction():
        return len(catalog.execute(f"DELETE FROM kept {where} RETURNING name", values))
