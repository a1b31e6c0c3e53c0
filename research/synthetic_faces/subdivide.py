"""Catmull-Clark subdivision of quad meshes, as sparse matrices over the old vertices."""

import numpy as np
import scipy.sparse as sp


def ones(rows: np.ndarray, columns: np.ndarray, size: tuple[int, int]) -> sp.csr_matrix:
    """Return a sparse matrix with a one at each position."""
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=size)


def vertex_rule(
    quads: np.ndarray,
    edges: np.ndarray,
    uses: np.ndarray,
    face_point: sp.csr_matrix,
    middle: sp.csr_matrix,
) -> sp.csr_matrix:
    """Return new positions of old vertices: (F + 2 R + (n - 3) P) / n, or along a border."""
    faces, count = face_point.shape
    face_index = np.repeat(np.arange(faces), 4)
    touch = ones(edges.ravel(), np.repeat(np.arange(len(edges)), 2), (count, len(edges)))
    vertex_face = ones(quads.ravel(), face_index, (count, faces))
    n = np.asarray(vertex_face.sum(1)).ravel()
    # An edge of a single face lies on the border of the mesh.
    border = touch @ (uses == 1).astype(float) > 0
    safe = np.maximum(n, 1)
    edges_met = np.maximum(np.asarray(touch.sum(1)).ravel(), 1)
    # F is a mean, a sum divided by n; the rule divides by n once more. The same holds for 2 R.
    smooth = sp.diags(1 / safe**2) @ vertex_face @ face_point
    smooth = smooth + sp.diags(2 / (safe * edges_met)) @ touch @ middle
    smooth = smooth + sp.diags((n - 3) / safe)
    # A border vertex depends only on the border, so that open parts do not shrink: a quarter of the
    # middles of both border edges, and half of the vertex.
    edge_rule = touch @ sp.diags((uses == 1).astype(float)) @ middle / 4
    edge_rule = edge_rule + sp.identity(count) / 2
    keep = sp.diags((border | (n == 0)).astype(float))
    return (sp.identity(count) - keep) @ smooth + keep @ edge_rule


def catmull_clark(quads: np.ndarray, count: int) -> tuple[sp.csr_matrix, np.ndarray]:
    """One smoothing subdivision of a quad mesh: a (new, count) matrix and the new quads."""
    faces = len(quads)
    ends = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    # Sorted ends, so that the two faces at an edge give the same row.
    edges, edge_of, uses = np.unique(
        np.sort(ends, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    edge_of = edge_of.reshape(-1)
    face_index = np.repeat(np.arange(faces), 4)

    face_point = ones(face_index, quads.ravel(), (faces, count)) / 4
    middle = ones(np.repeat(np.arange(len(edges)), 2), edges.ravel(), (len(edges), count)) / 2
    edge_face = ones(edge_of, face_index, (len(edges), faces))
    inner = sp.diags((uses == 2).astype(float))
    edge_point = (
        inner @ (middle / 2 + edge_face @ face_point / 4)
        + (sp.identity(len(edges)) - inner) @ middle
    )
    vertex = vertex_rule(quads, edges, uses, face_point, middle)
    # The order of the new vertices: old vertices, edges, faces. The indices below rely on it.
    matrix = sp.vstack([vertex, edge_point, face_point]).tocsr()
    corner = quads.ravel()
    after = count + edge_of.reshape(-1, 4)
    before = np.roll(after, 1, axis=1)
    centre = count + len(edges) + face_index.reshape(-1, 4)
    new = np.stack([corner.reshape(-1, 4), after, centre, before], axis=-1).reshape(-1, 4)
    return matrix, new


def halved(quads: np.ndarray) -> np.ndarray:
    """Return two triangles for each quad."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
