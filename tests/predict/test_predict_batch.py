from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.engine import LocalEngine
from moue.face.backends import FaceSettings
from moue.media.image import read_image, resize_to_fit
from moue.predict.batch import BatchItem, PredictorConfig, predict_files


def call(*arguments):
    return main([str(a) for a in arguments])


def test_an_annotated_picture_is_decoded_once(model, photo, tmp_path, monkeypatch):
    import simplejpeg

    decoded = []
    decode = simplejpeg.decode_jpeg

    def counting(data, colorspace="RGB", **more):
        decoded.append(colorspace)
        return decode(data, colorspace, **more)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", counting)
    assert call("predict", photo, "--model", model, "--annotated", tmp_path / "out") == 0
    assert decoded.count("RGB") == 1


@pytest.fixture(scope="module")
def many(photo, tmp_path_factory):
    """Enough files for worker processes; some are damaged, one is a video."""
    folder = tmp_path_factory.mktemp("many")
    small = resize_to_fit(read_image(photo), 160)
    for number in range(40):
        path = folder / f"{number:03d}.jpg"
        if number % 9 == 4:
            path.write_bytes(b"\xff\xd8\xff broken" if number % 2 else b"")
        elif number == 20:
            shutil.copy(_clip(folder / "clip.mp4", small), path)
            (folder / "clip.mp4").unlink()
        else:
            save(path, small if number % 3 else drawn(number, 40, 60))
    return folder


def _clip(path, image):
    pytest.importorskip("av")
    from moue.media.video import write_video

    with write_video(path) as add:
        for number in range(2):
            add(image, number / 5)
    return path


def test_workers_give_the_same_results_in_order(model, many, tmp_path, capsys):
    printed, copies = [], []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        assert call("predict", many, "-m", model, "--json", "--annotated", out,
                    "--backend", "haar", "--workers", workers) == 0  # fmt: skip
        printed.append(capsys.readouterr().out)
        copies.append({p.name: p.read_bytes() for p in out.iterdir() if p.suffix == ".jpg"})
    assert printed[0] == printed[1]
    assert copies[0] == copies[1]
    lines = [json.loads(line) for line in printed[1].splitlines()]
    assert [line["file"] for line in lines] == sorted(line["file"] for line in lines)
    assert len(lines) == 41
    assert sum(line["error"] is not None for line in lines) == 4
    assert sum(len(line["faces"]) for line in lines) > 20


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has such a file")
def test_an_unreadable_file_does_not_stop_the_others(model, photo, capsys):
    assert call("predict", "/proc/self/mem", photo, "-m", model, "--json") == 0
    bad, good = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert bad["error"]
    assert good["faces"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other terminals")
def test_a_terminal_shows_results_and_a_progress_bar(model, photo):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "moue", "predict", str(photo), "-m", str(model)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux tells that the other side is closed
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert photo.name.encode() in shown.replace(b"\r\n", b"")
    assert b"1/1" in shown


def test_results_are_available_before_the_end(model, photo, capsys):
    taken = []

    def sources():
        for number in range(500):
            taken.append(number)
            yield BatchItem(photo)

    results = predict_files(
        sources(), PredictorConfig(model, FaceSettings(backend="haar")), LocalEngine(1), 500
    )
    next(results)
    assert len(taken) < 10


def test_without_a_readable_file_the_exit_code_is_1(model, photo, tmp_path, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    assert call("predict", broken, "--model", model, "--json") == 1
    out, err = capsys.readouterr()
    assert "not_an_image" in json.loads(out)["error"]
    assert err.splitlines()[-1].startswith("moue: no file could be read: not_an_image")
    assert call("predict", broken, photo, "--model", model) == 0
    (tmp_path / "nothing").mkdir()
    assert call("predict", tmp_path / "nothing", "--model", model) == 1
