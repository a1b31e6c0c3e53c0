"""Commands that run as child processes of the studio."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest

from moue.cli.commands import moue
from moue.config import SECTIONS
from moue.demo.raw_folder import demo_pictures
from moue.settings import fields
from moue.studio.access import Access
from moue.studio.jobs.arguments import COMMANDS
from moue.studio.studio import Studio

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

JOBS = "/api/v1/jobs"


def started(client, command, **options):
    answer = client.post(JOBS, json={"command": command, "options": options})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def ended(client, job, limit=60.0):
    """Wait for the end of a job; return it."""
    latest = time.monotonic() + limit
    while time.monotonic() < latest:
        found = next(one for one in client.get(JOBS).json()["jobs"] if one["id"] == job)
        if found["state"] != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("the job did not end")


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for picture in list(demo_pictures())[:2]:
        (folder / picture.path.name).write_bytes(picture.path.read_bytes())
    return folder


def test_collect_imports_a_folder(client, pictures):
    job = ended(client, started(client, "collect", sources=[str(pictures)]))
    assert job["state"] == "done"
    assert job["summary"]["counts"]["new"] == 2
    assert job["progress"]["done"] == 2
    assert client.get("/api/v1/state").json()["counts"]["found"] == 2


def test_dropped_pictures_are_collected_and_labelled_by_their_folder(client, pictures, workspace):
    upload = client.post("/api/v1/uploads", json={}).json()["id"]
    data = sorted(pictures.iterdir())[0].read_bytes()
    answer = client.post(
        f"/api/v1/uploads/{upload}/files", params={"name": "../../a.jpg", "folder": "../smile"},
        content=data, headers={"content-type": "image/jpeg"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert ended(client, started(client, "collect", upload=upload))["state"] == "done"
    with workspace.reading() as catalog:
        (sample,) = catalog.samples()
    assert "/smile/" in sample.source.replace("_", "")
    assert workspace.original(sample).read_bytes() == data
    assert not (workspace.root / "uploads").exists()


@pytest.mark.parametrize(("language", "word"), [("en", "nothing new"), ("zh-CN", "无新内容")])
def test_a_job_writes_in_the_language_of_the_page(client, workspace, language, word):
    body, headers = {"command": "convert", "options": {}}, {"Accept-Language": language}
    job = ended(client, client.post(JOBS, json=body, headers=headers).json()["id"])
    output = workspace.studio / "jobs" / job["id"] / "output.txt"
    assert word in output.read_text(encoding="utf-8")
    assert all(note.isascii() for note in job["notes"])


def test_a_failed_command_gives_its_message(client):
    job = ended(client, started(client, "split"))
    assert job["state"] == "failed"
    assert "label" in job["message"]
    assert "标签" in job["translations"]["zh"]


def test_a_second_stage_is_refused_while_one_runs(client, studio, pictures, monkeypatch):
    first = started(client, "convert")
    monkeypatch.setattr(studio.jobs, "_update", lambda job: None)
    answer = client.post(JOBS, json={"command": "clean"})
    monkeypatch.undo()
    assert answer.status_code == 409
    assert "convert" in answer.json()["error"]["message"]
    ended(client, first)


@pytest.mark.parametrize(
    ("command", "options"),
    [("x", {}), ("clean", {"x": 1}), ("clean", {"min_sharpness": "--help"}),
     ("clean", {"min_sharpness": -1}), ("clean", {"workers": -1}), ("clean", {"reset": "yes"}),
     ("collect", {}), ("collect", {"sources": []}), ("collect", {"sources": ["a"]}),
     ("collect", {"sources": ["--help"]}), ("collect", {"sources": [3]}),
     ("collect", {"sources": ["/etc/../etc"]}), ("collect", {"sources": ["/a\0"]}),
     ("collect", {"upload": "../.."}), ("evaluate", {"model": "../../etc/passwd"}),
     ("evaluate", {"model": 7}), ("train", {"recipe": "../x"}), ("train", {"fine_tune": 3}),
     ("train", {"network": "net.py:Net"}), ("run", {"network": "net.py:Net"})],
)  # fmt: skip
def test_bad_options_are_refused_and_start_nothing(client, command, options):
    answer = client.post(JOBS, json={"command": command, "options": options})
    assert answer.status_code in (403, 404, 422), answer.text
    assert client.get(JOBS).json()["jobs"] == []


def test_a_link_out_of_the_allowed_folders_is_not_imported(client, pictures, monkeypatch):
    (pictures / "link").symlink_to("/etc")
    answer = client.post(
        JOBS, json={"command": "collect", "options": {"sources": [str(pictures / "link")]}}
    )
    assert answer.status_code == 403
    assert answer.json()["error"]["values"]["path"].endswith("link")


def waiting_job(studio, tmp_path):
    """A job that runs until it is stopped: a command that reads a pipe without a writer."""
    pipe = tmp_path / "urls.txt"
    os.mkfifo(pipe)
    root = f"--workspace={studio.workspace.root}"
    return studio.jobs.start("collect", {}, ["collect", "urls", str(pipe), root]), pipe


def test_a_job_outlives_its_server_and_is_found_again(studio, tmp_path):
    studio.start()
    job, _pipe = waiting_job(studio, tmp_path)
    studio.stop()
    later = Studio(studio.workspace, Access(8765))
    later.start()
    try:
        assert [one.id for one in later.jobs.running()] == [job.id]
        later.jobs.stop(job.id)
        latest = time.monotonic() + 60
        while later.jobs.running() and time.monotonic() < latest:
            time.sleep(0.05)
        assert later.jobs.get(job.id).state == "stopped"
    finally:
        later.stop()


def test_a_damaged_job_folder_is_logged_and_not_listed(studio, caplog):
    folder = studio.workspace.studio / "jobs" / "20260101-000000-abcd"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text("{broken")
    studio.start()
    studio.stop()
    assert studio.jobs.all() == []
    assert f"{folder}: this job is not listed" in caplog.text


def test_a_killed_job_has_failed(studio, tmp_path):
    studio.start()
    try:
        job, _pipe = waiting_job(studio, tmp_path)
        os.kill(studio.jobs._jobs[job.id].pid, signal.SIGKILL)
        latest = time.monotonic() + 60
        while studio.jobs.running() and time.monotonic() < latest:
            time.sleep(0.05)
        assert studio.jobs.get(job.id).state == "failed"
        assert "unexpectedly" in studio.jobs.get(job.id).message
    finally:
        studio.stop()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_setting_of_a_job_is_a_flag_of_its_command(name):
    command = COMMANDS[name]
    found = moue
    for word in command.words:
        if not word.startswith("--"):
            found = found.commands[word]
    flags = {flag for option in found.params for flag in option.opts}
    settings = [f for section in command.sections for f in fields(SECTIONS[section])]
    assert {f.flag for f in settings} <= flags
    assert {word for word in command.words if word.startswith("--")} <= flags


def test_run_stops_after_the_given_step(client, pictures):
    job = started(client, "run", sources=[str(pictures)], until="crop")
    job = ended(client, job)
    assert (job["state"], job["summary"]["stage"]) == ("done", "crop")
    assert client.get("/api/v1/state").json()["counts"]["crops"] == 2


@pytest.mark.slow
def test_a_stopped_training_keeps_its_epochs_and_resumes(client, learnable, tmp_path):
    pytest.importorskip("torch")
    photos = str(shutil.copytree(learnable, tmp_path / "photos"))
    job = ended(client, started(client, "run", sources=[photos], kind="mouth", until="split"))
    assert job["state"] == "done", job["message"]
    first = started(client, "train", epochs=400, patience=0)
    latest = time.monotonic() + 120
    while time.monotonic() < latest:
        job = client.get(JOBS).json()["jobs"][0]
        if job["progress"] and job["progress"]["done"] > 2:
            break
        time.sleep(0.05)
    assert client.post(f"{JOBS}/{first}/stop", json={}).json()["stopping"]
    stopped = ended(client, first)
    assert stopped["state"] == "stopped"
    second = started(client, "train", epochs=400, patience=0)
    while time.monotonic() < latest:
        job = client.get(JOBS).json()["jobs"][0]
        if job["run"] and job["progress"]["done"] > 0:
            break
        time.sleep(0.05)
    client.post(f"{JOBS}/{second}/stop", json={})
    again = ended(client, second)
    assert again["run"] == stopped["run"]
