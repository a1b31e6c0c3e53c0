"""Read and write `.safetensors` files, which contain tensors and JSON, but no code.

The metadata has a single entry, `moue`, with the spec and the settings of the training. The library
would write several entries in random order, so that equal weights would not give equal bytes.
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
    """Return the content of a `.safetensors` file; equal arguments give equal bytes.

    Args:
        spec: spec of the model.
        weights: state dict with contiguous tensors on the CPU.
        training: settings of the training, JSON-serialisable.
    """
    metadata = {"spec": spec.to_json(), "training": dict(training)}
    return torch.save(dict(weights), {_KEY: json.dumps(metadata)})


def unpack(data: bytes, where: str) -> tuple[ModelSpec, dict[str, Tensor], dict[str, Any]]:
    """Return the spec, the weights and the training settings in a `.safetensors` file.

    Args:
        data: content of the file.
        where: path or name of the file, used in error messages.

    Raises:
        CheckpointError: the file is damaged, was not written by moue, or its version is not
            supported.
    """
    try:
        weights = torch.load(data)
        # The first eight bytes give the length of the JSON header; `load` has validated it.
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        metadata = json.loads(header["__metadata__"][_KEY])
        spec, training = metadata["spec"], dict(metadata["training"])
    except _DAMAGE as error:
        raise CheckpointError(
            f"{where}: is damaged, or is not a .safetensors file that moue wrote"
        ) from error
    return ModelSpec.from_json(spec, where), weights, training
