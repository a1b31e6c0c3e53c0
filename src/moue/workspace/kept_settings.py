"""Settings from earlier command lines, which the catalog keeps for later commands.

A flag overrides a kept setting, a kept setting overrides `moue.toml`, and `moue.toml` overrides
the default. So a stage uses the same settings when it runs again, alone or in `moue run`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moue.errors import CatalogError
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import where


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept setting.

    Attributes:
        section: section of `moue.toml`.
        name: name of the setting.
        value: value of the setting.
        by: command that set the value, such as `clean`.
        at: time of the command in UTC, ISO 8601.
    """

    section: str
    name: str
    value: Any
    by: str
    at: str

    @property
    def words(self) -> str:
        """The setting as text for messages: name, value, date and command."""
        value = self.value if isinstance(self.value, str) else json.dumps(self.value)
        return f"{self.name} {value}, set on {self.at[:10]} by `moue {self.by}`"


def kept(catalog: Catalog) -> list[Kept]:
    """Return all kept settings, sorted by section and name.

    Raises:
        CatalogError: a kept value is damaged.
    """
    rows = catalog.execute("SELECT section, name, value, by, at FROM kept ORDER BY section, name")
    try:
        return [
            Kept(r["section"], r["name"], json.loads(r["value"]), r["by"], r["at"]) for r in rows
        ]
    except (ValueError, TypeError, RecursionError) as error:
        raise CatalogError(
            f"{catalog.path}: a saved setting is damaged; run the command again with --reset"
        ) from error


def keep(catalog: Catalog, section: str, values: Mapping[str, Any], by: str) -> None:
    """Keep settings of a section in the catalog; replace their earlier values.

    Args:
        catalog: open catalog.
        section: section of `moue.toml`.
        values: values by setting name.
        by: name of the command.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with catalog.transaction():
        for name, value in values.items():
            catalog.execute(
                "INSERT INTO kept VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "value = excluded.value, by = excluded.by, at = excluded.at",
                [section, name, json.dumps(value), by, now],
            )


def forget_kept(catalog: Catalog, section: str | None = None, name: str | None = None) -> int:
    """Delete settings that the catalog keeps from earlier commands; return their number.

    Args:
        catalog: open catalog.
        section: section of `moue.toml`; None for all sections.
        name: name of the setting; None for all settings.
    """
    condition, values = where((), {k: v for k, v in (("section", section), ("name", name)) if v})
    with catalog.transaction():
        return len(catalog.execute(f"DELETE FROM kept WHERE {condition} RETURNING name", values))
