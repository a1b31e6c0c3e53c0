"""`moue run --as-tutorial`: the settings of the tutorial, its folder `results/` and its names.

The settings are those of the tutorial. Its faults are not repeated: originals are never deleted,
every face is used, and a crop at the border is padded. `moue.learn.faults` shows the faults.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.face import dlib68
from moue.face.backends import FaceSettings
from moue.media.image import encode_jpeg
from moue.predict.annotate import annotate
from moue.predict.batch import JPEG_QUALITY
from moue.predict.predictor import Predictor
from moue.progress import Summary
from moue.store import Location, Staged, stage
from moue.workspace.context import Context
from moue.workspace.owned_files import publish_in_batches, remove
from moue.workspace.queries import dataset_mouths
from moue.workspace.recorded_files import listed
from moue.workspace.workspace import Workspace

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "face": {
        "backend": "dlib68-tutorial",
        "scale_factor": 1.3,
        "min_neighbors": 5,
        "crop_scale": 1.5,
    },
    # The tutorial drops only pictures without a face.
    "clean": {"min_main_face": 8, "min_sharpness": 0.0, "min_highlight": 0.0, "max_shadow": 1.0},
    "split": {"ratio": "9:1"},
    "train": {"recipe": "classic", "epochs": 10, "lr": 0.1, "batch_size": 64},
}
"""The settings of the tutorial, by section and name of `moue.toml`. Momentum 0.9, StepLR(100, 0.1)
and the network simpleconv3 are those of the recipe `classic`."""


@dataclass(frozen=True, slots=True)
class Name:
    """A file or folder of the tutorial, and the path of its counterpart.

    Attributes:
        tutorial: path in the tutorial.
        moue: place in the workspace.
        command: command that opens or writes it; may be empty.
    """

    tutorial: str
    moue: Location
    command: str = ""


def with_tutorial(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the settings of the tutorial, overridden by settings of the command line.

    Args:
        given: settings of the command line, by section and name.
    """
    sections = dict.fromkeys((*SETTINGS, *given))
    return {
        section: dict(SETTINGS.get(section, {})) | dict(given.get(section, {}))
        for section in sections
    }


def check_installed(settings: FaceSettings) -> None:
    """Check that the backend of the tutorial is installed, before any work.

    Raises:
        MissingExtra: dlib is not installed.
        ModelError: dlib's landmark model is missing or damaged.
    """
    if settings.backend.startswith("dlib68"):
        dlib68.dlib68(settings.dlib_model)


def draw_results(context: Context, run: Path) -> Summary:
    """Draw the predicted labels on the pictures of the validation set, into `results/`.

    The tutorial draws them on a folder of test pictures; its data set has no test set. The copies
    belong to their pictures, so `moue forget` deletes them. Copies of earlier calls are replaced.

    Args:
        context: workspace, catalog and settings.
        run: folder of the finished run.
    """
    workspace, catalog = context.workspace, context.catalog
    names = {
        sample.name: sample.kind
        for _, sample in dataset_mouths(catalog, "val")
        if sample.kind == "photo"
    }
    face = context.config.get(FaceSettings)
    predictor = Predictor.load(run, face)
    folder = workspace.root / RESULTS

    def drawn() -> Iterator[Staged]:
        for name in context.progress.track(names, RESULTS, len(names)):
            result, image = predictor.predict_file(workspace.image(name), return_image=True)
            if image is not None:
                data = encode_jpeg(annotate(image, result.faces), JPEG_QUALITY)
                yield stage(folder / f"{name}.jpg", data, name, parts=workspace.parts)

    kept = {f"{RESULTS}/{name}.jpg" for name in names}
    for old in sorted(listed(catalog, RESULTS).keys() - kept):
        remove(catalog, workspace.root / old)
    publish_in_batches(catalog, drawn())
    rows = tutorial_names(workspace, run)
    return Summary(
        stage=RESULTS,
        done=len(names),
        counts={"pictures": len(names)},
        files=[folder],
        result={
            "names": [{"tutorial": r.tutorial, "moue": str(r.moue)} | _command(r) for r in rows]
        },
    )


RESULTS = "results"
"""Folder of the annotated pictures in the workspace, as in the tutorial."""


def tutorial_names(workspace: Workspace, run: Path) -> list[Name]:
    """Return the files and folders of the tutorial beside those of a workspace and a run."""
    root = workspace.root
    board = f"tensorboard --logdir {shlex.quote(str(workspace.runs))}"
    picture = f"moue predict PICTURE.jpg -w {shlex.quote(str(root))} --annotated OUT"
    return [
        Name("face_det_img/*.jpg", workspace.images),
        Name("*_mouth.png", workspace.mouths),
        Name("train_val_data/{train,val}/{0,1,2,3}", workspace.dataset),
        Name("runs/ (SummaryWriter)", run / "tensorboard", board),
        Name("all_scalars.json", run / "all_scalars.json"),
        Name("models/model.ckpt", run / "model.ckpt"),
        Name("results/", root / RESULTS, picture),
    ]


def _command(name: Name) -> dict[str, str]:
    return {"command": name.command} if name.command else {}
