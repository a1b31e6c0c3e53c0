"""Watching heads that are tilted or upside down."""

from importlib.resources import files

import numpy as np
import pytest

from moue.face.backends import FaceSettings
from moue.face.rotated_search import rotate
from moue.live.live_settings import LiveSettings
from moue.live.watch import ROTATED_SEARCH_INTERVAL, Watcher
from moue.media.image import read_image
from moue.media.video import Frame
from moue.predict.predictor import Predictor

PICTURE = sorted((files("moue") / "demo" / "pictures").glob("*.jpg"))[0]


def rolled(roll):
    image = read_image(PICTURE)
    return np.dstack([rotate(np.ascontiguousarray(image[:, :, c]), -roll)[0] for c in range(3)])


@pytest.mark.parametrize("roll", [45, -90, 180])
def test_a_tilted_head_keeps_its_track_number(roll):
    watcher = Watcher(Predictor.load(), LiveSettings())
    picture = rolled(roll)
    views = [watcher.process(Frame(i, i / 10, picture)) for i in range(6)]
    people = [[(p.number, p.unsmoothed.label) for p in view.faces] for view in views]
    (upright,) = Predictor.load().predict(read_image(PICTURE))
    assert people == [[], *[[(1, upright.label)]] * 5]
    assert watcher.tracker.searches <= 2


def test_a_rotating_head_keeps_its_track_number():
    watcher = Watcher(Predictor.load(), LiveSettings())
    views = [watcher.process(Frame(i, i / 10, rolled(6 * i))) for i in range(20)]
    assert {tuple(p.number for p in view.faces) for view in views[1:]} == {(1,)}
    assert views[-1].faces[0].unsmoothed.face.roll == pytest.approx(114, abs=8)


def test_an_upside_down_frame_is_searched_once_a_second():
    watcher = Watcher(Predictor.load(), LiveSettings())
    blank = np.full((300, 300, 3), 128, np.uint8)
    watcher.process(Frame(0, 0.0, blank))
    upside_down = rolled(180)
    early = watcher.process(Frame(1, ROTATED_SEARCH_INTERVAL / 2, upside_down))
    late = [
        watcher.process(Frame(2 + i, ROTATED_SEARCH_INTERVAL + i / 10, upside_down))
        for i in range(2)
    ]
    assert early.faces == ()
    assert [len(view.faces) for view in late] == [0, 1]


def test_faces_with_a_low_score_are_not_tracked():
    settings = FaceSettings(min_score=0.999)
    watcher = Watcher(Predictor.load(face=settings), LiveSettings())
    assert not any(watcher.process(Frame(i, i / 10, rolled(0))).faces for i in range(3))
