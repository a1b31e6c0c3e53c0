from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "src/moue/demo/pictures"


def test_a_prediction_writes_nothing_below_the_home_folder(tmp_path):
    picture = min(PICTURES.glob("*-smile.jpg"))
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))
    }
    subprocess.run(
        [sys.executable, "-m", "moue", "predict", str(picture), "--model", "mouth"],
        check=True, cwd=tmp_path, env=kept | {"HOME": str(home)}, capture_output=True, timeout=120,
    )  # fmt: skip
    assert list(home.rglob("*")) == []
