"""Every form in which a picture may be given shows the same; what cannot be used is named."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import onnxruntime
import PIL.Image
import pytest

from drawing import drawn
from moue import Predictor
from moue.cli import main
from moue.demo.raw_folder import demo_pictures
from moue.errors import ConfigError, ImageError, SourceError
from moue.media.image import read_image
from moue.predict.inputs import open_picture


@pytest.fixture(scope="module")
def photo():
    return next(demo_pictures()).path


@pytest.fixture(scope="module")
def predictor(model):
    return Predictor.load(model)


def forms(photo):
    data = photo.read_bytes()
    return {
        "path": photo,
        "text": str(photo),
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "file": io.BytesIO(data),
        "Pillow": PIL.Image.open(io.BytesIO(data)),
        "array": read_image(photo),
    }


def shown(faces):
    return [(face.label, round(face.probability, 2)) for face in faces]


def test_every_input_type_gives_the_same_result(predictor, photo):
    expected = shown(predictor.predict(photo))
    assert len(expected) == 1
    for name, form in forms(photo).items():
        assert shown(predictor.predict(form)) == expected, name
    for name, form in forms(photo).items():
        assert shown(predictor(form)) == expected, name
    for name, form in forms(photo).items():
        result = predictor.predict_file(form)
        assert shown(result.faces) == expected, name
        assert result.error is None
        assert result.file


def test_a_result_is_named_after_its_input(predictor, photo):
    assert predictor.predict_file(str(photo)).file == str(photo)
    assert predictor.predict_file(photo.read_bytes()).file == "<bytes>"
    with photo.open("rb") as file:
        assert predictor.predict_file(file).file == str(photo)
        assert not file.closed


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1)])
def test_grey_pixels_are_taken(shape):
    grey = np.arange(40 * 60).astype(np.uint8).reshape(shape)
    rgb = open_picture(grey).rgb()
    assert rgb.shape == (40, 60, 3)
    assert (rgb == grey.reshape(40, 60, 1)).all()


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA", "I;16", "F"])
def test_pillow_pictures_of_any_mode_are_taken(mode):
    image = PIL.Image.fromarray(drawn(2, 30, 50))
    image = PIL.Image.new(mode, (50, 30)) if mode == "I;16" else image.convert(mode)
    assert open_picture(image).rgb().shape == (30, 50, 3)


def test_a_pillow_picture_is_rotated_as_a_copy():
    stored = io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(drawn(3, 30, 50)).save(stored, "PNG", exif=exif)
    image = PIL.Image.open(stored)
    upright = open_picture(image).rgb()
    assert upright.shape == (50, 30, 3)
    assert (upright == open_picture(stored.getvalue()).rgb()).all()
    assert image.size == (50, 30)


def test_a_pillow_picture_with_damaged_pixels_is_an_image_error(photo):
    image = PIL.Image.open(io.BytesIO(photo.read_bytes()[:2000]))
    with pytest.raises(ImageError, match="unreadable"):
        open_picture(image)


@pytest.mark.parametrize(
    ("pixels", "hint"),
    [
        (np.zeros((4, 4, 3), np.float32), r"float32; scale the values to 0\.\.255"),
        (np.zeros((4, 4, 3), np.uint16), r"uint16; scale"),
        (np.zeros((4, 4, 4), np.uint8), "remove the alpha channel"),
        (np.zeros((3, 40, 40), np.uint8), "move the colour channels to the last axis"),
        (np.zeros((2, 4, 4, 3), np.uint8), "one by one"),
        (np.zeros((0, 4, 3), np.uint8), "the array is empty"),
        (np.zeros(4, np.uint8), r"got \(4,\)"),
    ],
)
def test_pixels_of_another_shape_or_type_are_refused(predictor, pixels, hint):
    for call in (predictor.predict, predictor, predictor.predict_file):
        with pytest.raises(ValueError, match=hint):
            call(pixels)


def test_another_type_is_a_type_error(predictor, photo):
    with pytest.raises(TypeError, match="got int"):
        predictor.predict(3)
    with pytest.raises(TypeError, match="got NoneType"):
        predictor.predict_file(None)
    with pytest.raises(TypeError, match="binary mode"):
        predictor.predict(io.StringIO("text"))


def test_bytes_beyond_the_limit_are_not_decoded(model, photo):
    small = Predictor.load(model, max_bytes=1000)
    for form in (photo, photo.read_bytes(), io.BytesIO(photo.read_bytes())):
        with pytest.raises(ImageError, match="too_large"):
            small.predict(form)


def test_a_url_is_refused_with_advice(predictor, capsys):
    with pytest.raises(SourceError, match="is a URL"):
        predictor.predict("http://127.0.0.1:9/a.jpg")
    assert "is a URL" in predictor.predict_file("https://127.0.0.1:9/a.jpg").error
    assert main(["predict", "http://127.0.0.1:9/a.jpg"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].endswith("use `moue live` for a stream")


def run(*arguments, stdin):
    command = [sys.executable, "-m", "moue", *(str(a) for a in arguments)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, input=stdin, capture_output=True, env=env, check=False)


def test_a_picture_on_standard_input_is_predicted(model, photo, tmp_path):
    table, folder = tmp_path / "a.csv", tmp_path / "out"
    done = run("predict", "-", photo, "-m", model, "--json", "--csv", table, "--annotated", folder,
               stdin=photo.read_bytes())  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["file"], second["file"]) == ("-", str(photo))
    assert first["faces"] == second["faces"]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["file"] for row in rows] == ["-", str(photo)]
    for name in ("opening", "width", "smile_left", "smile_right", "pucker"):
        assert float(rows[0][name]) == first["faces"][0]["measures"][name]
    assert (folder / "stdin.jpg").is_file()


def test_standard_input_without_a_picture_is_an_error(model):
    done = run("predict", "-", "-m", model, stdin=b"no picture")
    assert done.returncode == 1
    assert b"not_an_image" in done.stdout
    assert b"Traceback" not in done.stderr


def test_measures_are_none_without_landmarks(model, photo, tmp_path):
    table = tmp_path / "a.csv"
    assert main([str(a) for a in ("predict", photo, "-m", model, "--backend", "haar",
                                  "--csv", table)]) == 0  # fmt: skip
    (row,) = csv.DictReader(table.read_text().splitlines())
    assert row["pucker"] == row["opening"] == ""


needs_no_cuda = pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="onnxruntime has CUDA"
)


@needs_no_cuda
def test_a_missing_device_is_named(model, photo, capsys):
    with pytest.raises(ConfigError, match="onnxruntime-gpu"):
        Predictor.load(model, device="cuda")
    assert main(["predict", str(photo), "-m", str(model), "--device", "cuda"]) == 1
    assert "use auto or cpu" in capsys.readouterr().err
    assert main(["live", str(photo), "-m", str(model), "--device", "cuda"]) == 1


@needs_no_cuda
def test_auto_is_the_cpu_without_a_gpu(model, photo, predictor):
    auto = Predictor.load(model, device="auto")
    assert shown(auto.predict(photo)) == shown(predictor.predict(photo))


def test_an_unknown_device_is_a_usage_error(model):
    with pytest.raises(ValueError, match="not 'tpu'"):
        Predictor.load(model, device="tpu")


@pytest.mark.slow
def test_types_show_when_a_label_can_be_none(tmp_path):
    source = tmp_path / "use.py"
    source.write_text(
        textwrap.dedent("""
        from moue import Predictor

        always, unsure = Predictor.load(), Predictor.load(max_error=0.02)
        print([face.label.upper() for face in always.predict("a.jpg")])
        print([face.label.upper() for face in always.predict_file("a.jpg").faces])
        print([face.label.upper() for face in unsure.predict("a.jpg")])
        """)
    )
    mypy = pytest.importorskip("mypy.api")
    told, _, status = mypy.run(["--strict", "--cache-dir", str(tmp_path / "cache"),
                                "--config-file", os.devnull, "--follow-imports=silent",
                                "--ignore-missing-imports", str(source)])  # fmt: skip
    assert status == 1, told
    (line,) = [line for line in told.splitlines() if "error:" in line]
    assert "use.py:7" in line
    assert 'has no attribute "upper"' in line
