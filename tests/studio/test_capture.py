from __future__ import annotations

import threading

import numpy as np
import pytest

pytest.importorskip("starlette")

from starlette.testclient import TestClient

from commands import call
from moue.demo.raw_folder import demo_pictures
from moue.media.image import encode_jpeg, encode_png, read_image
from moue.studio.access import Access
from moue.studio.app import create_app
from moue.studio.studio import Studio
from moue.workspace.provenance import origins

SITTING = "sitting-20261126-234501-k3f9"


@pytest.fixture(scope="module")
def shots():
    """JPEG frames of three faces."""
    return [picture.path.read_bytes() for picture in list(demo_pictures())[:3]]


def capture(client, data, label="smile", sitting=SITTING, kind="image/jpeg"):
    return client.post(
        "/api/v1/capture", params={"label": label, "sitting": sitting}, content=data,
        headers={"content-type": kind},
    )  # fmt: skip


def served(workspace):
    """A client of a new studio of a workspace."""
    studio = Studio(workspace, Access(8765))
    client = TestClient(create_app(studio), "http://127.0.0.1:8765", raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {studio.access.key}"
    return client


def test_a_frame_becomes_a_labelled_mouth_with_its_history(client, workspace, shots):
    answer = capture(client, shots[0]).json()
    assert answer["state"] == "written"
    assert answer["reason"] is None
    with workspace.reading() as catalog:
        mouth = catalog.mouth(answer["mouth"])
        sample = catalog.sample(answer["sample"])
        decisions = list(catalog.decisions(mouth.name))
        found = list(origins(catalog, sample.name))
    assert (mouth.label, mouth.label_by, mouth.sample) == ("smile", "user", sample.name)
    assert workspace.original(sample).read_bytes() == shots[0]
    assert read_image(workspace.mouth(mouth.name)).shape[0] == mouth.width
    assert [(one.field, one.value, one.by) for one in decisions] == [("label", "smile", "user")]
    assert found[0].engine == "camera"


def test_the_stages_have_nothing_left_to_do(client, workspace, shots, capsys):
    name = capture(client, shots[0]).json()["mouth"]
    crop = workspace.mouth(name).read_bytes()
    capsys.readouterr()
    for stage in ("convert", "clean", "dedupe", "crop", "label"):
        assert call(stage, "-w", workspace.root) == 0
    with workspace.reading() as catalog:
        assert catalog.mouth(name).label == "smile"
        assert catalog.sample(name).dropped is None
    assert workspace.mouth(name).read_bytes() == crop


@pytest.mark.slow
def test_the_frames_of_a_sitting_stay_in_one_split(client, workspace, shots):
    for number, picture in enumerate(list(demo_pictures())[:24]):
        sitting = "abc"[number // 4 % 3]
        answer = capture(client, picture.path.read_bytes(), picture.label, sitting)
        assert answer.status_code == 200
    for stage in ("dedupe", "split"):
        assert call(stage, "-w", workspace.root) == 0
    with workspace.reading() as catalog:
        videos = {}
        for sample in catalog.samples():
            for mouth in catalog.mouths(sample=sample.name):
                if mouth.split:
                    videos.setdefault(sample.video, set()).add(mouth.split)
    assert len({one.partition("@")[2] for one in videos}) == 3
    assert all(len(splits) == 1 for splits in videos.values())


def test_a_frame_without_a_face_is_kept_with_its_reason(client, workspace):
    answer = capture(client, encode_jpeg(np.full((120, 160, 3), 127, np.uint8))).json()
    assert (answer["mouth"], answer["reason"]) == (None, "no_face")
    with workspace.reading() as catalog:
        assert catalog.sample(answer["sample"]).dropped == "no_face"


def test_a_frame_waits_on_the_disk_while_a_command_runs(client, workspace, shots):
    with workspace.locked("clean"):
        answer = capture(client, shots[0]).json()
        assert answer["state"] == "queued"
        assert len(list((workspace.studio / "captures").glob("*.jpg"))) == 1
    later = capture(client, shots[1]).json()  # the first frame is added before it
    assert later["state"] == "written"
    with workspace.reading() as catalog:
        assert main_label(catalog, answer["sample"]) == "smile"
    assert not list((workspace.studio / "captures").iterdir())


def test_waiting_frames_survive_the_end_of_the_studio(workspace, shots):
    with workspace.locked("clean"), served(workspace) as client:
        name = capture(client, shots[0], "open").json()["sample"]
    with served(workspace) as client:
        assert capture(client, shots[1]).json()["state"] == "written"
    with workspace.reading() as catalog:
        assert main_label(catalog, name) == "open"


def test_a_frame_that_was_added_before_a_kill_is_not_added_twice(workspace, shots):
    with workspace.locked("clean"), served(workspace) as client:
        capture(client, shots[0])
    folder = workspace.studio / "captures"
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    for _ in range(2):
        with served(workspace):
            pass
        for name, data in kept.items():  # as if the studio was killed before it removed them
            (folder / name).write_bytes(data)
    with workspace.reading() as catalog:
        assert catalog.total() == 1
        name = next(catalog.mouths()).name
        assert len(list(catalog.decisions(name))) == 1


def test_a_picture_whose_acknowledgement_was_lost_leaves_no_rest(workspace):
    folder = workspace.studio / "captures"
    folder.mkdir(parents=True)
    (folder / "00000000000000000001.jpg").write_bytes(b"half")
    with served(workspace):
        pass
    assert not list(folder.iterdir())


def test_a_label_that_was_removed_meanwhile_keeps_the_frame_aside(workspace, shots):
    with workspace.locked("clean"), served(workspace) as client:
        capture(client, shots[0], "pout")
    workspace.settings.write_text('labels = ["none", "smile"]\n')
    with served(workspace):
        pass
    kept = (workspace.studio / "captures/failed").glob("*.jpg")
    assert [path.read_bytes() for path in kept] == [shots[0]]
    with workspace.reading() as catalog:
        assert catalog.total() == 0


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff"])
def test_what_is_not_a_picture_is_refused(client, workspace, data):
    assert capture(client, data).status_code == 400
    assert not (workspace.studio / "captures").exists()


def test_wrong_labels_sittings_and_types_are_refused(client, shots):
    png = encode_png(np.zeros((30, 30, 3), np.uint8))
    assert capture(client, shots[0], "nobody").status_code == 422
    assert capture(client, shots[0], sitting="../../etc").status_code == 422
    assert capture(client, png).status_code == 415
    assert capture(client, png, kind="image/png").status_code == 415
    assert capture(client, bytes((8 << 20) + 1)).status_code == 413


def test_many_clients_at_once_lose_no_frame(client, workspace, shots):
    answers = []

    def work(number):
        answers.extend(
            capture(client, shots[number % 3], sitting=f"s{number}-{i}") for i in range(3)
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} == {200}
    names = {one.json()["sample"] for one in answers}
    assert len(names) == 12
    with workspace.reading() as catalog:
        assert {sample.name for sample in catalog.samples()} == names


def main_label(catalog, name):
    return next(catalog.mouths(sample=name, face=0)).label
