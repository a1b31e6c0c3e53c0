"""A model gets crops at its own crop scale, whatever the stored crops of the workspace show."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from moue.errors import DataError
from moue.face.backends import FaceSettings, detect_faces
from moue.face.mouth_crop import crop_mouth
from moue.files import write_bytes
from moue.media.image import Picture, encode_jpeg, encode_png, read_image
from moue.predict.model_crops import has_scale, read_model_crop
from moue.workspace.types import Face, Mouth, Sample
from moue.workspace.workspace import Workspace

SCALES = [1.5, 1.8, 4.0]


@pytest.fixture
def stored(tmp_path):
    """Return a workspace with one picture and its crop at the scale of 1.5, sample and mouth."""
    path = sorted((files("moue") / "demo" / "pictures").glob("face-*.jpg"))[3]
    image = read_image(path)
    # From the file, as in the tests: the grey of decoded colours differs a little from the file's.
    (face,) = detect_faces(Picture(path.read_bytes()), FaceSettings())
    workspace = Workspace(tmp_path)
    for folder in (workspace.images, workspace.mouths):
        folder.mkdir(parents=True)
    write_bytes(workspace.image("a"), path.read_bytes())
    crop = crop_mouth(image, face.mouth_box, face.roll)
    write_bytes(workspace.mouth("a"), encode_png(crop))
    sample = Sample(name="a", source="a.jpg", sha256="0", original="a.jpg", faces=(face,))
    return workspace, sample, Mouth(name="a", sample="a", face=0, width=crop.shape[0])


@pytest.mark.parametrize("scale", SCALES)
def test_the_crop_has_the_scale_of_the_model(stored, scale):
    workspace, sample, mouth = stored
    picture = Picture(workspace.image("a").read_bytes())
    (face,) = detect_faces(picture, FaceSettings(crop_scale=scale))
    expected = crop_mouth(picture.rgb(), face.mouth_box, face.roll)
    assert np.array_equal(read_model_crop(workspace, sample, mouth, scale), expected)


def test_the_stored_crop_is_used_if_it_has_the_scale(stored):
    workspace, sample, mouth = stored
    marked = np.zeros((9, 9, 3), np.uint8)
    write_bytes(workspace.mouth("a"), encode_png(marked))
    assert np.array_equal(read_model_crop(workspace, sample, mouth, 1.5), marked)
    assert not np.array_equal(read_model_crop(workspace, sample, mouth, 2.0), marked)


def test_faces_of_the_catalog_keep_their_scale(stored):
    _, sample, _ = stored
    (face,) = sample.faces
    assert has_scale(Face.from_dict(face.to_dict()), 1.5)
    assert not has_scale(face, 1.6)


def test_a_collected_crop_that_shows_too_little_is_an_error(stored):
    workspace, sample, mouth = stored
    lips = np.array([10, 20, 50, 40], np.float32)
    square = np.array([0, 0, 60, 60], np.float32)
    whole = Face(square, 1.0, None, lips, square)
    collected = replace(sample, kind="mouth", faces=(whole,))
    write_bytes(workspace.image("a"), encode_jpeg(np.full((60, 60, 3), 90, np.uint8)))
    with pytest.raises(DataError, match="4 times the lips in view"):
        read_model_crop(workspace, collected, mouth, 4.0)
    assert read_model_crop(workspace, collected, mouth, 1.8).shape == (72, 72, 3)


def test_a_mouth_without_a_face_uses_its_stored_crop(stored):
    workspace, sample, mouth = stored
    alone = replace(sample, faces=None)
    crop = read_model_crop(workspace, alone, mouth, 4.0)
    assert np.array_equal(crop, read_image(workspace.mouth("a")))
