"""Meshes and hair in OpenGL buffers."""

import moderngl
import numpy as np

from research.synthetic_faces.scene import HAIR, Solid, Strands

SOLID_COLUMNS = ("in_point", "in_normal", "in_rest", "in_albedo", "in_mask")
HAIR_COLUMNS = ("in_point", "in_along", "in_albedo")


class Drawable:
    """A mesh or a bundle of hair in OpenGL buffers."""

    def __init__(
        self,
        gl: moderngl.Context,
        programs: dict[str, moderngl.Program],
        kind: int,
        rows: np.ndarray,
        index: np.ndarray,
        shadow_index: np.ndarray,
    ) -> None:
        self.kind = kind
        self.program = programs["hair" if kind == HAIR else "solid"]
        self.mode = moderngl.LINES if kind == HAIR else moderngl.TRIANGLES
        self.buffers = [
            gl.buffer(np.ascontiguousarray(rows, dtype="f4")),
            gl.buffer(np.ascontiguousarray(rows[:, :3], dtype="f4")),
            gl.buffer(np.ascontiguousarray(index, dtype="i4")),
            gl.buffer(np.ascontiguousarray(shadow_index, dtype="i4")),
        ]
        full, points, order, shadow_order = self.buffers
        columns = HAIR_COLUMNS if kind == HAIR else SOLID_COLUMNS
        layout = " ".join(["3f"] * len(columns))
        self.array = gl.vertex_array(self.program, [(full, layout, *columns)], order)
        place = [(points, "3f", "in_point")]
        self.depth = gl.vertex_array(programs["depth"], place, shadow_order)

    @classmethod
    def solid(cls, gl: moderngl.Context, programs: dict, solid: Solid) -> "Drawable":
        """Upload a mesh."""
        columns = (solid.points, solid.normals, solid.rest, solid.albedo, solid.mask)
        rows = np.concatenate(columns, axis=1)
        return cls(gl, programs, solid.kind, rows, solid.triangles, solid.coarse)

    @classmethod
    def hair(cls, gl: moderngl.Context, programs: dict, hair: Strands) -> "Drawable":
        """Upload hair; every sixth strand casts shadows, which is dense enough."""
        count, steps, _ = hair.points.shape
        along = np.gradient(hair.points, axis=1)
        colour = np.repeat(hair.albedo[:, None], steps, axis=1)
        rows = np.concatenate([hair.points, along, colour], axis=2).reshape(-1, 9)
        # Pairs of neighbouring points: a line strip would also join the strands.
        first = np.arange(count)[:, None] * steps + np.arange(steps - 1)
        index = np.stack([first, first + 1], axis=-1)  # (strands, steps - 1, 2)
        return cls(gl, programs, HAIR, rows, index, index[::6])

    def draw(self) -> None:
        """Draw with colours."""
        if "kind" in self.program:
            self.program["kind"].value = self.kind
        self.array.render(self.mode)

    def draw_depth(self) -> None:
        """Draw the depth for a shadow map."""
        self.depth.render(self.mode)

    def release(self) -> None:
        """Release the buffers."""
        for item in (self.array, self.depth, *self.buffers):
            item.release()
