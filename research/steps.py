"""The steps of `python -m research`, with their functions and arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORK = Path(".research")


Arguments = dict[str, dict[str, Any]]
"""Name or flag -> options of `argparse`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command: the function that it calls, and its arguments.

    Attributes:
        function: Path of the step function as `module:function`. It is imported only when the step
            runs, because the steps need different packages.
    """

    function: str
    help: str
    arguments: Arguments = field(default_factory=dict)


def _path(help: str, **options: Any) -> dict[str, Any]:
    return {"type": Path, "help": help, **options}


DATA: Arguments = {"data": _path("folder with the development sets and their .csv files")}
WORK_FOLDER: Arguments = {"work": _path("folder for intermediate files, outside the repository")}
CLASSIFIER: Arguments = DATA | {
    "--work": _path("folder for crops and runs; a stopped step resumes", default=WORK)
}
MESH: Arguments = {"mesh": _path("folder with mouths.json and mesh.npz")}
PSEUDO_LABELS: Arguments = {"pseudo_labels": _path("JSON file written by pseudo-label")}
YUNET: Arguments = {"yunet": _path("ONNX file of the YuNet face detector")}
TRAINING: Arguments = WORK_FOLDER | {
    "steps": {"type": int, "help": "number of steps to train"},
    "--seed": {"type": int, "default": 0, "help": "seed of the training pictures"},
    "--start": _path("checkpoint or safetensors of an earlier training to start from"),
}
HOLD_OUT: Arguments = {
    "--hold-out": {
        "action": "store_true",
        "help": "some sources and open mouths are left out of training, to evaluate on them",
    }
}
OUT: Arguments = {"out": _path("folder for the pictures")}
STYLE_SPACE: Arguments = {"work": _path("folder with samples.npz, written by fit-gan")}
SELECTION: Arguments = {
    "--persons": {"type": int, "nargs": "+", "help": "numbers of the persons to draw"},
    "--labels": {"nargs": "+", "help": "labels to draw"},
}
COUNT: Arguments = {
    "--persons": {"type": int, "default": 2000, "help": "total number of persons to draw"}
}

STEPS = {
    "train-teachers": Step(
        "mouth_classifier.train_teachers:train_teachers",
        "train the teachers and store their outputs for every mouth",
        CLASSIFIER,
    ),
    "train-classifier": Step(
        "mouth_classifier.train_classifier:train_bundled_model",
        "train the bundled model `mouth` and write it into the package",
        CLASSIFIER,
    ),
    "train-large": Step(
        "mouth_classifier.train_large:train_large_model",
        "train the bundled model `mouth-l` and write it into the package",
        CLASSIFIER,
    ),
    "evaluate-large": Step(
        "mouth_classifier.evaluate_large:evaluate_large",
        "train `mouth-l` without the held-out mouths, evaluate on them, and write its scores",
        CLASSIFIER,
    ),
    "evaluate-classifier": Step(
        "mouth_classifier.evaluate_classifier:evaluate_classifier",
        "train without the held-out mouths, evaluate on them, and write scores and thresholds",
        CLASSIFIER,
    ),
    "train-free": Step(
        "mouth_classifier.train_free:train_free",
        "train a student on rendered heads, and write its combination with `mediapipe`",
        {"heads": _path("folder written by draw-varied-heads")} | WORK_FOLDER,
    ),
    "evaluate-on-people": Step(
        "mouth_classifier.evaluate_on_people:evaluate_on_people",
        "measure bundled models that were trained without people on labelled mouths of people",
        DATA | {"models": {"nargs": "+", "help": "names of bundled models"}},
    ),
    "evaluate-finetuning": Step(
        "mouth_classifier.evaluate_finetuning:evaluate_finetuning",
        "compare fine-tuning with training from scratch on few mouths",
        CLASSIFIER,
    ),
    "convert-face-mesh": Step(
        "face_mesh.convert_task:save_networks",
        "convert MediaPipe's face detector and face mesh to ONNX and write them into the package",
        {"task": _path("file face_landmarker.task")},
    ),
    "train-face-mesh-classifier": Step(
        "face_mesh.train_mouth_model:train_mouth_model",
        "train the bundled model `mediapipe` on drawn heads and write it into the package",
        {
            "task": _path("file face_landmarker.task"),
            "heads": _path("folder with heads.csv and the pictures of the heads"),
        },
    ),
    "evaluate-face-mesh-classifier": Step(
        "face_mesh.evaluate_mouth_model:evaluate_mouth_model",
        "evaluate the bundled model `mediapipe` and plain rules on people, for its model card",
        DATA,
    ),
    "face-images": Step(
        "face_detector.face_images:save_face_images",
        "crop faces with known keypoints for the training scenes",
        DATA | MESH | WORK_FOLDER,
    ),
    "mesh-points": Step(
        "face_detector.mesh_points:save_mesh_points",
        "measure every whole face with a face mesh",
        DATA | MESH,
    ),
    "evaluate-lips": Step(
        "face_detector.evaluate_lips:evaluate_lips",
        "evaluate the lip boxes by the shape of the mouth on held-out pictures",
        DATA | MESH | WORK_FOLDER | HOLD_OUT,
    ),
    "evaluate-int8-faces": Step(
        "face_detector.evaluate_int8:evaluate_int8",
        "compare the face networks with their int8 copies: faces, lip boxes, size and time",
        DATA,
    ),
    "lower-face-images": Step(
        "face_detector.lower_face_images:save_lower_face_images",
        "collect lower faces with known lip boxes",
        DATA | WORK_FOLDER,
    ),
    "pseudo-label": Step(
        "face_detector.pseudo_label:save_pseudo_labels",
        "label the faces in whole pictures with two teachers: YuNet and a face mesh",
        DATA | YUNET | PSEUDO_LABELS,
    ),
    "scene-images": Step(
        "face_detector.scene_images:save_scene_images",
        "collect whole pictures with pseudo-labels, and backgrounds without faces",
        DATA
        | PSEUDO_LABELS
        | {"backgrounds": _path("folder of pictures without people")}
        | WORK_FOLDER,
    ),
    "train-detector": Step(
        "face_detector.train_detector:train_detector", "train the face detector", TRAINING
    ),
    "train-lips": Step(
        "face_detector.train_lips:train_lips",
        "train a lip landmark network",
        TRAINING
        | {
            "--tight": {
                "type": float, "default": 1.0,
                "help": "fraction of tight views, which the second pass sees",
            },
        }
        | HOLD_OUT,
    ),
    "export-detector": Step(
        "face_detector.export_detector:export_networks",
        "write the trained networks with their cards into the package",
        WORK_FOLDER
        | {
            "version": {"help": "version of the weights"},
            "date": {"help": "date of the weights, YYYY-MM-DD"},
            "--scores": _path("JSON file written by evaluate-detector or evaluate-lips"),
            "--networks": {
                "nargs": "+", "default": ["faces", "lips", "lips_tight"],
                "choices": ["faces", "lips", "lips_tight"],
                "help": "networks to write",
            },
        },
    ),
    "import-yunet": Step(
        "face_detector.import_yunet:import_yunet",
        "write YuNet, a detector to compare with, into the package",
        YUNET,
    ),
    "hard-negatives": Step(
        "face_detector.hard_negatives:save_hard_negatives",
        "collect false positives of the bundled detector in its training pictures",
        WORK_FOLDER,
    ),
    "evaluate-detector": Step(
        "face_detector.evaluate_detector:evaluate_detectors",
        "evaluate detectors on held-out pictures",
        DATA
        | MESH
        | PSEUDO_LABELS
        | YUNET
        | {
            "detectors": {
                "nargs": "+", "help": "backends of moue, yunet-SIDE or yunet-SIDE+dlib68",
            }
        },
    ),
    "evaluate-masked": Step(
        "face_detector.evaluate_masked:evaluate_masked",
        "evaluate the bundled detector on held-out faces with drawn masks",
        DATA | MESH,
    ),
    "draw-heads": Step(
        "synthetic_faces.rendered_heads:draw_heads",
        "render the 3D heads of the demo",
        OUT | SELECTION,
    ),
    "fit-gan": Step(
        "synthetic_faces.gan_faces:fit_directions",
        "fit the directions of mouth measures in the style space of the GAN",
        {"work": _path("folder for samples.npz")},
    ),
    "draw-gan": Step(
        "synthetic_faces.gan_faces:draw_faces",
        "draw the GAN faces of the demo",
        STYLE_SPACE | OUT | SELECTION,
    ),
    "draw-training-faces": Step(
        "synthetic_faces.training_faces:draw_training_faces",
        "draw GAN faces to train on; a stopped step resumes",
        STYLE_SPACE | OUT | COUNT,
    ),
    "draw-training-heads": Step(
        "synthetic_faces.training_faces:draw_training_heads",
        "render 3D heads to train on; a stopped step resumes",
        OUT | COUNT,
    ),
    "draw-varied-heads": Step(
        "synthetic_faces.varied_heads:draw_varied_heads",
        "render varied 3D heads with exact lip points; a stopped step resumes",
        OUT | COUNT,
    ),
    "course-tables": Step(
        "course.tables:print_tables",
        "measure the tables of the course on the bundled pictures",
        {
            "workspace": _path("workspace of the bundled pictures, up to the split"),
            "--epochs": {"type": int, "default": 10, "help": "epochs at learning rate 0.1"},
            "--memorised-epochs": {"type": int, "default": 60, "help": "epochs on 40 mouths"},
        },
    ),
    "check-pictures": Step(
        "synthetic_faces.check_pictures:check_pictures",
        "check that Haar cascades find each face and that dlib locates its lips",
        {
            "folder": _path("folder of the pictures"),
            "points68": _path("dlib's 68-point model"),
            "--crops": _path("folder for the mouth crops"),
        },
    ),
    "contact-sheet": Step(
        "synthetic_faces.contact_sheet:save_contact_sheet",
        "draw pictures on one contact sheet",
        {
            "sheet": _path("file to write"),
            "cell": {"type": int, "help": "side of a picture on the sheet, in pixels"},
            "columns": {"type": int, "help": "pictures per row"},
            "pictures": _path("files to draw", nargs="+"),
        },
    ),
    "index-pictures": Step(
        "synthetic_faces.index_pictures:index_pictures",
        "delete rejected pictures and write pictures.csv",
        {"folder": _path("folder of the pictures")},
    ),
}  # fmt: skip
