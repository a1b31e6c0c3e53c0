"""Fine-tuning: training that starts from the weights of a bundled model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from moue.errors import CheckpointError, ConfigError, ModelError
from moue.model import bundled
from moue.model.spec import ModelSpec
from moue.training.checkpoint import Checkpoint, load_bundled
from moue.training.networks import Network
from moue.training.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialWeights:
    """The initial weights of a training, from a bundled model.

    Attributes:
        name: name of the bundled model.
        checkpoint: weights and spec of the bundled model.
        sha256: SHA-256 of the weights file, in hex digits.
    """

    name: str
    checkpoint: Checkpoint
    sha256: str

    @classmethod
    def bundled(cls, name: str) -> InitialWeights:
        """Load the weights of the bundled model `name`.

        Raises:
            ModelError: the model does not exist or has no weights to fine-tune, or its weights
                file fails its checksum.
        """
        card = bundled.load_card(name)
        if not card.can_be_fine_tuned:
            raise ModelError(
                f"the bundled model {name} cannot be fine-tuned, since its files contain no "
                f"weights for training; use {bundled.DEFAULT}"
            )
        digest = card.files[bundled.TENSORS].sha256
        return cls(name=name, checkpoint=load_bundled(card), sha256=digest)

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return a copy of a recipe with the network and the input size of the bundled model."""
        spec = self.checkpoint.spec
        return dataclasses.replace(
            recipe, network=spec.network, resize=spec.resize, input_size=spec.input_size
        )

    def spec(self, labels: Sequence[str], crop_scale: float, face_backend: str | None) -> ModelSpec:
        """Return the spec of the fine-tuned model, with the preprocessing of the bundled model.

        Args:
            labels: labels in the order of the outputs.
            crop_scale: crop scale of the training crops.
            face_backend: face backend of the training crops; None if unknown.

        Raises:
            ConfigError: `crop_scale` differs from that of the bundled model.
        """
        known = self.checkpoint.spec
        scale = known.crop_scale
        if crop_scale != scale:
            raise ConfigError(
                f"crop_scale is {crop_scale:g}, but the model {self.name} was trained with "
                f"{scale:g}; set crop_scale = {scale:g} under [face] in moue.toml, then run "
                "`moue crop` and train again"
            )
        # Temperature and thresholds are fitted again, on the new validation set.
        return dataclasses.replace(
            known,
            labels=tuple(labels),
            face_backend=face_backend,
            temperature=1.0,
            abstention_thresholds=(),
        )

    def copy_into(self, network: nn.Module, labels: Sequence[str]) -> None:
        """Copy the weights into a network that has random weights.

        The last layer has one row per label, in the order of `labels`. Rows of labels that the
        bundled model has are copied; rows of new labels stay random.
        """
        known, weights = self.checkpoint.spec.labels, dict(self.checkpoint.weights)
        # Entries of the copied dict are replaced; the tensors of the checkpoint stay unchanged.
        for name, random in _last_layer(network):
            rows = random.detach().clone()
            for row, label in enumerate(labels):
                if label in known:
                    rows[row] = weights[name][known.index(label)]
            weights[name] = rows
        network.load_state_dict(weights)


def _last_layer(network: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Return the names and the tensors of the last layer, which has one row per label."""
    last = network.layers()[-1] if isinstance(network, Network) else None
    if not isinstance(last, nn.Linear):
        raise CheckpointError("the model cannot be fine-tuned: its last layer is not linear")
    prefix = next(name for name, module in network.named_modules() if module is last)
    return [(f"{prefix}.{name}", value) for name, value in last.named_parameters()]
