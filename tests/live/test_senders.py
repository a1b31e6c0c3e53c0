"""Messages to other programs, and the queues between the video and slow receivers."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawing import drawn
from moue.live.events import EventSettings
from moue.live.senders import background
from moue.live.senders.background import in_background
from moue.live.senders.drop_queue import DropQueue
from moue.live.senders.message import Message, main_face, message_output
from moue.live.watch import TrackedFace, View
from moue.media.video import Frame
from moue.predict.predictor import Prediction
from moue.workspace.types import Face

AT_ONCE = EventSettings(min_duration=0, quick_change=0, speaking_changes=0)


def view(time, faces, lost=()):
    """A view of faces: label by track number."""
    box = np.array([0, 0, 9, 9], np.float32)
    tracked = []
    for number, label in faces.items():
        shown = Prediction(Face(box, 1.0, None, box, box), label, 0.75, {"open": 0.75})
        tracked.append(TrackedFace(number, shown, shown))
    return View(Frame(0, time, drawn(0, 8, 8)), time, tuple(tracked), tuple(lost))


def messages(*views):
    sent = []
    with message_output([sent.append], "camera 0", lambda: 3, AT_ONCE) as output:
        for one in views:
            output(one)
    return sent


def of(kind, sent):
    return [message.data for message in sent if message.kind == kind]


def test_a_label_is_sent_only_when_it_changes():
    sent = messages(
        view(0, {1: "none"}), view(1, {1: "open"}), view(2, {1: "open"}), view(3, {1: None}),
        view(4, {}), view(5, {}, [(1, 3.0)]),
    )  # fmt: skip
    shown = [(label["time"], label["label"], label["visible"]) for label in of("label", sent)]
    assert shown == [(0, "none", True), (1, "open", True), (3, None, True), (5, None, False)]
    assert len(of("frame", sent)) == 6


def test_every_face_has_its_own_labels():
    sent = messages(view(0, {1: "none", 2: "open"}), view(1, {1: "open", 2: "open"}))
    assert [(label["track"], label["label"], label["main"]) for label in of("label", sent)] == [
        (1, "none", True), (2, "open", False), (1, "open", True),
    ]  # fmt: skip


def test_a_face_that_leaves_while_the_model_abstains_is_reported():
    sent = messages(view(0, {1: None}), view(1, {}, [(1, 0.0)]))
    assert [(label["label"], label["visible"]) for label in of("label", sent)] == [
        (None, True), (None, False),
    ]  # fmt: skip


def test_events_are_complete_when_the_video_ends():
    sent = messages(view(0, {1: "open"}), view(2, {1: "open"}))
    assert of("event", sent) == [
        {"track": 1, "label": "open", "start": 0, "end": 2, "changes": None}
    ]
    assert sent[-1].kind == "event"


def test_frames_name_the_source_and_the_main_face():
    (frame,) = of("frame", messages(view(0, {7: "open", 9: "none"})))
    assert (frame["main"], frame["file"], frame["dropped"], frame["width"]) == (7, "camera 0", 3, 8)
    assert [face["track"] for face in frame["faces"]] == [7, 9]
    assert of("frame", messages(view(0, {})))[0]["main"] is None


def test_the_main_face_stays_while_it_is_visible():
    assert main_face(view(0, {2: "open", 3: "none"})).number == 2
    assert main_face(view(0, {3: "none"})).number == 3
    assert main_face(view(0, {})) is None


@given(st.lists(st.sampled_from(["frame", "label", "event", "pop"]), max_size=60))
def test_a_full_queue_drops_the_oldest_frame_first(actions):
    queue, expected, dropped = DropQueue(5), [], 0
    for number, action in enumerate(actions):
        if action == "pop":
            if expected:
                assert queue.pop().data["number"] == expected.pop(0)[0]
            continue
        if len(expected) == 5:
            frames = [item for item in expected if item[1] == "frame"]
            expected.remove(frames[0] if frames else expected[0])
            dropped += 1
        expected.append((number, action))
        queue.put(Message(action, {"number": number}))
    assert (len(queue), queue.dropped) == (len(expected), dropped)


def numbered(count, kind="label"):
    return [Message(kind, {"number": number}) for number in range(count)]


def test_a_slow_receiver_blocks_nobody_and_its_drops_are_reported(monkeypatch):
    monkeypatch.setattr(background, "DRAIN_SECONDS", 0.05)
    free, said = threading.Event(), []
    with in_background("--osc x", lambda message: free.wait(), said.append) as send:
        for message in numbered(1000, "frame"):
            send(message)
    free.set()
    (text,) = said
    assert text.startswith("--osc x: dropped messages: ")
    assert int(text.split()[4].rstrip(";").replace(",", "")) >= 999  # all but the one in transit


def test_waiting_messages_are_sent_at_the_end():
    sent, said = [], []
    with in_background("--osc x", lambda m: sent.append(m.data["number"]), said.append) as send:
        for message in numbered(64):
            send(message)
    assert (sent, said) == ([*range(64)], [])


def test_failures_are_reported_once_with_their_number():
    said = []

    def fail(message):
        if message.data["number"] % 2:
            raise OSError("no route to host")

    with in_background("--osc x", fail, said.append) as send:
        for message in numbered(10):
            send(message)
    assert said == [
        "--osc x: a message could not be sent: no route to host",
        "--osc x: messages that could not be sent: 5",
    ]


@pytest.mark.parametrize("kind", ["frame", "label", "event"])
def test_the_type_of_a_message_is_in_its_json(kind):
    assert Message(kind, {"a": 1}).to_dict() == {"type": kind, "a": 1}
