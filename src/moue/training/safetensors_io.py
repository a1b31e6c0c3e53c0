"""Read and write `.safetensors` files: tensors and JSON, no code that could run.

The metadata has one entry, `moue`, with the spec and the settings of the training. It is only one
because the library writes several in random order, and equal weights must give equal bytes.
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
        training: the settings of the training, as plain data.
    """
    metadata = {"spec": spec.to_json(), "training": dict(training)}
    return torch.save(dict(weights), {_KEY: json.dumps(metadata)})


def unpack(data: bytes, where: str) -> tuple[ModelSpec, dict[str, Tensor], dict[str, Any]]:
    """Return the spec, the weights and the settings of the training.

    Raises:
        CheckpointError: the file is damaged, not from moue, or of another version.
    """
    try:
        weights = torch.load(data)
        # The first eight bytes give the length of the JSON header; `load` has validated it.
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        metadata = json.loads(header["__metadata__"][_KEY])
        spec, training = metadata["spec"], dict(metadata["training"])
    except _DAMAGE as error:
        raise CheckpointError(
            f"{where}: is not a .safetensors file of moue, or it is damaged"
        ) from error
    return ModelSpec.from_json(spec, where), weights, training
