"""Check for each picture whether Haar finds one face and whether dlib locates the lips."""

from collections import Counter
from pathlib import Path

import cv2
import dlib
import numpy as np
from PIL import Image

from research.common.face_landmarker import FaceLandmarker
from research.common.packages import package_folder

CASCADES = ("frontalface_default", "frontalface_alt2")
MESH_LIPS = [61, 291, 0, 17, 37, 267, 84, 314]  # of MediaPipe's 478 points
WELL = 0.25  # lips that lie closer than this are placed well


def haar(image: np.ndarray, name: str) -> np.ndarray | None:
    """Return the largest face box (x, y, w, h) of one cascade, or None."""
    cascade = cv2.CascadeClassifier(str(package_folder("cv2") / f"data/haarcascade_{name}.xml"))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found = cascade.detectMultiScale(grey, 1.1, 5, minSize=(90, 90))
    return np.asarray(max(found, key=lambda box: box[2])) if len(found) else None


def landmarks68(image: np.ndarray, predictor: dlib.shape_predictor, box: np.ndarray) -> np.ndarray:
    """Return the (68, 2) dlib landmarks of the face in a box."""
    x, y, w, h = (int(v) for v in box)
    shape = predictor(image, dlib.rectangle(x, y, x + w, y + h))
    return np.array([(p.x, p.y) for p in shape.parts()])


def lips_off(points: np.ndarray, mesh: np.ndarray) -> float:
    """Return the distance of the lip centres of dlib and MediaPipe, in mouth widths."""
    mine = (points[48:68].min(0) + points[48:68].max(0)) / 2
    other = (mesh[MESH_LIPS].min(0) + mesh[MESH_LIPS].max(0)) / 2
    return float(np.linalg.norm(mine - other) / np.linalg.norm(mesh[291] - mesh[61]))


def cut_mouth(image: Image.Image, points: np.ndarray, size: int = 160) -> Image.Image:
    """Return the square crop of 1.5 times the longer side of the lip box."""
    low, high = points[48:68].min(0), points[48:68].max(0)
    half = 0.75 * (high - low).max()
    x, y = (low + high) / 2
    return image.crop((x - half, y - half, x + half, y + half)).resize((size, size))


def check_pictures(folder: Path, points68: Path, crops: Path | None) -> None:
    """Print which pictures fail, and a table of counts by origin and label.

    Args:
        crops: Folder for the mouth crops; None writes no crops.
    """
    predictor = dlib.shape_predictor(str(points68))
    table: Counter[tuple[str, str, str]] = Counter()
    with FaceLandmarker() as landmarker:
        for file in sorted(folder.glob("*.jpg")):
            origin, _, label = file.stem.split("-")
            table[origin, label, "pictures"] += 1
            image = np.asarray(Image.open(file).convert("RGB"))
            boxes = {name: haar(image, name) for name in CASCADES}
            for name, box in boxes.items():
                table[origin, label, name] += box is not None
            box = next((b for b in boxes.values() if b is not None), None)
            seen = landmarker(image)
            if box is None or seen is None:
                print(f"{file.name}: no face")
                continue
            points = landmarks68(image, predictor, box)
            off = lips_off(points, seen[1][:, :2] * image.shape[1::-1])
            table[origin, label, "lips"] += off < WELL
            if off >= WELL or any(b is None for b in boxes.values()):
                missed = [name for name, b in boxes.items() if b is None]
                print(f"{file.name}: lips off by {off:.2f}, missed by {missed}")
            if crops:
                crops.mkdir(exist_ok=True)
                cut_mouth(Image.fromarray(image), points).save(crops / f"{file.stem}.png")
    columns = ("pictures", *CASCADES, "lips")
    print("origin label", *columns)
    for origin, label in sorted({key[:2] for key in table}):
        print(origin, label, *(table[origin, label, c] for c in columns))
