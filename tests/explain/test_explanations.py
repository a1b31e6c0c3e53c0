from __future__ import annotations

import tracemalloc
from functools import partial

import cv2
import numpy as np
import pytest

from drawn_mouths import drawn_mouth
from moue.errors import DataError
from moue.explain.explanation import explain, predicted
from moue.explain.gradient import gradient_map
from moue.explain.neighbours import FeatureIndex
from moue.explain.occlusion import GRID, occlusion_map
from moue.explain.sheet import SIDE, draw_sheet, overlay
from moue.explain.smallest_change import AXES, BATCH_BYTES, smallest_changes
from moue.explain.subject import subject_of_picture
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_moved
from moue.media.image import Picture
from moue.predict.load_classifier import load_classifier


@pytest.fixture(scope="module")
def classifier(trained_run):
    return load_classifier(trained_run)


@pytest.fixture(scope="module")
def mouth():
    """A picture with an open mouth in its centre."""
    canvas = np.full((180, 180, 3), 180, np.uint8)
    canvas[60:120, 60:120] = drawn_mouth("open", np.random.default_rng(4))
    return canvas


@pytest.fixture(scope="module")
def crop_mouth(mouth):
    return partial(crop_moved, mouth, np.array([60, 60, 120, 120], np.float32))


def test_the_occlusion_map_is_strongest_where_the_mouth_is(classifier, crop_mouth):
    found = occlusion_map(classifier, crop_mouth(), predicted(classifier, crop_mouth())[0])
    assert found.values.shape == (GRID, GRID)
    strength = np.abs(found.values)
    assert strength[GRID // 4 : -GRID // 4, GRID // 4 : -GRID // 4].mean() > strength[0].mean()
    assert 0 <= found.lowest <= 1


@pytest.mark.parametrize("size", [(1, 1), (3, 90), (400, 200)])
def test_a_crop_of_any_size_has_an_occlusion_map(classifier, size):
    crop = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert np.isfinite(occlusion_map(classifier, crop, "pout").values).all()


def test_the_smallest_change_changes_the_label_and_a_smaller_one_does_not(classifier, crop_mouth):
    label = predicted(classifier, crop_mouth())[0]
    found = smallest_changes(classifier, crop_mouth)
    assert [one.kind for one in found] == [axis.kind for axis in AXES]
    assert any(one.changed for one in found)
    for one, axis in zip(found, AXES, strict=True):
        if one.amount is None:
            assert one.label is None
            continue
        assert one.low <= one.amount <= one.high
        assert predicted(classifier, axis.apply(crop_mouth, one.amount))[0] == one.label != label
        step = axis.step if one.amount > axis.neutral else -axis.step
        assert predicted(classifier, axis.apply(crop_mouth, one.amount - step))[0] == label


def test_the_changed_crops_of_a_large_picture_are_not_all_in_memory(classifier, mouth):
    crop = partial(crop_moved, cv2.resize(mouth, (900, 900)), np.array([50, 50, 850, 850]))
    tracemalloc.start()
    try:
        smallest_changes(classifier, crop)
        assert tracemalloc.get_traced_memory()[1] < 3 * BATCH_BYTES
    finally:
        tracemalloc.stop()


def test_a_model_that_always_gives_one_label_has_no_change(classifier, crop_mouth, monkeypatch):
    certain = np.array([[0.1, 0.2, 0.6, 0.1]], np.float32)
    monkeypatch.setattr(
        classifier, "probabilities", lambda crops: certain.repeat(len(crops), axis=0)
    )
    assert not any(one.changed for one in smallest_changes(classifier, crop_mouth))


def test_features_are_the_inputs_of_the_last_layer(classifier, crop_mouth, trained_run):
    torch = pytest.importorskip("torch")
    from moue.training import checkpoint

    crops = [crop_mouth(), crop_mouth(scale=1.5), crop_mouth(x=0.1)]
    features = classifier.features(crops)
    loaded = checkpoint.load(trained_run / "best.pt")
    network = loaded.network()
    with torch.inference_mode():
        value = torch.from_numpy(loaded.spec.prepare(crops))
        for layer in list(network.layers())[:-1]:
            value = layer(value)
    np.testing.assert_allclose(features, value.numpy(), atol=1e-3)
    logits = features @ network.layers()[-1].weight.detach().numpy().T
    logits += network.layers()[-1].bias.detach().numpy()
    np.testing.assert_allclose(classifier.logits(crops), logits, atol=1e-3)


def test_the_nearest_mouth_of_a_mouth_is_itself_unless_left_out(classifier, mouth_sets):
    from moue.media.image import read_image

    names = [example.name for example in mouth_sets[1]]
    features = classifier.features([read_image(example.file) for example in mouth_sets[1]])
    index = FeatureIndex(names, features)
    first = index.nearest(features[5], 3)
    assert first[0].name == names[5]
    assert first[0].distance == pytest.approx(0, abs=2e-3)
    assert [one.distance for one in first] == sorted(one.distance for one in first)
    others = index.nearest(features[5], 2, without=(names[5],))
    assert [one.name for one in others] == [one.name for one in first[1:]]


def test_an_index_without_mouths_has_no_neighbours():
    assert FeatureIndex([], np.empty((0, 1), np.float32)).nearest(np.ones(4)) == []


def test_gradients_are_largest_on_the_mouth(trained_run, classifier, crop_mouth):
    label = predicted(classifier, crop_mouth())[0]
    found = gradient_map(trained_run, crop_mouth(), label)
    side = classifier.spec.input_size
    assert found.values.shape == (side, side)
    assert found.values.max() == pytest.approx(1)
    middle = found.values[side // 4 : -side // 4, side // 4 : -side // 4]
    assert middle.mean() > found.values.mean()
    again = gradient_map(trained_run, crop_mouth(), label)
    np.testing.assert_array_equal(found.values, again.values)


def test_a_mouth_crop_and_its_face_need_no_search(mouth):
    picture = Picture.from_array(mouth[60:120, 60:110])
    subject = subject_of_picture("a", picture, FaceSettings(), crop=True)
    assert not subject.in_context
    assert subject.crop_mouth().shape == (60, 60, 3)


def test_a_picture_without_a_face_is_an_error_that_names_the_remedy():
    grey = Picture.from_array(np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(DataError, match=r"no face was found.*--crop"):
        subject_of_picture("grey.png", grey, FaceSettings())


def test_the_sheet_shows_crop_map_and_changes(classifier, crop_mouth):
    found = explain(classifier, crop_mouth)
    sheet = draw_sheet(found, "a mouth")
    shown = 2 + sum(one.changed for one in found.changes)
    assert sheet.shape[1] == min(8, shown) * (SIDE + 12) + 12
    assert sheet.dtype == np.uint8


def test_an_overlay_colours_support_and_contradiction():
    values = np.array([[1.0, 0.0], [0.0, -1.0]])
    drawn = overlay(np.full((40, 40, 3), 128, np.uint8), values).astype(int)
    assert drawn[0, 0, 0] > drawn[0, 0, 2]
    assert drawn[-1, -1, 2] > drawn[-1, -1, 0]


def test_values_of_the_answer_are_plain_json(classifier, crop_mouth):
    import json

    data = explain(classifier, crop_mouth).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert cv2.countNonZero(np.array(data["occlusion"]["values"])) > 0
