from __future__ import annotations

from moue.live.events import Event, Events


def fed(*steps):
    events = Events()
    return [e for person, label, time in steps for e in events.update(person, label, time)]


def test_an_expression_is_told_when_it_begins_and_when_it_ends():
    told = fed((1, "none", 12.0), (1, "smile", 12.4), (1, "smile", 13.0), (1, "none", 15.1))
    assert told == [Event(1, "smile", 12.4), Event(1, "smile", 12.4, 15.1)]
    assert told[0].words == "person 1: smile began 12.4 s"
    assert told[1].words == "person 1: smile began 12.4 s, ended 15.1 s"
    assert told[1].to_dict() == {"person": 1, "label": "smile", "began": 12.4, "ended": 15.1}


def test_one_expression_after_another_ends_the_first():
    told = fed((1, "smile", 1.0), (1, "open", 2.0))
    assert told[1:] == [Event(1, "smile", 1.0, 2.0), Event(1, "open", 2.0)]


def test_a_mouth_at_rest_and_an_unsure_model_are_no_events():
    assert fed((1, "none", 0.0), (1, None, 1.0), (1, "none", 2.0)) == []
    assert fed((1, "smile", 0.0), (1, None, 1.0))[-1] == Event(1, "smile", 0.0, 1.0)


def test_people_do_not_mix():
    told = fed((1, "smile", 0.0), (2, "open", 0.5), (1, "none", 1.0))
    assert told[-1] == Event(1, "smile", 0.0, 1.0)
    assert len(told) == 3


def test_who_goes_ends_what_was_shown_once():
    events = Events()
    list(events.update(3, "pout", 1.0))
    assert list(events.end([3, 4], 2.0)) == [Event(3, "pout", 1.0, 2.0)]
    assert list(events.end([3], 3.0)) == []
