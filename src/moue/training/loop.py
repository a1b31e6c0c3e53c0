"""The training loop: trains epoch by epoch and validates after each epoch.

All random numbers of epoch n come from a generator seeded with (seed, n), and the state after an
epoch consists of tensors only. A resumed training therefore gives the same bits as an
uninterrupted training.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from moue.errors import ModelError
from moue.model.spec import ModelSpec
from moue.training.augment import AUGMENT
from moue.training.data import Crops
from moue.training.finetune import InitialWeights
from moue.training.networks import Network, build
from moue.training.optimizer import Ema, Mixup, learning_rate, make_optimizer, set_learning_rate
from moue.training.recipes import Recipe
from moue.training.run_log import Epoch

_VAL_BATCH = 256


class Loop:
    """A training in progress: network, optimiser and data on a device.

    Args:
        recipe: hyperparameters.
        spec: spec of the model.
        train, val: training and validation set.
        seed: random seed.
        device: torch name of the device.
        start: initial weights; None for random weights.

    Attributes:
        network: network that is trained.
        eval_network: network that is validated and saved: the EMA of `network`, or `network`
            itself if the recipe has no EMA.
        samples_per_epoch: number of training pictures drawn per epoch.
    """

    def __init__(
        self,
        recipe: Recipe,
        spec: ModelSpec,
        train: Crops,
        val: Crops,
        seed: int,
        device: str,
        start: InitialWeights | None = None,
    ) -> None:
        self.recipe, self.spec, self.seed = recipe, spec, seed
        self.device = torch.device(device)
        self.layout = torch.channels_last
        self.network = self._build_network(start)
        self.ema = Ema(self.network, recipe.ema_decay) if recipe.ema_decay else None
        self.eval_network = self.network if self.ema is None else self.ema.network
        self.eval_network.eval()
        self.optimizer = make_optimizer(recipe, self.network)
        self.mixup = Mixup(recipe.mixup) if recipe.mixup else None
        # Few pictures need more steps: with 100 pictures, repeating the set in each epoch raised
        # the accuracy from .688 to .882.
        passes = max(1, round(recipe.min_samples_per_epoch / len(train)))
        self.samples_per_epoch = train.samples_per_epoch or passes * len(train)
        self.on_disk = train.on_disk
        # (N, R, R, 3) on disk, and (N, R, 3, R) in memory.
        self.pixels = train.pixels if self.on_disk else self._by_rows(train.pixels)
        self.crop_fraction = train.crop_fraction
        self.targets = train.targets.to(self.device)
        soft = train.soft_labels
        self.training_targets = self.targets if soft is None else soft.to(self.device)
        self.sample_weights = _sample_weights(recipe, train)
        self.val_pixels, self.val_targets = val.pixels.numpy(), val.targets
        weight = _label_weights(train.targets, len(spec.labels)) if recipe.balance else None
        self.loss = nn.CrossEntropyLoss(weight, label_smoothing=recipe.label_smoothing).to(device)

    def run(self, number: int) -> Epoch:
        """Train one epoch and validate; return the metrics of the epoch.

        Args:
            number: number of the epoch, from 1; 0 validates without training.

        Raises:
            ModelError: the loss is not finite.
        """
        start = time.perf_counter()
        loss, accuracy, lr = self._train(number) if number else self._untrained()
        seconds = time.perf_counter() - start
        if not math.isfinite(loss):
            raise ModelError(
                f"the loss became {loss} in epoch {number}, since the learning rate "
                f"{self.recipe.lr:g} is too high for this data; train again with a lower --lr"
            )
        logits = self.validate()
        return Epoch(
            number=number,
            lr=lr,
            train_loss=loss,
            train_accuracy=accuracy,
            val_loss=float(functional.cross_entropy(logits, self.val_targets)),
            val_accuracy=float((logits.argmax(1) == self.val_targets).double().mean()),
            val_recall=_mean_recall(logits, self.val_targets),
            seconds=seconds,
            images_per_second=self.samples_per_epoch / seconds if number else 0.0,
            time=time.time(),
        )

    def validate(self) -> Tensor:
        """Return the logits of the validation pictures, (N, K) float32 on the CPU."""
        return self._logits(self.val_pixels)

    def state(self) -> dict[str, Any]:
        """Return the training state after an epoch, without the weights of `eval_network`."""
        state: dict[str, Any] = {"optimizer": self.optimizer.state_dict()}
        if self.ema is not None:
            state["network"] = self.network.state_dict()
        return state

    def restore(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Restore the training state that `state` returned.

        Args:
            weights: weights of `eval_network` when `state` was called.
            state: training state.
        """
        self.eval_network.load_state_dict(weights)
        if self.ema is not None:
            self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _build_network(self, start: InitialWeights | None) -> nn.Module:
        # The random state of the caller stays unchanged. The weights are drawn on the CPU, so every
        # device starts from the same ones.
        network = untrained(self.spec, self.seed)
        if start is not None:
            start.copy_into(network, self.spec.labels)
        network = network.to(self.device)
        if not isinstance(network, Network):
            # `view` in a network of the user's own may require the contiguous layout.
            self.layout = torch.contiguous_format
            return network
        for weight in network.parameters():
            # Weights of convolutions: channels last made training 13 % faster than the contiguous
            # layout.
            if weight.dim() == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        return network

    def _logits(self, pixels: npt.NDArray[np.uint8]) -> Tensor:
        batches = []
        with torch.inference_mode():
            for start in range(0, len(pixels), _VAL_BATCH):
                # The preprocessing of prediction, so validation sees the same bits.
                values = self.spec.tensor(pixels[start : start + _VAL_BATCH])
                batches.append(self.eval_network(self._input(torch.from_numpy(values))).cpu())
        return torch.cat(batches)

    def _untrained(self) -> tuple[float, float, float]:
        """Return the loss and accuracy on the training pictures, and 0 as the learning rate.

        The pictures are not augmented. Only fine-tuning calls this function, and its pictures are
        mouth crops (`crop_fraction` is 1).
        """
        pixels = self.pixels if self.on_disk else self.pixels.transpose(2, 3).cpu()
        logits = self._logits(pixels.numpy()).to(self.device)
        right = (logits.argmax(1) == self.targets).double().mean()
        return float(self.loss(logits, self.training_targets)), float(right), 0.0

    def _train(self, number: int) -> tuple[float, float, float]:
        """Train one epoch; return the mean loss, the accuracy and the highest learning rate."""
        generator = Generator().manual_seed(_seed(self.seed, number))
        order = self._order(generator)
        batches = torch.split(order.to(self.device), self.recipe.batch_size)
        # The sums stay on the device: reading a number in every step would wait for a GPU.
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        self.network.train()
        highest = 0.0
        for step, batch in enumerate(batches):
            lr = learning_rate(self.recipe, number - 1 + step / len(batches))
            highest = max(highest, lr)
            set_learning_rate(self.optimizer, lr)
            batch_loss, logits = self._step(batch, generator)
            loss += batch_loss.detach().double() * len(batch)
            right += (logits.argmax(1) == self.targets.index_select(0, batch)).sum()
        if self.ema is None:
            # Without an EMA, this network is also the one that is validated.
            self.network.eval()
        count = len(order)
        return float(loss) / count, int(right) / count, highest

    def _order(self, generator: Generator) -> Tensor:
        """Return the indices of the pictures of one epoch, in random order."""
        count, drawn = len(self.targets), self.samples_per_epoch
        if self.sample_weights is not None:
            return torch.multinomial(self.sample_weights, drawn, True, generator=generator)
        # Rounded up; a pass contains every picture once, and the last one may be cut.
        passes = range(-(-drawn // count))
        return torch.cat([torch.randperm(count, generator=generator) for _ in passes])[:drawn]

    def _step(self, batch: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """Train one step on the pictures with indices `batch`; return the loss and the logits."""
        augment, side = AUGMENT[self.recipe.name], self.spec.input_size
        values = augment(self._batch(batch), side, generator, self.crop_fraction)
        targets = self.training_targets.index_select(0, batch)
        if self.mixup is None:
            logits = self._forward(values)
            loss: Tensor = self.loss(logits, targets)
        else:
            values, partner, weight = self.mixup(values, generator)
            logits = self._forward(values)
            # Targets may be indices, which cannot be blended, so the losses are.
            loss = weight * self.loss(logits, targets) + (1 - weight) * self.loss(
                logits, targets.index_select(0, partner)
            )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update(self.network)
        return loss, logits

    def _batch(self, batch: Tensor) -> Tensor:
        """Return the training pictures with indices `batch`, (M, R, 3, R) uint8 on the device."""
        if self.on_disk:
            return self._by_rows(self.pixels.index_select(0, batch.cpu()))
        return self.pixels.index_select(0, batch)

    def _by_rows(self, pixels: Tensor) -> Tensor:
        """Convert pictures (N, R, R, 3) to (N, R, 3, R) on the device.

        Resampling rows and columns then needs no further copy in between.
        """
        return pixels.transpose(2, 3).contiguous().to(self.device)

    def _forward(self, values: Tensor) -> Tensor:
        logits: Tensor = self.network(self._input(normalize(values, self.spec)))
        return logits

    def _input(self, values: Tensor) -> Tensor:
        return values.to(self.device, memory_format=self.layout)


def normalize(values: Tensor, spec: ModelSpec) -> Tensor:
    """Normalise pictures (N, 3, S, S) in [0, 255] to the network input, in place."""
    # Mean and standard deviation in units of the pixels save a pass that divides by 255.
    mean = torch.tensor(spec.mean, device=values.device).view(3, 1, 1) * 255
    std = torch.tensor(spec.std, device=values.device).view(3, 1, 1) * 255
    return values.sub_(mean).div_(std)


def untrained(spec: ModelSpec, seed: int) -> nn.Module:
    """Return the network of a spec with the random weights from which a training starts.

    Args:
        spec: spec of the model.
        seed: random seed of the training.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed(seed, 0))
        return build(spec.network, spec.labels)


def _seed(seed: int, epoch: int) -> int:
    # Mixed, not added: otherwise seed 1, epoch 2 would repeat seed 2, epoch 1. 63 bits fit into a
    # signed 64-bit integer.
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0] >> 1)


def _sample_weights(recipe: Recipe, train: Crops) -> Tensor | None:
    """Return the relative frequency (N,) of drawing each picture; None if all are equal."""
    if train.sample_weights is not None or not recipe.resample_power:
        return train.sample_weights
    counts = torch.bincount(train.targets).float()
    return (counts**-recipe.resample_power)[train.targets]


def _label_weights(targets: Tensor, labels: int) -> Tensor:
    """Return loss weights (K,) that give all labels the same total weight."""
    counts = torch.bincount(targets, minlength=labels).float()
    return len(targets) / (labels * counts)


def _mean_recall(logits: Tensor, targets: Tensor) -> float:
    right = (logits.argmax(1) == targets).double()
    # Labels without pictures have no recall and do not count.
    return float(torch.stack([right[targets == t].mean() for t in torch.unique(targets)]).mean())
