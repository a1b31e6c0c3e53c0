"""The device on which onnxruntime runs a model: the CPU or an NVIDIA GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from moue.errors import ConfigError

if TYPE_CHECKING:
    import onnxruntime

Device: TypeAlias = Literal["cpu", "cuda", "auto"]
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def start_session(
    model: bytes, options: onnxruntime.SessionOptions, device: Device
) -> onnxruntime.InferenceSession:
    """Return an onnxruntime session that runs a model on a device.

    Args:
        model: content of an ONNX file.
        options: options of the session.
        device: `cpu`, `cuda`, or `auto`, which uses CUDA if it works.

    Raises:
        ConfigError: `device` is `cuda`, but CUDA does not work.
        ValueError: the device is unknown.
    """
    import onnxruntime

    if device not in ("cpu", "cuda", "auto"):
        raise ValueError(f"device must be cpu, cuda or auto, not {device!r}")
    has_cuda = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise ConfigError(
            "device cuda: the installed onnxruntime supports only the CPU; install the CUDA build "
            "(pip uninstall -y onnxruntime && pip install onnxruntime-gpu), or use auto or cpu"
        )
    providers = [_CUDA, _CPU] if has_cuda and device != "cpu" else [_CPU]
    session = onnxruntime.InferenceSession(model, options, providers=providers)
    # Where CUDA or its libraries are missing, onnxruntime falls back to the CPU without an error.
    if device == "cuda" and session.get_providers()[0] != _CUDA:
        raise ConfigError(
            "device cuda: onnxruntime cannot use CUDA; check the GPU driver, CUDA and cuDNN, or "
            "use auto or cpu"
        )
    return session
