"""MobileStyleGAN of the `random-face` package, loaded with a current OpenVINO."""

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from research.common.packages import package_folder

DATA = package_folder("random_face") / "data"
BANDS = ("coarse", "middle", "fine")  # pose and outline; features such as the mouth; skin and hair
MIDDLE = ("m.layers.0", "m.layers.1", "m.layers.2")


def band_of(layer: str) -> str:
    """Return the band of a modulation layer, by the name of its weights."""
    if layer.startswith("m.conv1"):
        return "coarse"
    return "middle" if layer.startswith(MIDDLE) else "fine"


class Generator:
    """The generator: styles (512,) to pictures (1024, 1024, 3) uint8 RGB."""

    def __init__(self, threads: int = 1) -> None:
        core = ov.Core()
        config = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        mapping = core.read_model(DATA / "MappingNetwork.xml")
        self.mapping = core.compile_model(mapping, "CPU", config)
        self.synthesis = core.compile_model(self._split(core), "CPU", config)
        rng = np.random.default_rng(0)
        self.mean = np.mean([self.style(v) for v in rng.normal(size=(1000, 512))], axis=0)

    def _split(self, core: ov.Core) -> ov.Model:
        """Return the synthesis network with a separate style input for each band."""
        model = core.read_model(DATA / "SynthesisNetwork.xml")
        whole = model.get_parameters()[0]
        inputs = {}
        for name in BANDS:
            inputs[name] = ops.parameter([1, 512], np.float32, name=name)
            inputs[name].output(0).set_names({name})
        for use in whole.output(0).get_target_inputs():
            node = use.get_node()
            name = "coarse"
            if node.get_type_name() == "MatMul":
                name = band_of(node.input(1).get_source_output().get_node().get_friendly_name())
            use.replace_source_output(inputs[name].output(0))
        model.add_parameters(list(inputs.values()))
        model.remove_parameter(whole)
        model.validate_nodes_and_infer_types()
        return model

    def style(self, noise: np.ndarray) -> np.ndarray:
        """Return the style (512,) of 512 normal numbers."""
        return self.mapping(noise[None].astype(np.float32))[0][0]

    def person(self, number: int, truncation: float = 0.75) -> np.ndarray:
        """Return the style (512,) of person `number`."""
        noise = np.random.default_rng(90_000 + number).normal(size=512)
        # Styles nearer to the mean give more usual faces with fewer artefacts.
        return self.mean + truncation * (self.style(noise) - self.mean)

    def picture(self, style: np.ndarray, edit: np.ndarray | None = None) -> np.ndarray:
        """Return the face of `style`; `edit` is added in the middle band only."""
        edit = np.zeros(512) if edit is None else edit
        styles = {"coarse": style, "middle": style + edit, "fine": style}
        feed = {name: value[None].astype(np.float32) for name, value in styles.items()}
        image = self.synthesis(feed)[0][0]
        # The network returns values in [-1, 1]; + 0.5 rounds to the nearest integer.
        return (np.clip(image * 0.5 + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)
