"""Install the wheel in `dist/` in a clean environment of each given Python, and use it.

    python tools/try_release.py python3.11 python3.12 python3.13

Each environment gets only the wheel and its dependencies. It predicts a picture, exports the web
page if `--runtime FILE` is given, and is told what an absent extra needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "src/moue/demo/pictures/face-002-smile.jpg"


def main() -> None:
    """Try the wheel with each Python."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="+", help="Python interpreters")
    parser.add_argument("--runtime", type=Path, help="npm package of onnxruntime-web")
    arguments = parser.parse_args()
    wheel = next((ROOT / "dist").glob("moue-*.whl"))
    for python in arguments.pythons:
        with tempfile.TemporaryDirectory() as folder:
            try_wheel(python, wheel, Path(folder), arguments.runtime)


def try_wheel(python: str, wheel: Path, folder: Path, runtime: Path | None) -> None:
    """Install a wheel in a new environment below `folder`, and use it there."""
    run(folder, python, "-m", "venv", "env")
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(folder, *pip, str(wheel))
    moue = str(programs / "moue")
    version = run(folder, str(programs / "python"), "--version").stdout.strip()
    (face,) = json.loads(run(folder, moue, "predict", "--json", str(PICTURE)).stdout)["faces"]
    if face["label"] != "smile":
        raise SystemExit(f"{version}: predicts {face['label']} instead of smile")
    if runtime is not None:
        run(folder, moue, "export", "--web", "page", "--runtime", str(runtime.absolute()))
    demo = run(folder, moue, "demo", "demo", expected=1)
    if "extra" not in demo.stderr or "Traceback" in demo.stderr:
        raise SystemExit(f"{version}: moue demo does not name the missing extra: {demo.stderr}")
    print(f"{version}: {wheel.name} works")


def run(folder: Path, *line: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; end the program if it has another exit code than expected."""
    done = subprocess.run(line, check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode != expected:
        raise SystemExit(
            f"{' '.join(line)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done


if __name__ == "__main__":
    main()
