"""A small deferred renderer: OpenGL on the processor, 36 lights with shadows."""

from pathlib import Path

import moderngl
import numpy as np

from research.synthetic_faces.drawable import Drawable
from research.synthetic_faces.scene import LIGHTS, Camera, Light, Solid, Strands, look_at

SIDE = 960  # pixels rendered before the picture is made smaller
TILE = 512
GRID = 6  # the shadow maps lie in a grid of 6 x 6 tiles
SHADERS = Path(__file__).with_name("shaders")


class Renderer:
    """Keeps the OpenGL context, programs and buffers between pictures.

    Attributes:
        side: Side of the rendered images in pixels.
        tile: Side of each shadow map in pixels.
    """

    def __init__(self, side: int = SIDE, tile: int = TILE) -> None:
        self.side, self.tile = side, tile
        self.gl = moderngl.create_context(standalone=True, require=330, backend="egl")
        self.programs = {name: self._program(name) for name in ("solid", "hair", "depth", "light")}
        size = (side, side)
        self.buffers = [self.gl.texture(size, 4, dtype="f4") for _ in range(3)]
        self.surface = self.gl.framebuffer(self.buffers, self.gl.depth_renderbuffer(size))
        self.atlas = self.gl.depth_texture((tile * GRID, tile * GRID))
        self.atlas.compare_func = ""
        self.atlas.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.shadow = self.gl.framebuffer(depth_attachment=self.atlas)
        self.lit = self.gl.framebuffer([self.gl.texture(size, 4, dtype="f4") for _ in range(2)])
        corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype="f4")
        self.screen = self.gl.vertex_array(
            self.programs["light"], [(self.gl.buffer(corners), "2f", "in_corner")]
        )

    def _program(self, name: str) -> moderngl.Program:
        return self.gl.program(
            vertex_shader=(SHADERS / f"{name}.vert").read_text(),
            fragment_shader=(SHADERS / f"{name}.frag").read_text(),
        )

    def picture(
        self,
        solids: list[Solid],
        hairs: list[Strands],
        light: Light,
        camera: Camera,
        uniforms: dict[str, object],
    ) -> dict[str, np.ndarray]:
        """Float images (side, side, 4): diffuse, specular, albedo."""
        made = [Drawable.solid(self.gl, self.programs, solid) for solid in solids]
        made += [Drawable.hair(self.gl, self.programs, hair) for hair in hairs]
        self.surface.use()
        self.surface.clear()
        self.gl.enable(moderngl.DEPTH_TEST)
        for program in ("solid", "hair"):
            # OpenGL reads matrices by columns, hence the transpose.
            self.programs[program]["view"].write(camera.view.T.astype("f4").tobytes())
        for name, value in uniforms.items():
            self.programs["solid"][name].value = value
        for item in made:
            item.draw()
        into = self._shadows(made, light, camera.centre)
        self._light(light, into, camera.eye)
        images = dict(zip(("diffuse", "specular"), map(self._read, (0, 1)), strict=True))
        images["albedo"] = self._read(2, self.surface)
        for item in made:
            item.release()
        return images

    def _read(self, index: int, buffer: moderngl.Framebuffer | None = None) -> np.ndarray:
        raw = (buffer or self.lit).read(components=4, attachment=index, dtype="f4")
        # The first row of OpenGL is the bottom of the picture.
        return np.nan_to_num(np.frombuffer(raw, np.float32).reshape(self.side, self.side, 4)[::-1])

    def _shadows(self, made: list[Drawable], light: Light, centre: np.ndarray) -> np.ndarray:
        # Each shadow map covers this many decimetres around the centre: the head.
        radius = 2.4
        into = np.zeros((LIGHTS, 4, 4))
        self.shadow.use()
        tile = self.tile
        self.shadow.viewport = (0, 0, tile * GRID, tile * GRID)
        self.shadow.clear()
        for k, toward in enumerate(light.toward):
            # The up vector must not be parallel to the direction of the light.
            up = np.array([0.0, 1.0, 0.0]) if abs(toward[1]) < 0.95 else np.array([1.0, 0.0, 0.0])
            ortho = np.diag([1 / radius, 1 / radius, -1 / radius, 1.0])
            # Parallel light has a direction only, so the eye may be next to the centre.
            into[k] = ortho @ look_at(centre + toward * 1e-3, centre, up)
            self.shadow.viewport = (k % GRID * tile, k // GRID * tile, tile, tile)
            self.programs["depth"]["view"].write(into[k].T.astype("f4").tobytes())
            for item in made:
                item.draw_depth()
        return into

    def _light(self, light: Light, into: np.ndarray, eye: np.ndarray) -> None:
        program = self.programs["light"]
        textures = {"points": 0, "normals": 1, "albedos": 2, "shadows": 3}
        for (name, unit), texture in zip(
            textures.items(), [*self.buffers, self.atlas], strict=True
        ):
            program[name].value = unit
            texture.use(unit)
        program["toward"].write(light.toward.astype("f4").tobytes())
        program["shine"].write(light.shine.astype("f4").tobytes())
        program["into"].write(into.transpose(0, 2, 1).astype("f4").tobytes())
        program["camera"].value = tuple(eye)
        program["key"].value = tuple(light.key)
        program["key_colour"].value = tuple(light.key_colour)
        self.lit.use()
        self.gl.disable(moderngl.DEPTH_TEST)
        self.screen.render(moderngl.TRIANGLE_STRIP)
