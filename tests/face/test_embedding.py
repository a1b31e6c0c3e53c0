"""Face embeddings of the bundled pictures."""

from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from moue.errors import MissingExtra, ModelError
from moue.face import embedding as identity
from moue.face.backends import FaceSettings, detect_faces
from moue.media.image import Picture, read_image

PICTURES = files("moue") / "demo" / "pictures"
needs_dlib = pytest.mark.skipif(not identity.available(), reason="no dlib")


def embedding(image):
    (face,) = detect_faces(Picture.from_array(image), FaceSettings())
    return identity.embedder()(image, face)


def image(name):
    return read_image(Path(str(PICTURES / name)))


@needs_dlib
def test_an_embedding_is_near_copies_and_far_from_others():
    one = image("face-002-none.jpg")
    height, width = one.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 0.8)
    changed = [
        np.ascontiguousarray(one[:, ::-1]),
        cv2.warpAffine(one, turn, (width, height), borderValue=(128, 128, 128)),
        cv2.resize(one, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    ]
    first = embedding(one)
    assert first.shape == (identity.SIZE,)
    assert first.dtype == np.float32
    near = [float(np.linalg.norm(first - embedding(other))) for other in changed]
    far = float(np.linalg.norm(first - embedding(image("face-004-none.jpg"))))
    assert max(near) < 0.4 < far


def test_missing_dlib_is_a_one_line_error_with_advice(monkeypatch, tmp_path):
    monkeypatch.setattr(identity, "model_folder", lambda: tmp_path)
    identity.embedder.cache_clear()
    with pytest.raises(
        MissingExtra, match=r"recognising subjects needs the extra 'dlib'.*\[dlib\]"
    ):
        identity.embedder()


@needs_dlib
def test_a_changed_model_is_refused(monkeypatch, tmp_path):
    for name, _ in (identity._RECOGNITION, identity._FIVE_POINTS):
        (tmp_path / name).write_bytes(b"no model")
    monkeypatch.setattr(identity, "model_folder", lambda: tmp_path)
    identity.embedder.cache_clear()
    with pytest.raises(ModelError, match="is not the expected model"):
        identity.embedder()
    identity.embedder.cache_clear()
