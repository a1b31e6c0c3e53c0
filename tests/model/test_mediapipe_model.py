"""The bundled model `mediapipe`: the face mesh, blendshapes and a small network in one file."""

from importlib.resources import files

import numpy as np
import pytest

from moue.errors import CheckpointError, ModelError
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_mouth
from moue.media.image import Picture
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.predict.predictor import Predictor

PICTURES = sorted((files("moue") / "demo" / "pictures").glob("head-*.jpg"))[::6]


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("mediapipe", FaceSettings(licence="free"))


def test_most_drawn_heads_of_the_demo_are_classified_correctly(predictor):
    right = 0
    for path in PICTURES:
        (face,) = predictor.predict(path)[:1]
        right += face.label == path.stem.rsplit("-", 1)[-1]
    assert face.face.backend == "mediapipe"
    assert right >= 0.7 * len(PICTURES)


def test_a_batch_gives_the_same_probabilities_as_single_crops(predictor):
    picture = Picture(PICTURES[0].read_bytes())
    (found,) = predictor.predict(PICTURES[0])
    crop = crop_mouth(picture.rgb(), found.face.mouth_box, found.face.roll)
    crops = [crop, np.ascontiguousarray(crop[:, ::-1]), crop]
    together = predictor.classifier.probabilities(crops)
    alone = np.concatenate([predictor.classifier.probabilities([one]) for one in crops])
    assert together == pytest.approx(alone, abs=1e-4)
    assert together.sum(1) == pytest.approx(1)
    assert predictor.classifier.features(crops).shape == (3, 4)


def test_a_crop_without_a_face_gets_no_confident_label(predictor):
    noise = np.random.default_rng(0).integers(0, 256, (2, 90, 90, 3), np.uint8)
    flat = np.full((2, 90, 90, 3), 120, np.uint8)
    probabilities = predictor.classifier.probabilities([*noise, *flat])
    assert probabilities.max() < 0.4


def test_its_graph_is_accepted_from_the_package_only(tmp_path):
    data = bundled.read_verified(bundled.load_card("mediapipe"), bundled.ONNX)
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(data)
    with pytest.raises(CheckpointError, match="not an ONNX file that moue exported"):
        Classifier.load(copy)


def test_it_is_free_and_cannot_be_fine_tuned():
    card = bundled.load_card("mediapipe")
    assert card.free
    assert {source.licence for source in card.sources} == {"Apache-2.0", "CC0-1.0"}
    assert bundled.find_model("mediapipe", "free") == card
    with pytest.raises(ModelError, match="not fine-tuned"):
        bundled.read_verified(card, bundled.TENSORS)
