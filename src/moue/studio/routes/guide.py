"""The labelling guide, with examples of each label, and the models that suggest labels."""

from __future__ import annotations

from moue.config import Config
from moue.studio.endpoint import Call, Empty, Endpoint
from moue.studio.errors import ApiError, _
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
from moue.workspace import predictions
from moue.workspace.guide import example_mouths, guide_texts, set_guide_text

EXAMPLES = 6
"""Number of examples of each label."""
_DEFAULTS = {
    "none": _("A relaxed, closed mouth. The lips touch or nearly touch, and their corners are "
              "neither raised nor pulled in. Talking without a clear shape counts as none."),
    "pout": _("Lips pushed forward and pressed together, as for a kiss. The mouth is narrower "
              "than at rest. A small round opening still counts as pout."),
    "smile": _("Corners of the mouth raised or pulled outwards, with or without visible teeth. "
               "A smile with an open mouth counts as smile if the corners are clearly raised."),
    "open": _("Lips clearly apart and the corners not raised, as in surprise, yawning or singing. "
              "A gap that shows only the edge of the teeth counts as none."),
}  # fmt: skip


def guide(call: Call[Empty, None]) -> Guide:
    """Return what each label means."""
    with call.studio.readers.reading() as reader:
        return _guide(call.studio, reader)


def change(call: Call[Empty, GuideBody]) -> Guide:
    """Change the text of a label."""
    body, studio = call.body, call.studio
    if body.label not in Config.load(studio.workspace.settings).labels.names:
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
                    len(predictions.outdated(reader.catalog, one)) if one is found[0] else 0,
                )
                for one in found
            ]
        )  # fmt: skip


def _guide(studio: Studio, reader: Reader) -> Guide:
    view = MouthView.of(reader, studio.workspace)
    own = guide_texts(reader.catalog)
    return Guide(
        [
            GuideLabel(
                name, own.get(name, _DEFAULTS.get(name, "")), name in own,
                view.named(reader, example_mouths(reader.catalog, name, EXAMPLES)),
            )
            for name in view.labels
        ]
    )  # fmt: skip


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
