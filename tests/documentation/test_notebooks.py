"""The notebooks are up to date, equal in both languages, and run with their checks."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
sys.path.append(str(ROOT / "docs"))

import notebooks  # noqa: E402


def cells(path, kind):
    data = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in data["cells"] if cell["cell_type"] == kind]


def test_the_notebooks_are_those_of_the_sources():
    assert len(NOTEBOOKS) == 8
    for path, text in notebooks.targets().items():
        assert path.read_text(encoding="utf-8") == text, path.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_both_languages_have_the_same_code_and_as_many_texts(path):
    chinese = path.parent / "zh" / path.name
    assert cells(path, "code") == cells(chinese, "code")
    english_texts, chinese_texts = cells(path, "markdown"), cells(chinese, "markdown")
    assert len(english_texts) == len(chinese_texts)
    assert all(re.search("[一-鿿]", text) for text in chinese_texts)
    assert not any(re.search("[一-鿿]", text) for text in english_texts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_checks_its_results_and_stores_no_output(path):
    assert any("assert " in code for code in cells(path, "code"))
    data = json.loads(path.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in data["cells"])
    assert "torchvision" not in "".join(cells(path, "code"))


def test_the_program_from_bare_torch_is_short_and_uses_no_moue():
    (program,) = [
        code
        for code in cells(ROOT / "examples/05-simpleconv3-from-scratch.ipynb", "code")
        if "class SimpleConv3" in code
    ]
    lines = [line for line in program.splitlines() if line.strip() and '"""' not in line]
    assert len(lines) <= 66
    assert "moue" not in program


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs_and_its_checks_hold(path, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("torch")
    # The kernel is another process: it must find this moue and its own files.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)]))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "work").mkdir()
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path / "work")}}
    )
    client.execute()  # raises for a failed check
