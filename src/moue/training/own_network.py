"""Networks of the user's own: `moue train --network FILE.py:CLASS`.

moue runs the Python file, builds the class with the number of labels, and checks that it maps
(N, 3, S, S) float32 to logits (N, labels). Only training runs the file. Predictions use the ONNX
file of the run, so they never run code of a run folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from moue.errors import ConfigError, reason_of
from moue.files import absolute
from moue.model.spec import MAX_SIDE, ModelSpec
from moue.training.networks import OWN, is_own
from moue.training.recipes import Recipe

SOURCE_FILE = "network.py"
"""File in a run folder with the source of the network."""
MAX_PARAMETERS = 40_000_000
"""Maximum number of parameters; 4 bytes each must fit into an ONNX file that moue reads."""

__all__ = ["SOURCE_FILE", "OwnNetwork", "check", "is_own", "load_own"]


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """A network class from a file of the user.

    Attributes:
        path: path of the file.
        cls: the class.
        key: value of `ModelSpec.network`: file name, class and digest of the source.
        source: content of the file.
    """

    path: Path
    cls: type[nn.Module]
    key: str
    source: str

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return a recipe with this network and, if the class has them, its sizes.

        The class attribute `input_size` is the side S of the input. `resize` is the side to which
        crops are resized first; by default it keeps the ratio of the recipe.
        """
        size = self._side("input_size", recipe.input_size)
        kept = max(size, round(recipe.resize * size / recipe.input_size))
        resize = self._side("resize", min(MAX_SIDE, kept))
        if resize < size:
            raise ConfigError(f"{self.where}: resize {resize} is below input_size {size}")
        return dataclasses.replace(recipe, network=self.key, input_size=size, resize=resize)

    @property
    def where(self) -> str:
        """The class and its file, for messages."""
        return f"{self.path.name}:{self.cls.__name__}"

    def _side(self, name: str, default: int) -> int:
        value = getattr(self.cls, name, default)
        if type(value) is not int or not 1 <= value <= MAX_SIDE:
            raise ConfigError(
                f"{self.where}: {name} = {value!r} is not a whole number from 1 to {MAX_SIDE}"
            )
        return value


def load_own(setting: str) -> OwnNetwork:
    """Run the file of a setting `FILE.py:CLASS`, and register the class for `networks.build`.

    Raises:
        ConfigError: the setting has another form, the file cannot be read or run, or the class is
            not a torch module.
    """
    path, name = _parts(setting)
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"--network: {path}: no such file") from error
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--network: {path}: cannot be read: {reason_of(error)}") from error
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    key = f"own:{path.name}:{name}:{digest}"
    if key not in OWN:
        OWN[key] = _class(_run(path, source, digest), path, name)
    return OwnNetwork(path, OWN[key], key, source)


def _parts(setting: str) -> tuple[Path, str]:
    match = re.fullmatch(r"(.+\.py):([^\W\d]\w*)", setting)
    if match is None:
        raise ConfigError(f"--network {setting}: write FILE.py:CLASS, such as net.py:Net")
    if len(Path(match[1]).name) + len(match[2]) > 150:
        raise ConfigError(f"--network {setting}: the names are too long; use shorter ones")
    return absolute(Path(match[1])), match[2]


def _run(path: Path, source: str, digest: str) -> dict[str, object]:
    """Run a Python file, and return its names."""
    spec = importlib.util.spec_from_file_location(f"moue_own_network_{digest}", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses and pickle look the module up
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}") from error
    except ImportError as error:
        raise ConfigError(
            f"{path}: {error}; the file may import installed packages only, so put all parts of "
            "the network into it"
        ) from error
    except Exception as error:
        raise ConfigError(f"{path}{_line(error, path)}: {_words(error)}") from error
    return module.__dict__


def _class(names: dict[str, object], path: Path, name: str) -> type[nn.Module]:
    cls = names.get(name)
    own = [
        key for key, value in names.items()
        if isinstance(value, type) and issubclass(value, nn.Module)
        and value.__module__ == names["__name__"]
    ]  # fmt: skip
    if cls is None and own:
        raise ConfigError(f"{path}: contains no class {name}; its networks: {', '.join(own)}")
    if cls is None:
        raise ConfigError(f"{path}: contains no class {name}")
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        raise ConfigError(f"{path}: {name} is not a subclass of torch.nn.Module")
    return cls


def check(own: OwnNetwork, spec: ModelSpec) -> None:
    """Check that a network fits a spec: shapes, gradients, and one result per picture.

    Raises:
        ConfigError: the network does not keep the contract; the message names the fault.
    """
    labels, side = len(spec.labels), spec.input_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _built(own, labels)
        images = torch.randn(3, 3, side, side)
        logits = _logits(own, network.train(), images, labels)
        _check_gradients(own, network, logits)
        with torch.no_grad():
            together = _logits(own, network.eval(), images, labels)
            alone = torch.cat([_logits(own, network, image[None], labels) for image in images])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-4):
        raise ConfigError(
            f"{own.where}: in evaluation mode, the result for a picture depends on the other "
            "pictures of the batch or changes from call to call; check dimensions and dropout"
        )
    if (together >= 0).all() and torch.allclose(together.sum(1), torch.ones(3), atol=1e-4):
        raise ConfigError(
            f"{own.where}: forward returns probabilities; return the logits, without softmax, "
            "since the loss applies it"
        )


def _built(own: OwnNetwork, labels: int) -> nn.Module:
    try:
        network = own.cls(labels)
    except Exception as error:
        hint = ""
        if isinstance(error, TypeError):
            hint = "; moue calls the class with the number of labels: def __init__(self, classes)"
        elif "Module.__init__()" in str(error):
            hint = "; call super().__init__() first"
        raise ConfigError(f"{own.where}{_line(error, own.path)}: {_words(error)}{hint}") from error
    count = sum(weight.numel() for weight in network.parameters())
    if not count:
        raise ConfigError(f"{own.where}: has no parameters, so nothing can be trained")
    if count > MAX_PARAMETERS:
        raise ConfigError(
            f"{own.where}: has {count:,} parameters; the maximum is {MAX_PARAMETERS:,}"
        )
    return network


def _logits(own: OwnNetwork, network: nn.Module, images: Tensor, labels: int) -> Tensor:
    given = f"for an input of shape {tuple(images.shape)}"
    try:
        logits = network(images)
    except Exception as error:
        line = _line(error, own.path)
        raise ConfigError(f"{own.where}{line}: {given}: {_words(error)}") from error
    if not isinstance(logits, Tensor):
        raise ConfigError(f"{own.where}: forward returns {type(logits).__name__}, not a tensor")
    wanted = (len(images), labels)
    if tuple(logits.shape) != wanted:
        raise ConfigError(
            f"{own.where}: {given}, forward returns the shape {tuple(logits.shape)}; it must be "
            f"{wanted}, one logit for each label"
        )
    if logits.dtype != torch.float32 or not bool(logits.isfinite().all()):
        raise ConfigError(f"{own.where}: forward must return finite float32 numbers")
    return logits


def _check_gradients(own: OwnNetwork, network: nn.Module, logits: Tensor) -> None:
    if logits.requires_grad:
        logits.square().sum().backward()  # type: ignore[no-untyped-call]
    if not any(weight.grad is not None for weight in network.parameters()):
        raise ConfigError(
            f"{own.where}: the logits have no gradient, so nothing can be trained; do not use "
            "detach() or no_grad() in forward"
        )


def _line(error: Exception, path: Path) -> str:
    """Return the last line of the user's file in the traceback of an error, as text."""
    frames = traceback.extract_tb(error.__traceback__)
    lines: Sequence[int | None] = [f.lineno for f in frames if f.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
