"""The machine of the measurements; one thread for every library."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cv2

PACKAGES = (
    *("numpy", "opencv-python-headless", "pillow", "simplejpeg", "onnxruntime", "torch"),
    *("dlib-bin", "ImageHash"),
)


def one_thread() -> None:
    """Let OpenCV and torch use one thread; the tutorial keeps its eight loader processes."""
    cv2.setNumThreads(1)
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


def facts() -> dict[str, str]:
    """Return the facts about the machine that the numbers depend on."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "threads": "1 each; the tutorial's loader has its own 8 worker processes",
        "load at the start": load(),
    }


def load() -> str:
    """Return the load average of the last minute; above the number of cores, times are noisy."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line for line in lines if line.startswith("model name"))
        return name.split(":", 1)[1].strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
