"""The training loop: a network, its optimizer, and one epoch after another.

Everything random in epoch n is drawn from a generator seeded by (seed, n), and the state after
each epoch is plain tensors: going on from it gives the same bits as never having stopped.
"""

from __future__ import annotations

import copy
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
from moue.training.networks import build
from moue.training.recipes import Recipe
from moue.training.run_log import Epoch

_VAL_BATCH = 256


class Loop:
    """A training under way.

    Attributes:
        network: learns.
        judged: what is validated and saved: the running average of `network`'s weights, or
            `network` itself where the recipe averages nothing.
        draws: how many pictures an epoch takes.
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
        self.draws = train.draws or max(1, round(recipe.least / len(train))) * len(train)
        self.device = torch.device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(seed, 0))
            network = build(spec.network, spec.labels)
        if start is not None:
            start.give(network, spec.labels)
        self.network = network.to(self.device)
        for weight in self.network.parameters():
            if weight.dim() == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self.judged = copy.deepcopy(self.network) if recipe.average else self.network
        self.judged.eval()
        self.optimizer = _optimizer(recipe, self.network)
        # (N, R, 3, R): rows and columns are then resampled without another copy between.
        self.pixels = train.pixels.transpose(2, 3).contiguous().to(self.device)
        self.share = train.share
        self.targets = train.targets.to(self.device)
        self.goals = self.targets if train.shares is None else train.shares.to(self.device)
        self.chance = _chance(recipe, train)
        self.val_pixels, self.val_targets = val.pixels.numpy(), val.targets
        self.loss = nn.CrossEntropyLoss(
            weight=_balance(train.targets, len(spec.labels)).to(self.device)
            if recipe.balance
            else None,
            label_smoothing=recipe.smoothing,
        )

    def run(self, number: int) -> Epoch:
        """Train epoch `number`, counted from 1, and validate; epoch 0 trains nothing.

        Raises:
            ModelError: the loss is no longer a number.
        """
        start = time.perf_counter()
        loss, accuracy, lr = self._train(number) if number else self._untrained()
        seconds = time.perf_counter() - start
        if not math.isfinite(loss):
            raise ModelError(
                f"the loss became {loss} in epoch {number}: the learning rate "
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
            images_per_second=self.draws / seconds if number else 0.0,
            time=time.time(),
        )

    def validate(self) -> Tensor:
        """Return the validation pictures' logits, (N, K) on the CPU."""
        return self._logits(self.val_pixels)

    def state(self) -> dict[str, Any]:
        """Return what the next epoch starts from, beside the judged weights."""
        state: dict[str, Any] = {"optimizer": self.optimizer.state_dict()}
        if self.judged is not self.network:
            state["network"] = self.network.state_dict()
        return state

    def restore(self, judged: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go back to what `state` returned, with the judged weights of that moment."""
        self.judged.load_state_dict(judged)
        if self.judged is not self.network:
            self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _logits(self, pixels: npt.NDArray[np.uint8]) -> Tensor:
        batches = []
        with torch.inference_mode():
            for start in range(0, len(pixels), _VAL_BATCH):
                values = self.spec.tensor(pixels[start : start + _VAL_BATCH])
                batches.append(self.judged(self._input(torch.from_numpy(values))).cpu())
        return torch.cat(batches)

    def _untrained(self) -> tuple[float, float, float]:
        """Return loss and accuracy of the training pictures as they are, and no rate.

        They are mouth crops, with nothing around: their `share` is 1.
        """
        logits = self._logits(self.pixels.transpose(2, 3).cpu().numpy()).to(self.device)
        right = (logits.argmax(1) == self.targets).double().mean()
        return float(self.loss(logits, self.goals)), float(right), 0.0

    def _train(self, number: int) -> tuple[float, float, float]:
        generator = Generator().manual_seed(_seed(self.seed, number))
        order = self._order(generator)
        batches = torch.split(order.to(self.device), self.recipe.batch_size)
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        self.network.train()
        highest = 0.0
        for step, batch in enumerate(batches):
            lr = learning_rate(self.recipe, number - 1 + step / len(batches))
            highest = max(highest, lr)
            batch_loss, logits = self._step(batch, lr, generator)
            loss += batch_loss.detach().double() * len(batch)
            right += (logits.argmax(1) == self.targets.index_select(0, batch)).sum()
        if self.judged is self.network:
            self.network.eval()
        count = len(order)
        return float(loss) / count, int(right) / count, highest

    def _order(self, generator: Generator) -> Tensor:
        if self.chance is not None:
            return torch.multinomial(self.chance, self.draws, True, generator=generator)
        count = len(self.targets)
        rounds = range(-(-self.draws // count))
        return torch.cat([torch.randperm(count, generator=generator) for _ in rounds])[: self.draws]

    def _step(self, batch: Tensor, lr: float, generator: Generator) -> tuple[Tensor, Tensor]:
        pixels = self.pixels.index_select(0, batch)
        values = AUGMENT[self.recipe.name](pixels, self.spec.input_size, generator, self.share)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        values, other, share = self._mix(values, generator)
        logits = self.network(self._input(normalize(values, self.spec)))
        goals = self.goals.index_select(0, batch)
        loss = self.loss(logits, goals)
        if other is not None:
            loss = share * loss + (1 - share) * self.loss(logits, goals.index_select(0, other))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.judged is not self.network:
            self._average()
        return loss, logits

    def _mix(self, values: Tensor, generator: Generator) -> tuple[Tensor, Tensor | None, float]:
        """Blend a batch with itself in another order; return that order and the first's share.

        Source:
            Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization.
        """
        if not self.recipe.mixup:
            return values, None, 1.0
        seed = int(torch.randint(2**62, (1,), generator=generator))
        share = float(np.random.default_rng(seed).beta(self.recipe.mixup, self.recipe.mixup))
        other = torch.randperm(len(values), generator=generator).to(values.device)
        return values.mul(share).add_(values.index_select(0, other), alpha=1 - share), other, share

    def _average(self) -> None:
        with torch.no_grad():
            torch._foreach_lerp_(
                _floats(self.judged), _floats(self.network), 1 - self.recipe.average
            )

    def _input(self, values: Tensor) -> Tensor:
        return values.to(self.device, memory_format=torch.channels_last)


def normalize(values: Tensor, spec: ModelSpec) -> Tensor:
    """Turn (N, 3, S, S) colours of [0, 255], in place, into what the network sees."""
    mean = torch.tensor(spec.mean, device=values.device).view(3, 1, 1) * 255
    std = torch.tensor(spec.std, device=values.device).view(3, 1, 1) * 255
    return values.sub_(mean).div_(std)


def learning_rate(recipe: Recipe, done: float) -> float:
    """Return the rate after `done` epochs, which need not be whole."""
    if recipe.schedule == "step":
        return recipe.lr * 0.1 ** (int(done) // 100)
    share, rise = done / recipe.epochs, 0.2
    if share < rise:
        return recipe.lr * (0.1 + 0.9 * share / rise)
    return recipe.lr * (0.5 + 0.5 * math.cos(math.pi * (share - rise) / (1 - rise)))


def _optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    weights, decay = network.parameters(), recipe.weight_decay
    if recipe.optimizer == "adamw":
        betas = (recipe.momentum, 0.999)
        return torch.optim.AdamW(weights, recipe.lr, betas, weight_decay=decay, fused=True)
    return torch.optim.SGD(weights, recipe.lr, recipe.momentum, weight_decay=decay, fused=True)


def _floats(network: nn.Module) -> list[Tensor]:
    """Weights and running statistics, without the counters."""
    return [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]


def _seed(seed: int, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0] >> 1)


def _chance(recipe: Recipe, train: Crops) -> Tensor | None:
    if train.chance is not None or not recipe.sampling:
        return train.chance
    counts = torch.bincount(train.targets).float()
    return (counts**-recipe.sampling)[train.targets]


def _balance(targets: Tensor, classes: int) -> Tensor:
    counts = torch.bincount(targets, minlength=classes).float()
    return len(targets) / (classes * counts)


def _mean_recall(logits: Tensor, targets: Tensor) -> float:
    right = (logits.argmax(1) == targets).double()
    return float(torch.stack([right[targets == t].mean() for t in torch.unique(targets)]).mean())
