"""When the labels of a face press and release keys."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.errors import ConfigError
from moue.live.keys.key_map import Binding, parse_key_map
from moue.live.keys.key_settings import KeySettings
from moue.live.keys.key_trigger import KeyTrigger

LABELS = ("none", "pout", "smile", "open")
FPS = 20
GRACE = 0.3


def actions(labels, keys="open=space", **settings):
    """Return the actions as (frame, kind, key) for one letter per frame: o, s, p, n or `.`."""
    names = {"o": "open", "s": "smile", "p": "pout", "n": "none", ".": None}
    trigger = KeyTrigger(parse_key_map([keys], LABELS), KeySettings(**settings), GRACE)
    found = [
        (frame, action.kind, action.binding.words)
        for frame, letter in enumerate(labels)
        for action in trigger.update(names[letter], frame / FPS)
    ]
    last = len(labels) - 1
    return found + [(last, action.kind, action.binding.words) for action in trigger.finish()]


def taps(*frames, key="space"):
    return [(frame, "tap", key) for frame in frames]


def test_a_mouth_that_stays_open_presses_once():
    assert actions("n" * 5 + "o" * 400) == taps(15)


def test_a_label_shorter_than_the_dwell_time_presses_nothing():
    assert actions("n" * 5 + "o" * 10 + "n" * 40) == []
    assert actions("n" * 5 + "o" * 11 + "n" * 40) == taps(15)


def test_speech_presses_nothing():
    assert actions("oooonn" * 50) == []


def test_without_dwell_the_first_frame_presses():
    assert actions("no", dwell=0) == taps(1)


@pytest.mark.parametrize("gap", ["n", ".", "nnnnn", "s.p.n"])
def test_a_short_interruption_does_not_press_again(gap):
    assert actions("o" * 20 + gap + "o" * 60) == taps(10)


def test_after_a_longer_interruption_the_label_presses_again():
    assert actions("o" * 20 + "n" * 7 + "o" * 60) == taps(10, 37)


def test_keys_wait_for_the_cooldown():
    keys = "open=space,smile=enter"
    fast = actions("o" * 20 + "s" * 30, keys, cooldown=0)
    assert fast == taps(10) + taps(30, key="enter")
    assert actions("o" * 20 + "s" * 50, keys, cooldown=2) == taps(10) + taps(50, key="enter")


def test_hold_keeps_the_key_down_until_the_label_ends():
    down, up = (10, "press", "shift"), "release"
    assert actions("o" * 20 + "n" * 10, "open=shift:hold") == [down, (25, up, "shift")]
    assert actions("o" * 20 + "n" * 3 + "o" * 9, "open=shift:hold") == [down, (31, up, "shift")]
    assert actions("o" * 11, "open=shift:hold") == [down, (10, up, "shift")]


def test_repeat_presses_at_intervals_while_the_label_lasts():
    assert actions("o" * 50, "open=down:repeat", repeat_every=0.5) == taps(
        10, 20, 30, 40, key="down"
    )
    interrupted = "o" * 15 + "n" * 10 + "o" * 5
    assert actions(interrupted, "open=down:repeat", repeat_every=0.5) == taps(10, key="down")


def test_a_gap_in_the_video_ends_a_label():
    trigger = KeyTrigger([Binding("open", ("a",), "hold")], KeySettings(), GRACE)
    assert [*trigger.update("open", 0.0)] == []
    assert [*trigger.update("open", 60.0)] == []
    assert [a.kind for a in trigger.update("open", 60.5)] == ["press"]
    assert [a.kind for a in trigger.update("open", 90.0)] == ["release"]


@given(st.text("osn.", max_size=80), st.sampled_from(["once", "hold", "repeat"]))
def test_every_press_is_released_and_no_key_is_pressed_within_the_cooldown(labels, mode):
    found = actions(labels, f"open=a:{mode},smile=b:{mode}", dwell=0.1, cooldown=0.2)
    down = None
    for _, kind, key in found:
        if kind == "press":
            assert down is None
            down = key
        elif kind == "release":
            assert down == key
            down = None
    assert down is None
    pressed = [frame for frame, kind, _ in found if kind != "release"]
    assert all(b - a >= 4 for a, b in itertools.pairwise(pressed))


def test_key_maps_are_parsed():
    assert parse_key_map(["open=space, smile=ctrl+z:hold", "pout=a:repeat"], LABELS) == [
        Binding("open", ("space",)),
        Binding("smile", ("ctrl", "z"), "hold"),
        Binding("pout", ("a",), "repeat"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open", "LABEL=KEY"), ("=space", "LABEL=KEY"), ("open=", "LABEL=KEY"),
        ("open=ctrl+", "LABEL=KEY"), ("", "LABEL=KEY"), ("open=a,", "LABEL=KEY"),
        ("open=a:twice", "once, hold, repeat"), ("yawn=a", "none, pout, smile, open"),
        ("open=a,open=b", "two keys"),
    ],
)  # fmt: skip
def test_invalid_key_maps_are_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        parse_key_map([text], LABELS)
