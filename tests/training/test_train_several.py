"""`moue train --seeds --folds --recipes` trains every combination once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from drawing import save
from moue.cli import main

SHADES = {"none": 40, "smile": 120, "open": 210}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A workspace whose collected crops are split."""
    folder = tmp_path_factory.mktemp("several")
    chance = np.random.default_rng(3)
    for label, shade in SHADES.items():
        for number in range(12):
            noise = chance.integers(-35, 36, (60, 60, 3))
            picture = np.clip(shade + noise, 0, 255).astype(np.uint8)
            save(folder / "raw" / label / f"{number}.png", picture)
    call = ["run", folder / "raw", "-w", folder / "w", "--kind", "mouth", "--until", "split"]
    assert main([str(a) for a in call]) == 0
    return folder / "w"


def several(project, capsys, *more):
    capsys.readouterr()
    assert main(["train", "-w", str(project), "--epochs", "1", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_every_combination_is_trained_once(project, capsys):
    options = ["--seeds", "0-1", "--folds", "2", "--recipes", "fast"]
    first = several(project, capsys, *options)
    runs = first["result"]["trainings"]
    assert first["done"] == 4
    assert sorted((run["seed"], run["fold"]) for run in runs) == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert len({run["val pictures"] + run["train pictures"] for run in runs}) == 1
    (row,) = first["tables"]["trainings"]
    assert row["trainings"] == 4
    assert row["mean val accuracy"].endswith("%")
    assert not (project / "runs").exists()
    again = several(project, capsys, *options)
    assert again["done"] == 0
    assert again["result"] == first["result"]
    assert several(project, capsys, *options[:1], "0-2", *options[2:])["done"] == 2


@pytest.mark.slow
@pytest.mark.cluster
def test_a_cluster_gives_the_results_of_one_process(project, capsys, tmp_path):
    pytest.importorskip("ray")
    options = ["--seeds", "5,6", "--recipes", "fast"]
    alone = several(project, capsys, *options)["result"]
    report = project / "reports" / "trainings.json"
    report.rename(tmp_path / "trainings.json")
    there = several(project, capsys, *options, "--on", "ray")
    assert there["done"] == 2
    assert there["result"] == alone


@pytest.mark.parametrize(
    ("options", "text"),
    [(["--seeds", "a"], "not a list of seeds"), (["--seeds", "4-1"], "0 seeds"),
     (["--seeds", "1,0-99999999999"], "contains 100000000001 seeds; use 1 to 1000"),
     (["--recipes", "fats"], "unknown recipe 'fats'"), (["--folds", "1"], "--folds")],
)  # fmt: skip
def test_wrong_lists_are_usage_errors(options, text, tmp_path, capsys):
    assert main(["train", "-w", str(tmp_path), *options]) == 2
    assert text in capsys.readouterr().err
