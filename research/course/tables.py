"""Measure the tables of chapters 4, 10 and 12 of the course."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from moue.demo.raw_folder import PICTURES
from moue.learn.viola_jones import cascade, search
from moue.media.image import read_image, resize_to_fit, to_grey
from moue.model.example import Example
from moue.training.data import Crops, load_crops
from moue.training.loop import Loop
from moue.training.networks import build
from moue.training.recipes import CLASSIC
from moue.training.train_split import SplitExamples
from moue.workspace.types import LABELS
from moue.workspace.workspace import Workspace

SPEC = CLASSIC.spec(LABELS)


def print_tables(workspace: Path, epochs: int = 10, memorised_epochs: int = 60) -> None:
    """Print the tables.

    Args:
        workspace: workspace of the bundled pictures, up to the split.
        epochs: number of epochs of the trainings with learning rate 0.1.
        memorised_epochs: number of epochs of the training on 40 mouths.
    """
    torch.set_num_threads(1)
    train, val = (load_crops(_examples(Workspace(workspace), s), SPEC) for s in ("train", "val"))
    _print_windows()
    for seed in range(3):
        _print_unstable(train, val, seed, epochs)
    _print_over_fitting(train, val, memorised_epochs)


def _examples(workspace: Workspace, split: str) -> list[Example]:
    """Return the crops of a split, by label and name."""
    with workspace.reading() as catalog:
        found = SplitExamples(workspace, catalog, split)
        return sorted(found, key=lambda example: (LABELS.index(example.label), example.name))


def _print_windows() -> None:
    grey = resize_to_fit(to_grey(read_image(PICTURES / "face-002-smile.jpg")), 240)
    use = cascade()
    for factor in (1.3, 1.1):
        left = search(grey, factor).left(len(use.sizes))
        work = sum(n * int(size) for n, size in zip(left, use.sizes, strict=False))
        share = work / (left[0] * int(use.sizes.sum()))
        print(f"windows, scaleFactor {factor}: {left}; features computed {share:.1%}")


def _print_unstable(train: Crops, val: Crops, seed: int, epochs: int) -> None:
    loop = Loop(replace(CLASSIC, epochs=epochs), SPEC, train, val, seed, "cpu")
    pictures = torch.from_numpy(SPEC.tensor(val.pixels.numpy()))
    for number in range(1, epochs + 1):
        epoch = loop.run(number)
        # In training mode batch normalisation uses the means of the batch; the copy protects the
        # running averages.
        batch_means = copy.deepcopy(loop.network).train()
        with torch.no_grad():
            logits = batch_means(pictures)
        print(
            f"lr 0.1, seed {seed}, epoch {number}: train loss {epoch.train_loss:.2f}, "
            f"val loss {epoch.val_loss:.2f}, val accuracy {epoch.val_accuracy:.0%}, "
            f"with batch means {_accuracy(logits, val.targets):.0%}"
        )


def _print_over_fitting(train: Crops, val: Crops, epochs: int, seed: int = 1) -> None:
    chosen = torch.cat([torch.where(train.targets == label)[0][:10] for label in range(4)])
    x, y = torch.from_numpy(SPEC.tensor(train.pixels[chosen].numpy())), train.targets[chosen]
    v = torch.from_numpy(SPEC.tensor(val.pixels.numpy()))
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = build("simpleconv3", LABELS)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, 0.9)
    for number in range(1, epochs + 1):
        network.train()
        for batch in torch.split(torch.randperm(len(y), generator=generator), 16):
            loss = functional.cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        if number % 5 == 0:
            rows = [_measured(network, x, y), _measured(network, v, val.targets)]
            print(f"over-fitting, epoch {number}: train {rows[0]}, val {rows[1]}")


def _measured(network: nn.Module, pictures: Tensor, targets: Tensor) -> str:
    network.eval()
    with torch.no_grad():
        logits = network(pictures)
    loss = float(functional.cross_entropy(logits, targets))
    return f"loss {loss:.2f} accuracy {_accuracy(logits, targets):.0%}"


def _accuracy(logits: Tensor, targets: Tensor) -> float:
    return float((logits.argmax(1) == targets).double().mean())
