"""Build the files of a release in `dist/`, twice, and check them.

The wheels and the source archives must have the same bytes both times, contain what they need and
nothing else. `dist/` also gets a bill of materials (CycloneDX) and a list of all licences of the
dependencies, from a fresh environment with the new wheel. Needs the extra `release`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PICTURES = ROOT / "src/moue/demo/pictures"
DEMO = ROOT / "packages/demo-pictures"
EPOCH = "1577836800"
"""Time of all files in the archives, 2020-01-01: the bytes do not depend on the clock."""
NEEDED = (
    "moue/py.typed", "moue/model/bundled/mouth.onnx", "moue/model/bundled/face_detector/faces.onnx",
    "moue/export/page/moue.js", "moue/studio/static/app.js", "moue/studio/static/locale/zh.json",
)  # fmt: skip
MAX_WHEEL = 27_000_000
"""Maximum size of the wheel of moue, in bytes: 22 MB are networks; the demo pictures, 8 MB, must
not be in it."""

KNOWN = {"protobuf": "BSD-3-Clause"}
"""Licences of packages whose metadata have them only as a file."""


def main() -> None:
    """Build and check everything."""
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        build(DIST)
        build(Path(folder))
        same = {path.name: digest(path) == digest(Path(folder) / path.name) for path in files()}
    if not all(same.values()):
        raise SystemExit(f"not reproducible: {[name for name, equal in same.items() if not equal]}")
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, files()))
    check_wheel(next(DIST.glob("moue-*.whl")))
    check_archive(next(DIST.glob("moue-*.tar.gz")))
    write_materials(next(DIST.glob("moue-*.whl")))
    lines = [f"{digest(path)}  {path.name}" for path in sorted(DIST.iterdir())]
    (DIST / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def build(target: Path) -> None:
    """Build wheel and source archive of both packages in `target`."""
    module = DEMO / "moue_demo_pictures"
    shutil.rmtree(module, ignore_errors=True)
    shutil.copytree(PICTURES, module)
    (module / "__init__.py").write_text('"""The generated pictures of `moue demo`."""\n')
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    for source in (ROOT, DEMO):
        line = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target)]
        subprocess.run([*line, str(source)], check=True, env=environment, stdout=sys.stderr)
    shutil.rmtree(module)


def files() -> list[Path]:
    """Return the built archives."""
    return sorted(path for path in DIST.iterdir() if path.suffix in (".whl", ".gz"))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_wheel(path: Path) -> None:
    """Check that a wheel has the needed files, no others, and no pictures of the demo."""
    names = zipfile.ZipFile(path).namelist()
    missing = set(NEEDED) - set(names)
    foreign = [n for n in names if not n.startswith(("moue/", "moue-"))]
    pictures = [n for n in names if n.startswith("moue/demo/pictures/") and n.endswith(".jpg")]
    if missing or foreign or pictures or path.stat().st_size > MAX_WHEEL:
        raise SystemExit(
            f"{path.name}: missing {missing}, foreign {foreign[:5]}, {len(pictures)} demo "
            f"pictures, {path.stat().st_size:,} bytes of at most {MAX_WHEEL:,}"
        )


def check_archive(path: Path) -> None:
    """Check that a source archive has the code, the tests, and no files of this computer."""
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for needed in ("pyproject.toml", "src/moue/__init__.py", "tests/conftest.py", "LICENSE"):
        if needed not in names:
            raise SystemExit(f"{path.name}: {needed} is missing")
    caches = [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    if caches:
        raise SystemExit(f"{path.name}: contains {caches[:3]}")


def write_materials(wheel: Path) -> None:
    """Write the bill of materials and the licences of a fresh environment with the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = next(path for path in Path(folder).glob("*/python*") if path.is_file())
        constraints = str(ROOT / "constraints.txt")
        run(str(python), "-m", "pip", "install", "-q", "-c", constraints, str(wheel))
        sbom = DIST / "sbom.cdx.json"
        run(
            sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--of", "JSON",
            "--output-reproducible", "-o", str(sbom),
        )  # fmt: skip
    components = json.loads(sbom.read_text(encoding="utf-8"))["components"]
    lines = sorted(f"{c['name']} {c['version']}: {licence(c)}" for c in components)
    (DIST / "LICENSES.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    unknown = [line for line in lines if line.endswith(": unknown")]
    forbidden = [line for line in lines if "AGPL" in line or line.startswith("torchvision ")]
    if unknown or forbidden:
        raise SystemExit(f"licences: unknown {unknown}, forbidden {forbidden}")


def licence(component: dict) -> str:
    """Return the licences of a component of the bill of materials."""
    found = [
        entry.get("expression") or entry["license"].get("id") or entry["license"].get("name")
        for entry in component.get("licenses", [])
    ]
    # Classifiers name a licence in words; a full text is too long for a list.
    names = [name.rpartition(" :: ")[2] for name in found if name and len(name) < 120]
    return " / ".join(dict.fromkeys(names)) or KNOWN.get(component["name"], "unknown")


def run(*line: str) -> None:
    """Run a command; its failure ends the program."""
    subprocess.run(line, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    importlib.metadata.version("cyclonedx-bom")  # fails before the build if the extra is missing
    main()
