"""Rebuild the JavaScript libraries in `src/moue/studio/static/vendor`, or compare them.

The only step of the project that needs Node. It installs the packages below into a temporary
folder and bundles them with esbuild. `--check` compares the result with the committed files byte
for byte and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "src/moue/studio/static/vendor"
PACKAGES = {
    "preact": "11.2.0",
    "htm": "3.1.1",
    "@preact/signals": "2.11.4",
    "@preact/signals-core": "1.14.5",
    "uplot": "1.6.32",
}
"""Version of each bundled npm package. Each contains its licence in a file `LICENSE`."""
ESBUILD = "0.28.2"
PREACT = """\
import { h } from "preact";
import htm from "htm";
export {
  Component, Fragment, cloneElement, createContext, createRef, h, options, render,
} from "preact";
export * from "preact/hooks";
export {
  batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from "@preact/signals";
export const html = htm.bind(h);
"""
UPLOT = 'export { default } from "uplot";\n'
SOURCES = {"preact.js": PREACT, "uplot.js": UPLOT}


def build(folder: Path) -> dict[str, bytes]:
    """Install the packages into `folder` and return the content of each vendored file by name."""
    package = {"private": True, "dependencies": PACKAGES, "devDependencies": {"esbuild": ESBUILD}}
    package["overrides"] = {"@preact/signals-core": PACKAGES["@preact/signals-core"]}
    (folder / "package.json").write_text(json.dumps(package))
    _run(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    modules = folder / "node_modules"
    files = {}
    for name, source in SOURCES.items():
        (folder / name).write_text(source)
        files[name] = _esbuild(folder, name, "--bundle", "--format=esm")
    files["uplot.css"] = _esbuild(folder, str(modules / "uplot/dist/uPlot.min.css"))
    files["LICENSES"] = "\n".join(_licence(modules, name) for name in PACKAGES).encode()
    return files


def _esbuild(folder: Path, source: str, *options: str) -> bytes:
    target = folder / "built"
    _run(
        folder, "node_modules/.bin/esbuild", source, *options, "--minify", "--target=es2022",
        "--legal-comments=none", "--log-level=warning", f"--outfile={target}",
    )  # fmt: skip
    return target.read_bytes()


def _licence(modules: Path, name: str) -> str:
    text = (modules / name / "LICENSE").read_text(encoding="utf-8").strip()
    return f"{name} {PACKAGES[name]}\n{'=' * 72}\n{text}\n"


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True)


def main() -> int:
    """Write the vendored files, or compare them; return 1 if a file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder))
    different = 0
    for name, content in files.items():
        path = VENDOR / name
        if check and (not path.is_file() or path.read_bytes() != content):
            print(f"{path}: differs from its packages; run `python tools/vendor_bundle.py`")
            different = 1
        elif not check:
            VENDOR.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{name}: {len(content):,} bytes")
    return different


if __name__ == "__main__":
    sys.exit(main())
