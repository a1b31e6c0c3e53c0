"""Everything that the catalog knows about one picture or one mouth."""

from __future__ import annotations

from moue.dataset.attributes import attributes
from moue.errors import CatalogError
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import not_found
from moue.studio.endpoint import Call
from moue.studio.readers import Reader
from moue.studio.rows import MouthView, history_rows, origin_rows, pictures_named
from moue.studio.schema_data import FaceRow, Mouth, Picture
from moue.workspace import browse
from moue.workspace.provenance import origins
from moue.workspace.types import Face, Sample


def picture(call: Call[Empty, None]) -> Picture:
    """Return a picture with its faces, mouths, decisions and origins."""
    name, studio = call.path["name"], call.studio
    with studio.readers.reading() as reader:
        view = MouthView.of(reader, studio.workspace)
        sample = _sample(reader, name)
        (brief,) = pictures_named(reader, [name])
        names = [mouth.name for mouth in reader.catalog.mouths(sample=name)]
        return Picture(
            name=name, width=sample.width, height=sample.height, dropped=sample.dropped,
            reason_title=brief.reason_title, detail=sample.detail, source=sample.source,
            licence=sample.licence, group=sample.group, thumbnail=brief.thumbnail,
            version=brief.version, original=sample.original, format=sample.format,
            sha256=sample.sha256, kind=sample.kind, scores=sample.scores,
            faces=[_face(face) for face in sample.faces or ()],
            mouths=view.named(reader, names),
            history=history_rows(reader.catalog.decisions(name)),
            origins=origin_rows(origins(reader.catalog, name)),
            subject=sample.subject, tags=sample.tags,
        )  # fmt: skip


def mouth(call: Call[Empty, None]) -> Mouth:
    """Return a mouth with its picture and decisions."""
    name, studio = call.path["name"], call.studio
    with studio.readers.reading() as reader:
        catalog = reader.catalog
        view = MouthView.of(reader, studio.workspace)
        rows = browse.mouth_rows(catalog, browse.numbers_of(catalog, "mouths", [name]), view.model)
        if not rows:
            raise not_found(name)
        sample = _sample(reader, rows[0].sample)
        (brief,) = pictures_named(reader, [sample.name])
        known = attributes(catalog.mouth(name), sample)
        measures = sample.scores | {
            key: float(known[key]) for key in ("mouth_px", "face_percent") if key in known
        }
        history = history_rows(catalog.decisions(name))
        return Mouth(**view.fields(rows[0]), picture=brief, history=history, measures=measures)


def _sample(reader: Reader, name: str) -> Sample:
    try:
        return reader.catalog.sample(name)
    except CatalogError as error:
        if "no sample has the name" not in str(error):
            raise
        raise not_found(name) from error


def _face(face: Face) -> FaceRow:
    plain = face.to_dict()
    return FaceRow(
        plain["box"], plain["lips"], plain["mouth_box"], plain.get("landmarks"), plain["roll"],
        plain["score"],
    )  # fmt: skip


ROUTES = (
    Endpoint(
        method="GET", path="/pictures/{name}", handler=picture, response=Picture, errors=(404,),
        summary="Return a picture with its faces, mouths, history and origins.",
    ),
    Endpoint(
        method="GET", path="/mouths/{name}", handler=mouth, response=Mouth, errors=(404,),
        summary="Return a mouth with its picture and history.",
    ),
)  # fmt: skip
