"""The labelling guide, with examples of each label, and the models that suggest labels."""

from __future__ import annotations

from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import ApiError, _
from moue.studio.endpoint import Call
from moue.studio.readers import Reader
from moue.studio.rows import MouthView
from moue.studio.schema_labels import (
    Guide,
    GuideBody,
    GuideLabel,
    SuggestingModel,
    Suggestions,
)
from moue.studio.studio import Studio
from moue.studio.workspace_labels import workspace_labels
from moue.workspace import predictions
from moue.workspace.guide import example_mouths, guide_texts, set_guide_text

EXAMPLES = 6
"""Number of examples of each label."""
_DEFAULTS = {
    "none": (
        _("A mouth at rest: the lips touch or nearly touch, and the corners are level."),
        _("Not a slight smile, and not lips that are pushed forward."),
    ),
    "pout": (
        _("Lips pushed forward, as for a kiss; the mouth is narrower than at rest. A small round "
          "opening still belongs here."),
        _("Not full lips at rest."),
    ),
    "smile": (
        _("Corners of the mouth raised or pulled outwards, with or without visible teeth."),
        _("Not an open mouth whose corners are level."),
    ),
    "open": (
        _("Lips clearly apart and corners level, as in surprise, yawning or singing."),
        _("Not a laugh with raised corners, which is a smile."),
    ),
}  # fmt: skip
NOTE = _(
    "Label what the mouth shows, not what the person feels. If two labels fit, drop the mouth."
)


def guide(call: Call[Empty, None]) -> Guide:
    """Return what each label means."""
    with call.studio.readers.reading() as reader:
        return _guide(call.studio, reader)


def change(call: Call[Empty, GuideBody]) -> Guide:
    """Change the text of a label."""
    body, studio = call.body, call.studio
    if body.label not in workspace_labels(studio.workspace).names:
        text = _("{label} is not a label of this workspace")
        raise ApiError(422, "label", text, field="label", label=body.label)
    studio.writer.write(lambda catalog: set_guide_text(catalog, body.label, body.text))
    with studio.readers.reading() as reader:
        return _guide(studio, reader)


def suggestions(call: Call[Empty, None]) -> Suggestions:
    """Return the models whose predictions the catalog keeps."""
    with call.studio.readers.reading() as reader:
        found = predictions.models(reader.catalog)
        return Suggestions(
            [
                SuggestingModel(
                    one.sha256, one.name, list(one.labels), one.at,
                    predictions.count_outdated(reader.catalog, one) if one is found[0] else 0,
                )
                for one in found
            ]
        )  # fmt: skip


def _guide(studio: Studio, reader: Reader) -> Guide:
    view = MouthView.of(reader, studio.workspace)
    own = guide_texts(reader.catalog)
    found = []
    for name in view.labels:
        text, excluded = _DEFAULTS.get(name, ("", ""))
        mouths = view.named(reader, example_mouths(reader.catalog, name, EXAMPLES))
        found.append(
            GuideLabel(
                name=name, title=name, text=own.get(name, text), own=name in own,
                examples=[one.thumbnail for one in mouths],
                excluded="" if name in own else excluded,
            )
        )  # fmt: skip
    return Guide(found, NOTE)


ROUTES = (
    Endpoint(
        method="GET", path="/guide", handler=guide, response=Guide,
        summary="Return the labelling guide with examples.",
    ),
    Endpoint(
        method="PUT", path="/guide", handler=change, body=GuideBody, response=Guide,
        errors=(409,), summary="Change what the guide says about a label.",
    ),
    Endpoint(
        method="GET", path="/suggestions", handler=suggestions, response=Suggestions,
        summary="Return the models whose predictions suggest labels.",
    ),
)  # fmt: skip
