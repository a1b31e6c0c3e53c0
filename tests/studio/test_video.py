from __future__ import annotations

import threading

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image
from moue.media.video import write_video

ENDED = ("done", "failed", "stopped")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of one face, two seconds long."""
    file = tmp_path_factory.mktemp("clip") / "clip.mp4"
    face = read_image(next(demo_pictures()).path)
    with write_video(file) as add:
        for number in range(10):
            add(face, number / 5)
    return file.read_bytes()


@pytest.fixture
def ended(studio):
    """A function that waits for the end of a job."""
    done = threading.Event()
    told = studio.jobs._ended

    def end(job):
        told(job)
        done.set()

    studio.jobs._ended = end

    def wait(job):
        assert done.wait(120)
        return studio.jobs.get(job["id"])

    return wait


def post(client, data, kind="video/mp4", **query):
    return client.post(
        "/api/v1/predict/video", params=query, content=data, headers={"content-type": kind}
    )


@pytest.mark.slow
def test_a_video_gives_a_timeline_and_is_deleted(client, workspace, clip, ended):
    job = post(client, clip).json()
    assert (job["command"], job["state"]) == ("video", "running")
    assert ended(job).state == "done"
    found = client.get(f"/api/v1/jobs/{job['id']}/timeline").json()
    assert found["state"] == "done"
    assert found["frames"] == 10
    assert found["fps"] == pytest.approx(5)
    assert found["timeline"]
    assert {one["track"] for one in found["timeline"]} == {1}
    assert not list((workspace.studio / "videos").iterdir())


@pytest.mark.slow
def test_what_is_not_a_video_is_a_failed_job_with_a_message(client, workspace, ended):
    job = ended(post(client, b"no video").json())
    assert job.state == "failed"
    assert job.message
    assert client.get(f"/api/v1/jobs/{job.id}/timeline").json()["timeline"] == []
    assert not list((workspace.studio / "videos").iterdir())


def test_wrong_requests_leave_no_file(client, workspace, clip):
    assert post(client, clip, model="nobody").status_code == 404
    assert post(client, clip, kind="text/html").status_code == 415
    huge = {"content-type": "video/mp4", "content-length": str((1 << 30) + 1)}
    assert client.post("/api/v1/predict/video", content=b"", headers=huge).status_code == 413
    assert client.get("/api/v1/jobs/nobody/timeline").status_code == 404
    folder = workspace.studio / "videos"
    assert not folder.is_dir() or not list(folder.iterdir())


def test_videos_that_an_earlier_server_left_are_deleted(studio, workspace):
    folder = workspace.studio / "videos"
    folder.mkdir(parents=True)
    (folder / "rest").write_bytes(b"rest")
    studio.videos.start()
    assert not list(folder.iterdir())
