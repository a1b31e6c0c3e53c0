"""Export the trained networks: an ONNX file, safetensors and a model card for each.

SCORES is a JSON list of `moue.model.bundled.Score`; without it the cards have no scores.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import safetensors.torch
import torch
from torch import Tensor, nn

from moue.errors import ExportError
from moue.face.detector import DETECTOR_MODEL
from moue.face.lip_landmarks import LIP_MODEL, MODELS, TIGHT_MODEL
from moue.files import write_bytes, write_json
from moue.model.bundled import CARD, ONNX, TENSORS, Card, Score, check, sha256_of
from research.common.picture_groups import (
    FACE_MESH,
    GAN_FACES,
    HEADS,
    HELEN,
    MOUTHS3,
    PORTRAITS,
    UTKFACE,
    WALLPAPERS,
    WEB,
    YUNET,
)
from research.face_detector.detector_networks import CROP, Detector, Lips
from research.face_detector.training_loop import ema_weights

OPSET, TOLERANCE = 17, 1e-3
LICENCE = "research only, like its training pictures"
SOURCES = (
    UTKFACE,
    replace(HELEN, name="HELEN (half)", count=538),
    replace(WEB, name="web pictures (half of a scrape)", count=None),
    GAN_FACES,
    HEADS,
    WALLPAPERS,
    FACE_MESH,
    YUNET,
)
TIGHT_SOURCES = (*SOURCES, PORTRAITS, MOUTHS3)
CHECKPOINTS = {
    DETECTOR_MODEL: "detector.pt", LIP_MODEL: "lips.pt", TIGHT_MODEL: "lips_tight.pt",
}  # fmt: skip


class Raw(nn.Module):
    """A network that takes (N, H, W) uint8; the detector's grids become (N, C, 15) rows."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, grey: Tensor) -> Tensor:
        """Return the (N, C, 15) rows of the detector, or the output of `Lips`."""
        # The conversion is part of the graph, so callers pass bytes, a quarter of the size of
        # float32.
        found = self.network(grey[:, None].float() / 255)
        if isinstance(found, Tensor):
            return found
        return torch.cat([grid.flatten(2) for grid in found], 2).transpose(1, 2)


def to_bytes(network: nn.Module, side: int, free: bool) -> bytes:
    """Return the ONNX file of a trained network, after comparing its output with torch.

    Args:
        side: Side of the example picture, in pixels.
        free: Whether height and width are dynamic.

    Raises:
        ExportError: the output differs from torch.
    """
    raw = Raw(network).eval()
    example = torch.randint(0, 256, (2, side, side), dtype=torch.uint8)
    axes = {0: "N"} | ({1: "H", 2: "W"} if free else {})
    kept: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            raw, (example,), kept, input_names=["grey"], output_names=["found"],
            opset_version=OPSET, dynamic_axes={"grey": axes, "found": {0: "N"}}, dynamo=False,
        )  # fmt: skip
    with torch.inference_mode():
        expected = raw(example).numpy()
    session = onnxruntime.InferenceSession(kept.getvalue(), providers=["CPUExecutionProvider"])
    (given,) = session.run(None, {"grey": example.numpy()})
    # Relative for large values; `not <` also refuses NaN.
    if not float(np.abs(given - expected).max()) < TOLERANCE * max(1.0, np.abs(expected).max()):
        raise ExportError("the ONNX file differs from torch; nothing was written")
    return bytes(kept.getvalue())


def export_networks(
    work: Path, version: str, date: str, scores: Path | None, networks: list[str]
) -> None:
    """Write models and their cards into the package.

    Args:
        scores: JSON file of `evaluate-detector` or `evaluate-lips`; None leaves the scores of the
            cards empty.
        networks: names of the models to write, of DETECTOR_MODEL, LIP_MODEL and TIGHT_MODEL.
    """
    rows = json.loads(scores.read_text(encoding="utf-8")) if scores else []
    MODELS.mkdir(exist_ok=True)
    for name, network, side, free, label, sources in (
        (DETECTOR_MODEL, Detector(), 128, True, "face", SOURCES),
        (LIP_MODEL, Lips(), CROP, False, "lips", SOURCES),
        (TIGHT_MODEL, Lips(), CROP, False, "lips", TIGHT_SOURCES),
    ):
        if name not in networks:
            continue
        own = ema_weights(work / CHECKPOINTS[name])
        network.load_state_dict(own)
        tensors = safetensors.torch.save({k: v.contiguous() for k, v in own.items()})
        content = {ONNX: to_bytes(network, side, free), TENSORS: tensors}
        card = Card(
            name=name, labels=(label,), version=version, date=date, licence=LICENCE,
            sources=sources, scores=tuple(Score(**row) for row in rows),
            files={suffix: sha256_of(data) for suffix, data in content.items()},
        )  # fmt: skip
        check(card)
        for suffix, data in content.items():
            write_bytes(MODELS / f"{name}{suffix}", data)
        write_json(MODELS / f"{name}{CARD}", card.to_dict())
