"""Convert rows of the catalog to the rows of the API."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from moue.dataset.thumbnails import VERSION_DIGITS
from moue.studio.readers import Reader
from moue.studio.schema_data import (
    HistoryRow,
    MouthBrief,
    OriginRow,
    PictureBrief,
)
from moue.workspace import browse
from moue.workspace.browse import MouthRow, PictureRow
from moue.workspace.catalog import Decision
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.predictions import PredictingModel
from moue.workspace.provenance import Origin


def thumbnail_url(kind: str, name: str, sha256: str) -> str:
    """Return the URL of a thumbnail, relative to the page; it changes with the picture."""
    version = f"?v={sha256[:VERSION_DIGITS]}" if sha256 else ""
    return f"api/v1/thumbnails/{kind}/{quote(name)}.webp{version}"


def picture_brief(row: PictureRow) -> PictureBrief:
    """Convert a picture."""
    return PictureBrief(
        name=row.name, width=row.width, height=row.height, dropped=row.dropped,
        reason_title=_title(row.dropped), detail=row.detail, source=row.source,
        licence=row.licence, group=row.group, faces=row.faces,
        thumbnail=thumbnail_url("pictures", row.name, row.sha256), version=row.version,
    )  # fmt: skip


def mouth_brief(row: MouthRow) -> MouthBrief:
    """Convert a mouth."""
    return MouthBrief(**mouth_fields(row))  # type: ignore[arg-type]


def mouth_fields(row: MouthRow) -> dict[str, object]:
    """Return the fields of a `MouthBrief`."""
    return {
        "name": row.name, "sample": row.sample, "label": row.label, "label_by": row.label_by,
        "split": row.split, "width": row.width, "dropped": row.dropped,
        "reason_title": _title(row.dropped),
        "probabilities": None if row.probabilities is None else list(row.probabilities),
        "predicted": row.predicted, "margin": row.margin, "uncertainty": row.uncertainty,
        "disagreement": row.disagreement, "cluster": row.group,
        "thumbnail": thumbnail_url("mouths", row.name, row.sha256), "version": row.version,
    }  # fmt: skip


def mouths_named(
    reader: Reader, names: Iterable[str], model: PredictingModel | None = None
) -> list[MouthBrief]:
    """Return the mouths with these names, in this order; missing ones are left out.

    Args:
        reader: open catalog.
        names: names of mouths.
        model: model whose predictions are returned; None for no predictions.
    """
    catalog = reader.catalog
    found = browse.mouth_rows(catalog, browse.numbers_of(catalog, "mouths", list(names)), model)
    return [mouth_brief(row) for row in found]


def pictures_named(reader: Reader, names: Iterable[str]) -> list[PictureBrief]:
    """Return the pictures with these names, in this order; missing ones are left out."""
    catalog = reader.catalog
    found = browse.picture_rows(catalog, browse.numbers_of(catalog, "pictures", list(names)))
    return [picture_brief(row) for row in found]


def history_rows(decisions: Iterable[Decision]) -> list[HistoryRow]:
    """Convert decisions, oldest first."""
    return [HistoryRow(d.field, d.old, d.value, d.by, d.why, d.at) for d in decisions]


def origin_rows(origins: Iterable[Origin]) -> list[OriginRow]:
    """Convert origins."""
    return [
        OriginRow(o.engine, o.query, o.url, o.page, o.title, o.author, o.licence, o.at)
        for o in origins
    ]


def _title(reason: str | None) -> str | None:
    return None if reason is None else DROP_REASONS.get(reason, reason)
