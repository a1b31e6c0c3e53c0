"""The command `explain`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.model_options import DEVICE, SELECTED, load, model_option
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.errors import CatalogError, DataError, ImageError
from moue.explain.explanation import Explanation
from moue.explain.explanation import explain as explain_mouth
from moue.explain.neighbours import Neighbour, index_of, mouths_to_index
from moue.explain.sheet import amount_words, draw_sheet
from moue.explain.subject import MouthSubject, subject_of_mouth, subject_of_picture
from moue.face.backends import FaceSettings
from moue.files import ready_to_write, write_bytes
from moue.media.image import encode_jpeg, encode_png, read_image
from moue.model.providers import Device
from moue.predict.batch import PredictorConfig, get_predictor
from moue.predict.inputs import open_picture
from moue.predict.predictor import AnyPredictor
from moue.workspace.types import Image

NEIGHBOURS = 8


@click.command()
@click.argument("what", metavar="MOUTH_OR_PICTURE")
@model_option(f"{SELECTED}, else the bundled model")
@click.option(
    "--sheet", type=PATH, callback=ending(".png", ".jpg", ".jpeg"),
    help="Output file for a picture of the explanation (.png, .jpg).",
)  # fmt: skip
@click.option(
    "--crop", is_flag=True, help="The picture is a mouth crop, so moue does not detect faces."
)
@DEVICE
@OVERWRITE
@common(FaceSettings, without=["crop_scale"], shared=["workspace", "set", "json"])
def explain(
    call: CommonOptions,
    what: str,
    model: Path | None,
    sheet: Path | None,
    crop: bool,
    device: Device,
    overwrite: bool,
) -> None:
    """Explain the prediction for one mouth.

    MOUTH_OR_PICTURE is a mouth of the workspace, by name or path, or a picture, whose main face
    is used. moue hides one part of the crop after the other, and prints how much the probability
    falls. It searches for the smallest shift, scale, roll, brightness and blur that change the
    label, and lists the nearest training mouths of the workspace.

    Example: moue explain photos/anna.jpg --sheet why.png
    """
    if sheet is not None:
        ready_to_write(sheet, overwrite)
    progress = ConsoleProgress(beside_results=True)
    recipe = load(call, model, None, progress, device)
    predictor = get_predictor(recipe)
    subject = _subject(call, what, predictor, crop)
    found = explain_mouth(predictor.classifier, subject.crop_mouth)
    neighbours = _neighbours(call, recipe, predictor, found.crop, subject.name)
    found = dataclasses.replace(found, neighbours=tuple(one for one, _ in neighbours))
    if sheet is not None:
        labels = {one.name: label for one, label in neighbours}

        def crop_of(one: Neighbour) -> tuple[Image | None, str]:
            return read_image(call.workspace.mouth(one.name)), labels[one.name]

        drawn = draw_sheet(found, subject.name, crop_of)
        encode = encode_png if sheet.suffix.lower() == ".png" else encode_jpeg
        write_bytes(sheet, encode(drawn), overwrite)
    if call.json:
        output.data({"name": subject.name, "in_context": subject.in_context} | found.to_dict())
    else:
        _print(found, subject, neighbours)


def _subject(call: CommonOptions, what: str, predictor: AnyPredictor, crop: bool) -> MouthSubject:
    """Return the mouth of the catalog with a name or path, or else the main mouth of a picture."""
    path = Path(what)
    if call.workspace.exists and not crop:
        with call.workspace.reading() as catalog:
            try:
                sample, mouth = call.workspace.find(catalog, what)
            except CatalogError:
                if not path.exists():
                    raise
            else:
                if sample is not None:
                    mouth = next(catalog.mouths(sample=sample.name, face=0), None)
                if mouth is not None:
                    scale = predictor.classifier.spec.crop_scale
                    return subject_of_mouth(call.workspace, catalog, mouth.name, scale)
    try:
        picture = open_picture(path, predictor.max_bytes)
        return subject_of_picture(what, picture, predictor.face, crop=crop)
    except ImageError as error:
        raise DataError(f"{what}: {error.detail}") from error


def _neighbours(
    call: CommonOptions, recipe: PredictorConfig, predictor: AnyPredictor, crop: Image, name: str
) -> list[tuple[Neighbour, str]]:
    """Return the nearest training mouths of the workspace with their labels."""
    if not call.workspace.exists:
        return []
    run = Path(recipe.model) if recipe.model is not None else None
    with call.workspace.reading() as catalog:
        trained = run if run is not None and run.is_dir() else None
        names, _ = mouths_to_index(call.workspace, catalog, trained)
        index = index_of(predictor.classifier, call.workspace, catalog, names)
        feature = predictor.classifier.features([crop])[0]
        nearest = index.nearest(feature, NEIGHBOURS, without=(name,))
        return [(one, str(catalog.mouth(one.name).label)) for one in nearest]


def _print(
    found: Explanation, subject: MouthSubject, neighbours: list[tuple[Neighbour, str]]
) -> None:
    output.line(f"{subject.name}: {found.label} {found.probabilities[found.label]:.1%}")
    output.line(f"with one part hidden: at least {found.occlusion.lowest:.1%}")
    if not subject.in_context:
        output.line("only the crop is known, so shifts and rolls repeat its border")
    for one in found.changes:
        if one.amount is None:
            output.line(f"{one.kind}: no change of the label from {one.low:g} to {one.high:g}")
        else:
            what = amount_words(one.kind, one.amount)
            output.line(f"{one.kind}: {what}: {one.label} {one.probability:.1%}")
    for neighbour, label in neighbours:
        output.line(f"near: {label}, distance {neighbour.distance:.3f}, {neighbour.name}")
