"""Weights as a `.safetensors` file: tensors and JSON, which nothing can run as code.

Its one entry of metadata, `moue`, holds the spec and what is to be known of the training. One
entry, because the library writes several in an order of chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from moue.errors import CheckpointError, MissingExtra
from moue.model.spec import ModelSpec

try:
    from safetensors import SafetensorError, torch
except ImportError as error:
    raise MissingExtra("reading .safetensors files", "train") from error

_KEY = "moue"
_DAMAGE = (
    SafetensorError, ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip


def pack(spec: ModelSpec, weights: Mapping[str, Tensor], training: Mapping[str, Any]) -> bytes:
    """Return the file; the same content gives the same bytes.

    Args:
        weights: contiguous, on the CPU.
        training: plain data: how the weights were trained.
    """
    about = {"spec": spec.to_json(), "training": dict(training)}
    return torch.save(dict(weights), {_KEY: json.dumps(about)})


def unpack(data: bytes, where: str) -> tuple[ModelSpec, dict[str, Tensor], dict[str, Any]]:
    """Return spec, weights and what is known of the training.

    Raises:
        CheckpointError: no such file, not one of ours, or of another version.
    """
    try:
        weights = torch.load(data)
        # Eight bytes give the length of the JSON that follows; `load` has found it valid.
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = json.loads(header["__metadata__"][_KEY])
        spec, training = about["spec"], dict(about["training"])
    except _DAMAGE as error:
        raise CheckpointError(f"{where}: is damaged or not a .safetensors file of moue") from error
    return ModelSpec.from_json(spec, where), weights, training
