"""A trained model at work: mouth crops in, probabilities out. Runs without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.errors import CheckpointError, ConfigError, ModelError
from moue.model import bundled, onnx_inspection
from moue.model.providers import Device, start
from moue.model.spec import SPEC_KEY, Floats, ModelSpec
from moue.workspace.types import Image

BATCH = 256
"""The most crops that run at once."""


class Classifier:
    """A model that runs in onnxruntime.

    Attributes:
        spec: what it was trained as.
        where: it comes from, in words for people.
    """

    def __init__(
        self,
        model: bytes,
        threads: int = 1,
        where: str = "ONNX model",
        device: Device = "cpu",
    ) -> None:
        import onnxruntime

        self.spec = _checked(model, where)
        self.where = where
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = start(model, options, device)
        except ConfigError:
            raise
        except Exception as error:  # onnxruntime's own errors share no public base class
            if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
                raise  # no such device
            raise CheckpointError(f"{where}: is not a valid ONNX file") from error

    @classmethod
    def load(
        cls, model: Path | str | None = None, threads: int = 1, device: Device = "cpu"
    ) -> Classifier:
        """Return a model that ships, or that is in a run folder or a file.

        Args:
            model: a run folder, an ONNX file or the name of a bundled model; a path that exists
                wins over a name; None is the default bundled model.
            threads: that one call may use.
            device: where it runs; see `providers.start`.

        Raises:
            ConfigError: CUDA is asked for and does not work.
            ModelError: nothing there, or a shipped file is not that of its card.
            CheckpointError: not a model of ours.
        """
        card = bundled.find_model(model)
        if card is not None:
            more = "; see `moue doctor`" if card.research_only else ""
            where = f"{card.name} {card.version} ({card.terms}{more})"
            return cls(bundled.read_verified(card, bundled.ONNX), threads, where, device)
        path = Path(str(model))
        if path.is_dir():
            path = path / "model.onnx"
        if not path.is_file():
            built_in = (
                f" Built in: {', '.join(bundled.model_names())}." if bundled.model_names() else ""
            )
            raise ModelError(f"{path}: no such model.{built_in}")
        return cls(_bytes(path), threads, str(path), device)

    def probabilities(self, crops: Sequence[Image]) -> Floats:
        """Return (N, K) float32, a row for each crop, in the order of `spec.labels`.

        Args:
            crops: RGB, of any sizes; those of one size run together.
        """
        return self._batched(crops)[0]

    def logits(self, crops: Sequence[Image]) -> Floats:
        """Return (N, K) float32, before temperature and softmax."""
        return self._batched(crops)[1]

    def run(self, images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return probabilities and logits of one batch (N, H, W, 3) of equal sizes."""
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or not images.size:
            raise ValueError(f"crops are (H, W, 3) uint8, not {images.shape[1:]} {images.dtype}")
        probabilities, logits = self._session.run(["probabilities", "logits"], {"image": images})
        if not np.isfinite(probabilities).all():
            raise CheckpointError(
                f"{self.where}: the outputs are not finite numbers; the file is damaged"
            )
        return probabilities, logits

    def _batched(self, crops: Sequence[Image]) -> tuple[Floats, Floats]:
        probabilities = np.empty((len(crops), len(self.spec.labels)), np.float32)
        logits = np.empty_like(probabilities)
        for batch in _alike(crops):
            probabilities[batch], logits[batch] = self.run(np.stack([crops[i] for i in batch]))
        return probabilities, logits


def _alike(crops: Sequence[Image]) -> Iterator[list[int]]:
    """Yield the indices of crops of one shape, at most `BATCH` at once.

    The graph resizes a batch of any one shape. Resizing in numpy first, to bring all to one, gives
    the same bits, but its BLAS may start threads, for which small products wait on a busy machine.
    """
    shapes: dict[tuple[int, ...], list[int]] = {}
    for index, crop in enumerate(crops):
        shapes.setdefault(crop.shape, []).append(index)
    for indices in shapes.values():
        for first in range(0, len(indices), BATCH):
            yield indices[first : first + BATCH]


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > onnx_inspection.MAX_BYTES:
        raise CheckpointError(f"{path}: has {size:,} bytes, which is not the size of a moue model")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _checked(model: bytes, where: str) -> ModelSpec:
    """Return the spec of an ONNX file, once it is known to be a graph that moue exports."""
    try:
        parsed = onnx_inspection.parse(model)
        if SPEC_KEY not in parsed.metadata:
            raise onnx_inspection.Unknown("it holds no model spec")
        spec = ModelSpec.from_json(parsed.metadata[SPEC_KEY], where)
        onnx_inspection.check(parsed, spec)
    except onnx_inspection.Unknown as error:
        raise CheckpointError(f"{where}: is not an ONNX file exported by moue: {error}") from error
    return spec
