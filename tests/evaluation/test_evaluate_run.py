"""`moue evaluate` through the command line, with an untrained model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from drawing import drawn
from moue.cli import main
from moue.dataset.crop import mouth_name
from moue.evaluation.test_set import crop_function_of, load_test_set, make_examples
from moue.face.mouth_crop import crop_square
from moue.files import write_bytes
from moue.media.image import encode_png
from moue.workspace.types import LABELS, Mouth
from moue.workspace.workspace import Workspace
from rows import face, sample

SIZE = 240


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace of twelve drawn pictures that are all in the test set, some of them grey."""
    root = tmp_path_factory.mktemp("w")
    workspace = Workspace(root)
    workspace.create("")
    with workspace.locked() as (catalog, _):
        for number in range(12):
            label = LABELS[number % 4]
            picture = drawn(number, SIZE, SIZE)
            if number < 3:
                picture = np.repeat(picture[:, :, :1], 3, axis=2)
            one = sample(
                f"p{number}",
                source=f"/raw/{'ab'[number % 2]}/{label}/p{number}.jpg",
                width=SIZE,
                height=SIZE,
                faces=(face(side=60 + 10 * number),),
                tags={"age": str(7 * number)} if number else {},
            )
            catalog.add_samples([one])
            # PNGs, so that a repeated crop has the same bits.
            write_bytes(workspace.image(one.name), encode_png(picture))
            crop = crop_square(picture, one.faces[0].mouth_box)
            write_bytes(workspace.mouth(one.name), encode_png(crop))
            mouth = Mouth(
                name=mouth_name(one.name, 0), sample=one.name, face=0, width=len(crop),
                label=label, label_by="csv", split="test",
            )  # fmt: skip
            catalog.put_mouths(one.name, [mouth])
            catalog.update_mouth(mouth.name, label=label, label_by="csv", split="test")
    return root


def evaluated(place, model, capsys, *more):
    arguments = ["evaluate", "-w", place, "--model", model, "--json", *more]
    assert main([str(a) for a in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_slices_have_colour_sizes_source_and_every_column(place, model, capsys):
    found = evaluated(place, model, capsys)["result"]
    assert found == json.loads((place / "reports" / "evaluation.json").read_text())
    counted = {
        tag: {value: one["accuracy"]["count"] for value, one in values.items()}
        for tag, values in found["slices"].items()
    }
    assert counted["colour"] == {"colour": 9, "grey": 3}
    assert counted["source"] == {"a": 6, "b": 6}
    assert list(counted["age"])[-1] == "unknown"
    assert len(counted["age"]) >= 4
    assert list(counted["face_percent"]) == ["20 to <40", "40 to <60", "60 and over"]
    assert {sum(values.values()) for values in counted.values()} == {12}
    page = (place / "reports" / "model.html").read_text(encoding="utf-8")
    assert "face, % of picture" in page
    assert 'id="robustness"' not in page


def test_robustness_is_in_json_report_and_text(place, model, capsys):
    done = evaluated(place, model, capsys, "--robustness")
    curves = {curve["name"]: curve for curve in done["result"]["robustness"]}
    accuracy = done["result"]["accuracy"]
    for curve in curves.values():
        neutral = curve["points"][curve["neutral"]]
        assert neutral["accuracy"] == accuracy
        assert neutral["macro_f1"] == pytest.approx(done["result"]["macro_f1"])
        assert all(point["accuracy"]["interval"] for point in curve["points"])
    assert {"blur", "JPEG", "noise", "resolution", "roll", "crop shift"} <= set(curves)
    assert "mean accuracy on corrupted pictures" in done["notes"][-1]
    page = (place / "reports" / "model.html").read_text(encoding="utf-8")
    assert page.count("<image") == sum(len(curve["points"]) for curve in curves.values())
    again = evaluated(place, model, capsys, "--robustness")
    assert again["result"]["robustness"] == done["result"]["robustness"]


def test_a_model_equals_itself(place, model, capsys, tmp_path):
    other = tmp_path / "twin.onnx"
    other.write_bytes(model.read_bytes())
    done = evaluated(place, model, capsys, "--against", other)
    found = done["result"]["comparison"]
    assert found["models"] == ["model", "twin"]
    assert found["p_value"] == 1.0
    assert found["only_first"] == found["only_second"] == []
    assert found["both_right"] + found["both_wrong"] == 12
    assert "McNemar p = 1" in " ".join(done["notes"])


def test_the_default_has_no_comparison_and_no_robustness(place, model, capsys):
    done = evaluated(place, model, capsys)
    assert not {"robustness", "comparison"} & set(done["result"])
    assert len(done["notes"]) == 1


def test_a_missing_second_model_is_one_clear_line(place, model, capsys, tmp_path):
    arguments = ["evaluate", "-w", place, "--model", model, "--against", tmp_path / "no.onnx"]
    assert main([str(a) for a in arguments]) == 1
    assert "no.onnx" in capsys.readouterr().err


def test_a_mouth_is_cropped_again_only_with_equal_pixels(place):
    workspace = Workspace(place)
    with workspace.reading() as catalog:
        _, evaluated = load_test_set(workspace, catalog)
    cut, around = crop_function_of(evaluated[0], 1.5)
    assert around
    wide, side = cut(scale=2.0), len(cut())
    assert np.ptp(wide[: side // 3].reshape(-1, 3), axis=0).max() > 0

    face = evaluated[0].sample.faces[0]
    moved = {
        name: getattr(face, name) + 9
        for name in ("mouth_box", "lips", "landmarks") if getattr(face, name) is not None
    }  # fmt: skip
    found_anew = replace(face, **moved)
    for changes in ({"faces": (found_anew,)}, {"faces": None}, {"kind": "mouth"}, {"name": "x"}):
        other = replace(evaluated[0], sample=replace(evaluated[0].sample, **changes))
        alone, around = crop_function_of(other, 1.5)
        assert not around
        assert np.array_equal(alone(), cut())


def test_files_are_relative_to_the_workspace(place):
    workspace = Workspace(place)
    with workspace.reading() as catalog:
        split, evaluated = load_test_set(workspace, catalog)
    assert split == "test"
    assert {str(one.file.parent) for one in make_examples(evaluated)} == {"mouths"}
