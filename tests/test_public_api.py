from __future__ import annotations

import subprocess
import sys

import pytest

import moue


def test_every_public_name_is_there():
    for name in moue.__all__:
        assert getattr(moue, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_it"):
        moue.nothing_like_it  # noqa: B018


@pytest.mark.parametrize("statement", ["import moue.cli.commands", "import moue.predict"])
def test_the_core_imports_without_torch_dlib_and_av(statement):
    code = (
        "import sys\n"
        "for name in ('torch', 'dlib', 'av', 'onnx', 'tensorboard', 'pillow_heif'):\n"
        "    sys.modules[name] = None\n"
        f"{statement}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
