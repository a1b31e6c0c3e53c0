"""Starting from the weights of a model that ships, instead of from chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from moue.errors import CheckpointError, ConfigError
from moue.model import bundled
from moue.model.spec import ModelSpec
from moue.training.checkpoint import Checkpoint, load_shipped
from moue.training.networks import Network
from moue.training.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialWeights:
    """Weights to start from.

    Attributes:
        name: of the model that they are of.
        sha256: of the file that they come from, in hex digits.
    """

    name: str
    checkpoint: Checkpoint
    sha256: str

    @classmethod
    def shipped(cls, name: str) -> InitialWeights:
        """Return the weights of the shipped model called `name`.

        Raises:
            ModelError: none is called so, or its file is not that of its card.
        """
        card = bundled.load_card(name)
        digest = card.files[bundled.TENSORS].sha256
        return cls(name=name, checkpoint=load_shipped(card), sha256=digest)

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return `recipe` for the network and the sizes of these weights."""
        spec = self.checkpoint.spec
        return dataclasses.replace(
            recipe, network=spec.network, resize=spec.resize, input_size=spec.input_size
        )

    def spec(self, labels: Sequence[str], crop_scale: float, found_by: str | None) -> ModelSpec:
        """Return the spec of the network to be: how pixels are prepared stays as it was.

        Raises:
            ConfigError: the mouths are not cut as these weights know them.
        """
        known = self.checkpoint.spec
        scale = known.crop_scale
        if crop_scale != scale:
            raise ConfigError(
                f"mouths are cut at {crop_scale:g} times the lips here, and {self.name} learnt "
                f"them at {scale:g}; set crop_scale = {scale:g} under [face] in moue.toml, then "
                "run `moue crop` and train again"
            )
        # Temperature and thresholds are fitted anew, on the validation set at hand.
        return dataclasses.replace(
            known, labels=tuple(labels), found_by=found_by, temperature=1.0, abstain=()
        )

    def give(self, network: Network, labels: Sequence[str]) -> None:
        """Put these weights into a fresh network.

        In the last layer the rows of labels that these weights know are taken, in the order of
        `labels`; the rows of other labels stay fresh.
        """
        known, given = self.checkpoint.spec.labels, dict(self.checkpoint.weights)
        for name, fresh in _last(network):
            rows = fresh.detach().clone()
            for row, label in enumerate(labels):
                if label in known:
                    rows[row] = given[name][known.index(label)]
            given[name] = rows
        network.load_state_dict(given)


def _last(network: Network) -> list[tuple[str, torch.Tensor]]:
    """Return the names and the weights of the last layer, which has one row for each label."""
    last = network.layers()[-1]
    if not isinstance(last, nn.Linear):
        raise CheckpointError(f"a network that ends in {type(last).__name__} cannot be tuned")
    prefix = next(name for name, module in network.named_modules() if module is last)
    return [(f"{prefix}.{name}", value) for name, value in last.named_parameters()]
