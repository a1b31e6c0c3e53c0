"""The mouth classifier, which maps mouth crops to label probabilities with onnxruntime."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from moue.errors import CheckpointError, ConfigError, ModelError
from moue.model import bundled, onnx_inspection
from moue.model.features import with_feature_output
from moue.model.licence import Licence
from moue.model.providers import Device, start_session
from moue.model.spec import SPEC_KEY, Floats, ModelSpec
from moue.workspace.types import Image

if TYPE_CHECKING:
    import onnxruntime

BATCH = 256
"""Maximum number of crops per batch."""
SMALL_INPUT = 64
"""Maximum side of a network input that `BATCH` applies to, in pixels."""


class Classifier:
    """A mouth classifier that runs in onnxruntime.

    Args:
        model: content of an ONNX file that moue exported.
        threads: number of CPU threads.
        where: path or name of the model, used in error messages.
        device: device that runs the model: `cpu`, `cuda`, or `auto`, which uses CUDA if it works.
        verified: True for a bundled model, whose SHA-256 was verified. Its graph may then differ
            from those that moue exports.

    Attributes:
        spec: spec of the model: preprocessing, labels and thresholds.
        where: path or name of the model, used in error messages.
        content: content of the ONNX file.
    """

    def __init__(
        self,
        model: bytes,
        threads: int = 1,
        where: str = "ONNX model",
        device: Device = "cpu",
        verified: bool = False,
    ) -> None:
        self.spec = _spec(model, where) if verified else _checked(model, where)
        self.where = where
        self.content = model
        self._threads, self._device, self._verified = threads, device, verified
        try:
            self._session = self._start(model)
        except (ConfigError, ImportError):
            raise
        except Exception as error:  # onnxruntime's own errors share no public base class
            if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
                raise  # an unknown device
            raise CheckpointError(f"{where} is not a valid ONNX file") from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the model as its content, so that other machines need no file of it."""
        arguments = (self.content, self._threads, self.where, self._device, self._verified)
        return type(self), arguments

    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        threads: int = 1,
        device: Device = "cpu",
        licence: Licence = "any",
    ) -> Classifier:
        """Load a bundled model, the model of a run, or an ONNX file.

        Args:
            model: run folder, ONNX file or name of a bundled model; an existing path takes
                precedence over a name. None selects the default bundled model.
            threads: number of CPU threads.
            device: device that runs the model: `cpu`, `cuda`, or `auto`, which uses CUDA if it
                works.
            licence: `free` rejects bundled models that are not free for any use, and copies of
                their files.

        Raises:
            ConfigError: `device` is `cuda`, but CUDA does not work.
            ModelError: the model does not exist, the file of a bundled model fails its checksum,
                or `licence` does not allow the model.
            CheckpointError: the file is not an ONNX file that moue exported.
        """
        card = bundled.find_model(model, licence)
        if card is not None:
            hint = "; see `moue doctor`" if card.research_only else ""
            where = f"{card.name} {card.version} ({card.terms}{hint})"
            data = bundled.read_verified(card, bundled.ONNX)
            return cls(data, threads, where, device, verified=True)
        path = Path(str(model))
        if path.is_dir():
            path = path / "model.onnx"
        if not path.is_file():
            raise ModelError(f"{path}: no such model.{bundled.names_hint()}")
        data = _read_file(path)
        bundled.check_file(data, str(path), licence)
        return cls(data, threads, str(path), device)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the ONNX file, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    def probabilities(self, crops: Sequence[Image]) -> Floats:
        """Return the probabilities of mouth crops, (N, K) float32, in the order of `spec.labels`.

        Args:
            crops: (H, W, 3) uint8 RGB crops of any sizes; crops of equal size run in one batch.
        """
        return self._batched(crops)[0]

    def logits(self, crops: Sequence[Image]) -> Floats:
        """Return the logits of mouth crops, (N, K) float32, before temperature and softmax."""
        return self._batched(crops)[1]

    def features(self, crops: Sequence[Image]) -> Floats:
        """Return the penultimate features of mouth crops, (N, F) float32; see `model.features`.

        Args:
            crops: (H, W, 3) uint8 RGB crops of any sizes; crops of equal size run in one batch.
        """
        session, name = self._feature_session
        rows: dict[int, Floats] = {}
        for batch in _batches(crops, self._batch):
            (values,) = session.run([name], {"image": np.stack([crops[i] for i in batch])})
            rows |= zip(batch, values, strict=True)
        return np.array([rows[i] for i in range(len(crops))], np.float32)

    def run(self, images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return the probabilities and the logits of one batch of crops, both (N, K) float32.

        Args:
            images: (N, H, W, 3) uint8 RGB crops.

        Raises:
            ValueError: the array has another shape or dtype, or is empty.
            CheckpointError: the model gives NaN or infinite probabilities.
        """
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or not images.size:
            raise ValueError(
                f"crops must be (H, W, 3) uint8, not {images.shape[1:]} {images.dtype}"
            )
        probabilities, logits = self._session.run(["probabilities", "logits"], {"image": images})
        # All weights are finite, but large ones can still overflow in a sum.
        if not np.isfinite(probabilities).all():
            raise CheckpointError(
                f"{self.where}: the model gives NaN or infinite probabilities, so it is damaged; "
                "train it again"
            )
        return probabilities, logits

    @cached_property
    def _feature_session(self) -> tuple[onnxruntime.InferenceSession, str]:
        model, name = with_feature_output(self.content)
        return self._start(model), name

    def _start(self, model: bytes) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        # The graph is a chain of layers, so no two of them can run at the same time.
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return start_session(model, options, self._device)

    def _batched(self, crops: Sequence[Image]) -> tuple[Floats, Floats]:
        probabilities = np.empty((len(crops), len(self.spec.labels)), np.float32)
        logits = np.empty_like(probabilities)
        for batch in _batches(crops, self._batch):
            probabilities[batch], logits[batch] = self.run(np.stack([crops[i] for i in batch]))
        return probabilities, logits

    @property
    def _batch(self) -> int:
        # Networks with large inputs need much memory per crop.
        return max(1, BATCH * SMALL_INPUT**2 // max(SMALL_INPUT, self.spec.input_size) ** 2)


def _batches(crops: Sequence[Image], most: int) -> Iterator[list[int]]:
    """Yield the indices of crops of equal shape, at most `most` at once.

    The ONNX graph resizes a batch of equal shape. Resizing all crops in numpy first would give
    the same bits, but is slower: numpy's BLAS may start threads, and small products wait for them.
    """
    shapes: dict[tuple[int, ...], list[int]] = {}
    for index, crop in enumerate(crops):
        shapes.setdefault(crop.shape, []).append(index)
    for indices in shapes.values():
        for first in range(0, len(indices), most):
            yield indices[first : first + most]


def _read_file(path: Path) -> bytes:
    size = path.stat().st_size
    if size > onnx_inspection.MAX_BYTES:
        raise CheckpointError(f"{path}: is too large for a moue model: {size:,} bytes")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _spec(model: bytes, where: str) -> ModelSpec:
    """Return the spec of the ONNX file of a bundled model, whose graph needs no check."""
    return ModelSpec.from_json(onnx_inspection.metadata(model)[SPEC_KEY], where)


def _checked(model: bytes, where: str) -> ModelSpec:
    """Return the spec of an ONNX file, after checking that its graph is one that moue exports."""
    try:
        parsed = onnx_inspection.parse(model)
        if SPEC_KEY not in parsed.metadata:
            raise onnx_inspection.UnsupportedGraph("the metadata contains no model spec")
        spec = ModelSpec.from_json(parsed.metadata[SPEC_KEY], where)
        onnx_inspection.check(parsed, spec)
    except onnx_inspection.UnsupportedGraph as error:
        raise CheckpointError(
            f"{where}: is not an ONNX file that moue exported: {error}"
        ) from error
    return spec
