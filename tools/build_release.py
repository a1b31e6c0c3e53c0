"""Build the files of a release in `dist/`, twice, and check them.

The wheels and the source archives must have the same bytes both times, contain what they need and
nothing else. `dist/` also gets a bill of materials (CycloneDX) of a fresh environment with the new
wheel, and the licences of all dependencies, those of the extras too. Needs the extra `release`.
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

EXTRAS = "all,demo,ray,keys"
"""Extras of users; the others are for the work on moue itself."""


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
    """Write the bill of materials of the wheel, and the licences of all dependencies."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder)
        python = next(path for path in Path(folder).glob("*/python*") if path.is_file())
        install(str(wheel), "--python", str(python))
        run(
            sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--of", "JSON",
            "--output-reproducible", "-o", str(DIST / "sbom.cdx.json"),
        )  # fmt: skip
    core, whole = licences(str(wheel)), licences(f"{wheel}[{EXTRAS}]")
    more = {name: text for name, text in whole.items() if name not in core}
    lines = [
        "Always installed:", *map(": ".join, core.items()), "",
        f"Also installed by the extras {EXTRAS}:", *map(": ".join, more.items()),
    ]  # fmt: skip
    (DIST / "LICENSES.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    unknown = [line for line in lines if line.endswith(": unknown")]
    forbidden = [line for line in lines if "AGPL" in line or line.startswith("torchvision ")]
    if unknown or forbidden:
        raise SystemExit(f"licences: unknown {unknown}, forbidden {forbidden}")


def licences(requirement: str) -> dict[str, str]:
    """Return the licence of each package that a requirement would install, by name and version."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        install(requirement, "--dry-run", "--ignore-installed", "--report", str(report))
        packages = [one["metadata"] for one in json.loads(report.read_text("utf-8"))["install"]]
    found = {f"{one['name']} {one['version']}": licence(one) for one in packages}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def licence(metadata: dict) -> str:
    """Return the licences in the metadata of a package."""
    if metadata.get("license_expression"):
        return str(metadata["license_expression"])
    kinds = [kind for kind in metadata.get("classifier", []) if kind.startswith("License ::")]
    text = metadata.get("license", "").strip()
    if kinds:
        return " / ".join(kind.rpartition(" :: ")[2] for kind in kinds)
    return text if text and len(text) < 120 else "unknown"  # some packages give the full text


def install(requirement: str, *flags: str) -> None:
    """Call `pip install` with the pinned versions and the packages in `dist/`.

    Args:
        requirement: package to install.
        flags: further flags; `--python` and its value come first.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    chosen, flags = (flags[:2], flags[2:]) if flags[0] == "--python" else ((), flags)
    constraints = str(ROOT / "constraints.txt")
    found = ["--find-links", str(DIST), "--constraint", constraints]
    run(*pip, *chosen, "install", *flags, *found, requirement)


def run(*line: str) -> None:
    """Run a command; its failure ends the program."""
    subprocess.run(line, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    importlib.metadata.version("cyclonedx-bom")  # fails before the build if the extra is missing
    main()
