"""A face for the tests of this folder: a generated person from the demo pictures."""

from importlib.resources import as_file, files

import cv2
import pytest

from moue.media.image import read_image, resize_to_fit


@pytest.fixture(scope="session")
def face_image():
    """Return (H, W, 3) uint8 RGB with one face, the whole head in view."""
    with as_file(files("moue") / "demo" / "pictures") as folder:
        return read_image(sorted(folder.glob("*.jpg"))[0])


@pytest.fixture(scope="session")
def grey_face(face_image):
    """Return the same in (320, 320) uint8 grey."""
    return resize_to_fit(cv2.cvtColor(face_image, cv2.COLOR_RGB2GRAY), 320)
