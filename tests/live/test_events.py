from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.live.events import SPEAKING, Event, Events, EventSettings

PLAIN = EventSettings(min_duration=0, quick_change=0, speaking_changes=0)
USUAL = EventSettings()


def fed(*steps, rules=PLAIN, until=None):
    """The events of (person, label, time) steps, and of the end where one is given."""
    events = Events(rules)
    found = [e for person, label, time in steps for e in events.update(person, label, time)]
    if until is not None:
        found += events.end(sorted({person for person, _, _ in steps}), until)
    return found


def labels(text, rate=10, person=1):
    """Steps of 1/rate s; n, o, p, s for none, open, pout, smile, and - for an unsure model."""
    names = {"n": "none", "o": "open", "p": "pout", "s": "smile", "-": None}
    return [(person, names[letter], i / rate) for i, letter in enumerate(text)]


def test_an_event_is_emitted_once_after_its_end():
    told = fed((1, "none", 12.0), (1, "smile", 12.4), (1, "smile", 13.0), (1, "none", 15.1),
               (1, "none", 15.9), (1, "none", 20.0), rules=USUAL, until=21.0)  # fmt: skip
    assert told == [Event(1, "smile", 12.4, 15.1)]
    assert told[0].words == "face 1: smile from 12.4 s to 15.1 s"
    assert json.loads(json.dumps(told[0].to_dict())) == {
        "track": 1, "label": "smile", "start": 12.4, "end": 15.1, "changes": None,
    }  # fmt: skip


def test_an_event_is_emitted_before_the_video_ends():
    assert fed(*labels("nnssssssnnnnnn"), rules=USUAL) == [Event(1, "smile", 0.2, 0.8)]


def test_a_new_label_ends_the_previous_event():
    told = fed((1, "smile", 1.0), (1, "open", 2.0), (1, "open", 3.0), until=3.5)
    assert told == [Event(1, "smile", 1.0, 2.0), Event(1, "open", 2.0, 3.5)]


def test_neutral_and_uncertain_frames_give_no_event():
    assert fed((1, "none", 0.0), (1, None, 1.0), (1, "none", 2.0), until=9.0) == []
    assert fed((1, "smile", 0.0), (1, None, 1.0), (1, None, 2.0)) == [Event(1, "smile", 0.0, 1.0)]


def test_events_of_different_tracks_are_separate():
    told = fed((1, "smile", 0.0), (2, "open", 0.5), (1, "none", 1.0), (1, "none", 2.0), until=3.0)
    assert told == [Event(1, "smile", 0.0, 1.0), Event(2, "open", 0.5, 3.0)]


def test_the_end_of_a_track_ends_its_event_once():
    events = Events(USUAL)
    assert list(events.update(3, "pout", 1.0)) == []
    assert list(events.end([3, 4], 2.0)) == [Event(3, "pout", 1.0, 2.0)]
    assert list(events.end([3], 3.0)) == []


def test_events_below_the_minimum_duration_are_omitted():
    assert fed(*labels("nnnnnnssnnnnnnnnsssnnnnnnn"), rules=USUAL, until=2.6) == [
        Event(1, "smile", 1.6, 1.9)
    ]


def test_a_short_gap_does_not_end_an_event():
    told = fed(*labels("nnnnnssssssnnssssssnnnnnnssssssnnnnnn"), rules=USUAL)
    assert told == [Event(1, "smile", 0.5, 1.9), Event(1, "smile", 2.5, 3.1)]
    other = fed(*labels("ssssssoosssssssnnnnnnn"), rules=USUAL)
    assert other == [Event(1, "smile", 0.0, 1.5)]


def test_quick_changes_become_one_speaking_event():
    (event,) = fed(*labels("nnnnnnnoonopponooponnnnnnnn"), rules=USUAL)
    assert event == Event(1, SPEAKING, 0.7, 1.9, 9)
    assert event.words == "face 1: speaking from 0.7 s to 1.9 s (9 quick changes)"


def test_events_around_speaking_are_unchanged():
    told = fed(*labels("ssssssssononpnosssssssnnnnnnn"), rules=USUAL)
    assert [(e.label, e.start, e.end) for e in told] == [
        ("smile", 0.0, 0.8), (SPEAKING, 0.8, 1.5), ("smile", 1.5, 2.2),
    ]  # fmt: skip


def test_too_few_quick_changes_are_not_speaking():
    told = fed(*labels("nnnnnnoooonoooonnnnnnn"), rules=USUAL, until=3.0)
    assert told == [Event(1, "open", 0.6, 1.5)]


def test_speaking_detection_can_be_turned_off():
    rules = EventSettings(min_duration=0, quick_change=0.5, speaking_changes=0)
    assert {e.label for e in fed(*labels("nonononon"), rules=rules, until=1.0)} == {"open"}


def test_a_minute_of_talking_is_one_event():
    (event,) = fed(*labels("nnnnnn" + "oonnpo" * 100 + "nnnnnnn"), rules=USUAL)
    assert event.label == SPEAKING
    assert event.seconds == pytest.approx(60)


@given(
    st.lists(st.tuples(st.sampled_from("nops-"), st.integers(0, 12)), max_size=80),
    st.sampled_from(
        [PLAIN, USUAL, EventSettings(min_duration=0.2, quick_change=1.0, speaking_changes=3)]
    ),
)
def test_events_of_a_track_are_ordered_and_long_enough(runs, rules):
    text = "".join(letter * count for letter, count in runs)
    told = fed(*labels(text), rules=rules, until=len(text) / 10) if text else []
    for event in told:
        assert event.seconds > 0
        assert event.seconds > rules.min_duration - 1e-6
        assert event.label != "none"
    for one, other in itertools.pairwise(told):
        assert one.end <= other.start
