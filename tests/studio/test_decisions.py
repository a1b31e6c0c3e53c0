"""Decisions, undo, conflicts, forget, and the queue while a command holds the lock."""

from __future__ import annotations

import threading

import pytest

from moue.dataset.edits import Edit
from moue.dataset.label import label_counts
from moue.errors import CatalogError
from moue.studio.access import Access
from moue.studio.edit_queue import EditQueue
from moue.studio.studio import Studio
from moue.studio.writer import QUEUE
from moue.workspace.edit_log import find
from moue.workspace.predictions import MouthPrediction, register_model, save
from studio_pictures import fill, labels

API = "/api/v1"


@pytest.fixture
def names(studio):
    """Ten pictures."""
    return fill(studio.workspace, 10)


def send(http, op_id, value, *names, action="label", kind="mouths", **more):
    body = {"op_id": op_id, "action": action, "kind": kind, "names": list(names), "value": value}
    return http.post(f"{API}/decisions", json=body | more)


def test_a_label_is_in_the_catalog_when_it_is_answered(client, studio, names):
    answer = send(client, "a", "smile", *names[:2]).json()
    assert answer["state"] == "written"
    assert [one["name"] for one in answer["changed"]] == names[:2]
    assert labels(studio.workspace) == dict.fromkeys(names[:2], "smile")
    assert send(client, "a", "smile", *names[:2]).json() == answer


def test_undo_and_redo(client, studio, names):
    send(client, "a", "smile", names[0])
    assert client.post(f"{API}/undo", json={"op_id": "u"}).json()["undone"] == "a"
    assert labels(studio.workspace) == {}
    assert client.post(f"{API}/redo", json={"op_id": "r"}).json()["undone"] == "a"
    assert labels(studio.workspace) == {names[0]: "smile"}
    nothing = client.post(f"{API}/redo", json={"op_id": "s"})
    assert nothing.status_code == 404
    assert nothing.json()["error"]["code"] == "nothing"


def test_keeping_one_of_several_pictures_is_one_edit(client, studio, names):
    send(client, "a", None, names[0], action="drop", kind="pictures")
    assert client.get(f"{API}/state").json()["can_undo"]
    send(client, "b", None, *names[:3], action="keep", kind="pictures", kept=names[:1])

    def dropped() -> list[str]:
        with studio.workspace.reading() as catalog:
            return [one.name for one in catalog.samples() if one.dropped == "by_hand"]

    assert dropped() == names[1:3]
    assert client.post(f"{API}/undo", json={"op_id": "u"}).json()["undone"] == "b"
    assert dropped() == names[:1]
    assert client.post(f"{API}/redo", json={"op_id": "r"}).json()["undone"] == "b"
    assert dropped() == names[1:3]


def test_the_state_says_whether_an_edit_can_be_undone(client, names):
    def possible() -> tuple[bool, bool]:
        state = client.get(f"{API}/state").json()
        return state["can_undo"], state["can_redo"]

    assert possible() == (False, False)
    send(client, "a", "smile", names[0])
    assert possible() == (True, False)
    client.post(f"{API}/undo", json={"op_id": "u"})
    assert possible() == (False, True)


def test_a_conflict_shows_the_truth(client, names):
    version = send(client, "a", "smile", names[0], client="one").json()["changed"][0]["version"]
    answer = send(client, "b", "pout", names[0], client="two", seen={names[0]: 0}).json()
    assert answer["changed"] == []
    assert answer["conflicts"] == [
        {"name": names[0], "truth": {"label": "smile", "version": version}}
    ]
    gone = send(client, "c", "pout", "nobody").json()
    assert gone["conflicts"] == [{"name": "nobody", "truth": None}]


def test_confirm_takes_the_own_label_or_the_suggested_one(client, studio, names):
    send(client, "a", "smile", names[0])
    with studio.workspace.locked() as (catalog, _):
        model = register_model(catalog, "ab" * 32, "own", ("none", "pout", "smile", "open"))
        found = [MouthPrediction(name, "c", (0.1, 0.7, 0.1, 0.1)) for name in names[:2]]
        save(catalog, model, found)
    assert send(client, "b", None, *names[:3], action="confirm").status_code == 200
    assert labels(studio.workspace) == {names[0]: "smile", names[1]: "pout"}
    assert send(client, "c", None, names[5], action="confirm").status_code == 409
    values = {names[5]: "open"}
    send(client, "d", None, names[5], action="confirm", values=values)
    assert labels(studio.workspace)[names[5]] == "open"


@pytest.mark.parametrize(
    "change",
    [{"value": "grin"}, {"names": []}, {"names": ["../etc"]}, {"names": ["a\0b"]}, {"op_id": ""},
     {"op_id": "x" * 65}, {"action": "burn"}, {"kind": "pictures"}, {"seen": {"a": -1}},
     {"more": 1}, {"names": ["a"] * 1001}],
)  # fmt: skip
def test_an_invalid_edit_writes_nothing(client, studio, names, change):
    body = {"op_id": "a", "action": "label", "kind": "mouths", "names": [names[0]],
            "value": "smile"}  # fmt: skip
    assert client.post(f"{API}/decisions", json=body | change).status_code in (400, 422)
    with studio.workspace.reading() as catalog:
        assert find(catalog, "a") is None
        assert label_counts(catalog)["no label"] == 10


def test_a_stranger_writes_nothing(stranger, studio, names):
    assert send(stranger, "a", "smile", names[0]).status_code == 401
    assert labels(studio.workspace) == {}


def test_labels_wait_on_the_disk_while_a_command_works(client, studio, names):
    applied = threading.Event()
    studio.writer._publish = lambda event, _: applied.set() if event == "decisions" else None
    with studio.workspace.locked("clean"):
        assert send(client, "a", "smile", names[0]).json()["state"] == "queued"
        assert send(client, "b", "pout", names[0]).json()["state"] == "queued"
        assert client.post(f"{API}/undo", json={"op_id": "u"}).json()["state"] == "queued"
        assert labels(studio.workspace) == {}
        assert studio.writer.queued == 3
        waiting = EditQueue(studio.workspace.studio / QUEUE).waiting()
        assert [one.op_id for one in waiting] == ["a", "b", "u"]
        page = client.put(f"{API}/guide", json={"label": "smile", "text": "x"})
        assert page.status_code == 409
        assert "clean" in page.json()["error"]["message"]
    assert applied.wait(10)
    assert send(client, "c", "open", names[1]).json()["state"] == "written"
    assert labels(studio.workspace) == {names[0]: "smile", names[1]: "open"}
    assert studio.writer.queued == 0
    assert send(client, "a", "smile", names[0]).json()["state"] == "written"


def test_the_next_studio_writes_what_an_earlier_one_left(studio, names):
    queue = EditQueue(studio.workspace.studio / QUEUE)
    queue.append([Edit(op_id="a", action="label", names=(names[0],), value="smile")])
    with queue.path.open("ab") as file:
        file.write(b'{"op_id":"b","action":"la')  # killed before it was acknowledged
    studio.start()
    future = studio.writer.submit(Edit(op_id="c", action="label", names=(names[1],), value="open"))
    future.result(10)
    studio.stop()
    assert labels(studio.workspace) == {names[0]: "smile", names[1]: "open"}
    assert queue.path.read_bytes() == b""


def test_an_edit_that_cannot_be_read_is_kept_and_logged(studio, names, caplog):
    queue = EditQueue(studio.workspace.studio / QUEUE)
    queue.append([Edit(op_id="a", action="label", names=(names[0],), value="smile")])
    with queue.path.open("ab") as file:
        file.write(b'{"op_id":"b",\xff}\n')
    studio.start()
    future = studio.writer.submit(Edit(op_id="c", action="label", names=(names[1],), value="open"))
    future.result(10)
    studio.stop()
    assert labels(studio.workspace) == {names[0]: "smile", names[1]: "open"}
    kept = queue.path.with_name(f"{queue.path.name}.damaged")
    assert kept.read_bytes() == b'{"op_id":"b",\xff}\n'
    assert f"edits that cannot be read: 1; a copy is in {kept}" in caplog.text


def test_a_queued_undo_of_nothing_does_not_stop_the_others(client, studio, names):
    with studio.workspace.locked("clean"):
        client.post(f"{API}/undo", json={"op_id": "u"})
        send(client, "a", "smile", names[0])
    assert send(client, "b", "open", names[1]).json()["state"] == "written"
    assert labels(studio.workspace) == {names[0]: "smile", names[1]: "open"}


def test_a_second_studio_of_a_workspace_is_refused(client, studio):
    other = Studio(studio.workspace, Access(8766))
    with pytest.raises(CatalogError, match="shows this workspace in the studio"):
        other.start()


def test_forget_deletes_pictures_and_their_thumbnails(client, studio):
    names = fill(studio.workspace, 4, files=True)
    for name in names:
        client.get(f"{API}/thumbnails/mouths/{name}.webp")
    send(client, "a", "smile", names[0])
    body = {"op_id": "f", "names": names[:2], "confirm": 1}
    assert client.post(f"{API}/forget", json=body).status_code == 422
    answer = client.post(f"{API}/forget", json=body | {"confirm": 2})
    assert answer.json()["pictures"] == 2
    assert len(list(studio.workspace.studio.rglob("*.webp"))) == 2
    assert not studio.workspace.mouth(names[0]).exists()
    assert client.get(f"{API}/mouths").json()["total"] == 2
    assert client.post(f"{API}/forget", json=body | {"confirm": 2}).json()["pictures"] == 0
    again = client.post(f"{API}/forget", json=body | {"confirm": 2, "op_id": "g"})
    assert again.status_code == 404
    with studio.workspace.reading() as catalog:
        assert names[0] not in str(catalog.execute("SELECT * FROM edit_changes"))


def test_two_clients_and_a_command_lose_no_update(client, studio):
    """Two threads label while a command takes the lock again and again."""
    names = fill(studio.workspace, 60)
    wrong: list[str] = []
    ended = threading.Event()

    def work(which: str, own: list[str]) -> None:
        for number, name in enumerate(own):
            answer = send(client, f"{which}{number}", "smile", name, client=which)
            if answer.status_code != 200:
                wrong.append(answer.text)

    def command() -> None:
        try:
            while not ended.is_set():
                with studio.workspace.locked("clean") as (catalog, _):
                    catalog.update_sample(names[0], detail="checked")
        except Exception as error:  # noqa: BLE001  shown by the assert below
            wrong.append(str(error))

    threads = [threading.Thread(target=work, args=(w, names[i::2])) for i, w in enumerate("ab")]
    stage = threading.Thread(target=command)
    for thread in (*threads, stage):
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    stage.join()
    assert not wrong
    assert send(client, "last", "open", names[-1]).json()["state"] == "written"
    assert labels(studio.workspace) == dict.fromkeys(names, "smile") | {names[-1]: "open"}
