"""Input of the renderer: meshes, hair, lights and a camera."""

from dataclasses import dataclass

import numpy as np

LIGHTS = 36
HAIR = 5  # the kind of what is hair; see Solid.kind for the others


@dataclass(frozen=True)
class Solid:
    """Triangles with the vertex attributes of the shader; all arrays are (n, 3)."""

    kind: int  # 0 skin, 1 eyes, 2 teeth, 3 tongue
    triangles: np.ndarray
    coarse: np.ndarray  # fewer triangles, for shadows
    points: np.ndarray
    normals: np.ndarray
    rest: np.ndarray
    albedo: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Strands:
    """Hair: points (strands, steps, 3) and a colour for each strand, (strands, 3)."""

    points: np.ndarray
    albedo: np.ndarray


@dataclass(frozen=True)
class Light:
    """Distant lights: directions (36, 3) towards them, colours (36, 3), and the main one."""

    toward: np.ndarray
    shine: np.ndarray
    key: np.ndarray
    key_colour: np.ndarray


@dataclass(frozen=True)
class Camera:
    """A camera: position, target, and world-to-clip matrix (4, 4)."""

    eye: np.ndarray
    centre: np.ndarray
    view: np.ndarray


def look_at(eye: np.ndarray, centre: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return the world-to-camera matrix, (4, 4)."""
    back = (eye - centre) / np.linalg.norm(eye - centre)
    right = np.cross(up, back)
    right = right / np.linalg.norm(right)
    # OpenGL cameras look along -z, so the third axis points back.
    rows = np.stack([right, np.cross(back, right), back])
    matrix = np.eye(4)
    # The eye moves to the origin; the rows are orthonormal, so they are the inverse rotation.
    matrix[:3, :3], matrix[:3, 3] = rows, -rows @ eye
    return matrix


def perspective(degrees: float, near: float = 1.0, far: float = 40.0) -> np.ndarray:
    """Return the camera-to-clip matrix of a square picture."""
    f = 1 / np.tan(np.radians(degrees) / 2)
    # Maps distances from `near` to `far` to -1 to 1 after the division by w = -z.
    depth = (far + near) / (near - far), 2 * far * near / (near - far)
    return np.array([[f, 0, 0, 0], [0, f, 0, 0], [0, 0, *depth], [0, 0, -1, 0]])
