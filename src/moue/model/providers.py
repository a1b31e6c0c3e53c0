"""Where onnxruntime runs a model: on the CPU, or on an NVIDIA GPU where its build can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from moue.errors import ConfigError

if TYPE_CHECKING:
    import onnxruntime

Device: TypeAlias = Literal["cpu", "cuda", "auto"]
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def start(
    model: bytes, options: onnxruntime.SessionOptions, device: Device
) -> onnxruntime.InferenceSession:
    """Return a session on the device that is asked for; `auto` takes CUDA where it works.

    Raises:
        ConfigError: CUDA is asked for and does not work.
        ValueError: no such device.
    """
    import onnxruntime

    if device not in ("cpu", "cuda", "auto"):
        raise ValueError(f"device is cpu, cuda or auto, not {device!r}")
    there = _CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not there:
        raise ConfigError(
            "device cuda: this onnxruntime runs on the CPU only; install its build for CUDA "
            "(pip uninstall -y onnxruntime && pip install onnxruntime-gpu), or use auto or cpu"
        )
    wanted = [_CUDA, _CPU] if there and device != "cpu" else [_CPU]
    session = onnxruntime.InferenceSession(model, options, providers=wanted)
    # Where CUDA or its libraries are missing, onnxruntime falls back to the CPU without an error.
    if device == "cuda" and session.get_providers()[0] != _CUDA:
        raise ConfigError(
            "device cuda: onnxruntime cannot use CUDA here; check the driver, CUDA and cuDNN, or "
            "use auto or cpu"
        )
    return session
