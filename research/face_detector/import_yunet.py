"""Write YuNet with inputs of any size, and its model card, into the package."""

from __future__ import annotations

from pathlib import Path

import onnx

from moue.face.checksum import verify_sha256
from moue.face.yunet import MODELS, NAME
from moue.files import write_bytes, write_json
from moue.model.bundled import CARD, ONNX, Card, TrainingSource, check, sha256_of

SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
HINT = "give the path of face_detection_yunet_2023mar.onnx of OpenCV's model zoo"
WIDER_FACE = TrainingSource(
    name="WIDER FACE",
    terms="CC BY-NC-ND 4.0; the authors of YuNet trained on it and published their network under "
    "the MIT licence",
    commercial_use=False,
    licence="CC-BY-NC-ND-4.0",
    count=12_880,
    source="http://shuoyang1213.me/WIDERFACE",
    role="upstream",
)


def import_yunet(yunet: Path) -> None:
    """Write the network and its card; only the declared sizes of inputs and outputs change.

    Args:
        yunet: face_detection_yunet_2023mar.onnx.
    """
    network = onnx.load(str(verify_sha256(yunet, SHA256, HINT)))
    dims = network.graph.input[0].type.tensor_type.shape.dim
    dims[2].dim_param, dims[3].dim_param = "height", "width"
    for output in network.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"cells_{output.name}"
    del network.graph.value_info[:]  # sizes of the values in between
    data = network.SerializeToString()
    card = Card(
        name=NAME,
        version="2023-03",
        date="2023-03-01",
        licence="MIT",
        sources=(WIDER_FACE,),
        scores=(),
        labels=("face",),
        files={ONNX: sha256_of(data)},
    )
    check(card)
    write_bytes(MODELS / f"{NAME}{ONNX}", data)
    write_json(MODELS / f"{NAME}{CARD}", card.to_dict())
