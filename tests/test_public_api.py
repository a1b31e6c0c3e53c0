from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys

import pytest

import moue
from documentation.markdown_blocks import ENGLISH, ROOT, blocks
from documentation.markdown_blocks import name as page_name

PAGES = [*ENGLISH, *ROOT.glob("README.*.md"), *sorted((ROOT / "docs" / "zh").rglob("*.md"))]


def test_every_public_name_exists():
    for name in moue.__all__:
        assert getattr(moue, name) is not None


def test_all_public_modules_list_their_names():
    for module in moue._MODULES:
        assert set(moue._MODULES[module]) <= set(importlib.import_module(module).__all__)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_docs_use_only_public_names(page):
    for block in blocks(page):
        if block.language == "python":
            for node in ast.walk(ast.parse(block.code)):
                if isinstance(node, ast.Import):
                    assert not [a.name for a in node.names if a.name.startswith("moue.")]
                elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moue"):
                    assert node.module == "moue"
                    assert {a.name for a in node.names} <= set(moue.__all__)


def test_the_docs_use_the_public_names():
    code = "".join(block.code for page in PAGES for block in blocks(page))
    assert "from moue import" in code


def test_the_reference_describes_all_public_names():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^::: moue\.(.*)$", page, re.MULTILINE))
    assert described == set(moue.__all__) - {"LABELS", "__version__"}


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
