"""Read and write weights files: tensors and JSON, loaded without running code.

A `.pt` file contains the spec and the weights; `last.pt` also contains the training state. A
`.safetensors` file contains the spec and the weights of a bundled model. A `.ckpt` file is a bare
state dict of `SimpleConv3`, the format of the tutorial.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from moue.errors import CheckpointError, ModelError
from moue.files import write_bytes
from moue.model import bundled
from moue.model.bundled import Card
from moue.model.spec import ModelSpec
from moue.training import safetensors_io
from moue.training.networks import build
from moue.training.recipes import CLASSIC
from moue.workspace.types import LABELS

_KIND = "moue checkpoint"
_MAX_BYTES = 4_000_000_000
"""Maximum unpacked size of a weights file, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The weights of a network with its spec.

    Attributes:
        spec: spec of the model.
        weights: state dict of the network, on the CPU.
        state: state for resuming the training; empty in `best.pt`. In a `.safetensors` file, the
            settings of the training.
    """

    spec: ModelSpec
    weights: dict[str, Tensor]
    state: dict[str, Any] = field(default_factory=dict)

    def network(self) -> nn.Module:
        """Build the network of the spec with the weights, in evaluation mode.

        Raises:
            CheckpointError: the weights do not fit the network of the spec.
        """
        network = build(self.spec.network, self.spec.labels)
        _check_weights(self.weights, network, self.spec)
        network.load_state_dict(self.weights)
        return network.eval()


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint to a `.pt` file atomically; equal checkpoints give equal bytes."""
    data = {
        "kind": _KIND,
        "spec": checkpoint.spec.to_json(),
        "weights": plain(checkpoint.weights),
        "state": checkpoint.state,
    }
    write_bytes(path, _to_bytes(data))


def save_weights(checkpoint: Checkpoint, path: Path) -> None:
    """Write the weights of a checkpoint as a bare state dict, for use in other torch code."""
    write_bytes(path, _to_bytes(plain(checkpoint.weights)))


def load(model: Path | str | None) -> Checkpoint:
    """Load a checkpoint from a weights file or a bundled model.

    Args:
        model: path of a `.pt` file, a `.safetensors` file or the tutorial's `model.ckpt`, or name
            of a bundled model. None selects the default bundled model.

    Raises:
        ModelError: the file does not exist, or the file of a bundled model fails its checksum.
        CheckpointError: the file is not a moue weights file, has an unsupported version, or is
            damaged.
    """
    card = bundled.find_model(model)
    if card is not None:
        return load_bundled(card)
    path = Path(str(model))
    return _checked(_loaded(path), str(path))


def network_name(path: Path) -> str:
    """Return the name of the network in a `.pt` file; an empty text for other files.

    Raises:
        ModelError: the file does not exist.
        CheckpointError: the file is not a moue weights file, or is damaged.
    """
    if path.suffix != ".pt" or not path.exists():
        return ""
    data = _read(path)
    if data.get("kind") != _KIND:
        return ""
    return ModelSpec.from_json(str(data.get("spec")), str(path)).network


def load_bundled(card: Card) -> Checkpoint:
    """Load the checkpoint of a bundled model.

    Raises:
        ModelError: the weights file is missing or fails its checksum.
    """
    where = f"{card.name}{bundled.TENSORS}"
    return _checked(_unpacked(bundled.read_verified(card, bundled.TENSORS), where), where)


def _checked(checkpoint: Checkpoint, where: str) -> Checkpoint:
    network = build(checkpoint.spec.network, checkpoint.spec.labels)
    try:
        _check_weights(checkpoint.weights, network, checkpoint.spec)
    except CheckpointError as error:
        raise CheckpointError(f"{where}: {error}") from error
    return checkpoint


def _loaded(path: Path) -> Checkpoint:
    if path.suffix == bundled.TENSORS and path.is_file():
        return _unpacked(path.read_bytes(), str(path))
    data = _read(path)
    if data.get("kind") == _KIND:
        return Checkpoint(
            spec=ModelSpec.from_json(str(data.get("spec")), str(path)),
            weights=_tensors(data.get("weights"), path),
            state=_state(data.get("state"), path),
        )
    return _from_tutorial(_tensors(data, path), path)


def _unpacked(data: bytes, where: str) -> Checkpoint:
    spec, weights, training = safetensors_io.unpack(data, where)
    return Checkpoint(spec=spec, weights=weights, state=training)


def plain(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return contiguous CPU copies of weights, so that equal weights are saved as equal bytes."""
    return {
        name: value.detach().to("cpu", copy=True).contiguous(memory_format=torch.contiguous_format)
        for name, value in weights.items()
    }


def _from_tutorial(weights: dict[str, Tensor], path: Path) -> Checkpoint:
    last = weights.get("fc3.weight")
    if last is None or "conv1.weight" not in weights:
        raise CheckpointError(
            f"{path}: is neither a model of moue nor a state dict of SimpleConv3; use a run "
            "folder, an .onnx file, a .pt file or a model.ckpt of the recipe classic"
        )
    if len(last) != len(LABELS):
        raise CheckpointError(
            f"{path}: has {len(last)} outputs but no label names; a bare state dict "
            f"must have {len(LABELS)} outputs, for the labels {', '.join(LABELS)}"
        )
    return Checkpoint(spec=CLASSIC.spec(LABELS), weights=weights)


def _check_weights(weights: Mapping[str, Tensor], network: nn.Module, spec: ModelSpec) -> None:
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    for name, value in weights.items():
        if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
            raise CheckpointError(f"the weights {name} are not a dense, unquantised CPU tensor")
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found == expected:
        if not all(value.isfinite().all() for value in weights.values()):
            raise CheckpointError(
                "some weights are not finite, since the training failed or the file is damaged; "
                "train the model again"
            )
        return
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            why = f"has shape {found.get(name)} instead of {expected.get(name)}"
            if name not in found or name not in expected:
                why = "is missing" if name in expected else "is not part of the network"
            raise CheckpointError(
                f"the weights do not fit {spec.network} with {len(spec.labels)} labels: "
                f"{name} {why}"
            )


def _state(value: Any, path: Path) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: the training state is damaged; train the model again")
    return value


def _tensors(value: Any, path: Path) -> dict[str, Tensor]:
    if not isinstance(value, Mapping) or not all(
        isinstance(k, str) and isinstance(v, Tensor) for k, v in value.items()
    ):
        raise CheckpointError(f"{path}: contains no moue model weights")
    return dict(value)


def _read(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise ModelError(f"{path}: is a folder, not a weights file")
    if not path.exists():
        raise ModelError(f"{path}: no such file; check the path, or train a model")
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("not a zip file")
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MAX_BYTES:
                raise ValueError("too large")
        data = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        raise CheckpointError(
            f"{path}: is not a weights file, is damaged, or contains objects other than tensors, "
            "which could run code; the file was not loaded"
        ) from error
    if not isinstance(data, Mapping):
        raise CheckpointError(f"{path}: contains a {type(data).__name__}, not a model")
    return dict(data)


def _to_bytes(data: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(data, buffer)
    return buffer.getvalue()
