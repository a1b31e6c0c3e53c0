"""The stream of events, and the state that it sends."""

from __future__ import annotations

import asyncio
import json

import pytest

from moue.studio.events import BACKLOG, Hub
from moue.workspace.types import Sample
from run_async import run_async

STATE = "/api/v1/state"


def test_every_page_gets_every_event_until_the_hub_closes():
    async def run():
        hub = Hub()
        streams = [hub.stream() for _ in range(2)]
        assert [await anext(one) for one in streams] == [b": connected\n\n"] * 2
        await asyncio.to_thread(hub.publish, "job", {"id": "笑"})
        got = [await anext(one) for one in streams]
        assert got == ['event: job\ndata: {"id":"笑"}\n\n'.encode()] * 2
        hub.close()
        for one in streams:
            with pytest.raises(StopAsyncIteration):
                await anext(one)
        assert hub.pages == 0

    run_async(run())


def test_a_page_that_does_not_read_is_disconnected():
    async def run():
        hub = Hub()
        stream = hub.stream()
        await anext(stream)
        for number in range(BACKLOG + 5):
            hub.publish("progress", number)
        await asyncio.sleep(0)
        assert len([message async for message in stream]) == BACKLOG

    run_async(run())


def test_text_that_is_not_utf8_is_sent_as_valid_json():
    async def run():
        hub = Hub()
        stream = hub.stream()
        await anext(stream)
        hub.publish("job", {"name": "caf\udce9"})
        data = (await anext(stream)).partition(b"data: ")[2].decode()
        assert json.loads(data) == {"name": "caf\udce9"}
        await stream.aclose()

    run_async(run())


def test_a_change_of_the_catalog_reaches_the_page(studio, workspace):
    async def run():
        stream = studio.hub.stream()
        await anext(stream)
        await asyncio.to_thread(studio.start)
        found = 0
        with workspace.locked() as (catalog, _):
            catalog.add_samples([Sample(name="a-1", source="a", sha256="1", original="a")])
        while found != 1:
            message = await asyncio.wait_for(anext(stream), 30)
            if message.startswith(b"event: state"):
                found = json.loads(message.partition(b"data: ")[2])["counts"]["found"]
        await stream.aclose()
        await asyncio.to_thread(studio.stop)

    run_async(run())


def test_the_start_and_the_end_of_a_job_reach_the_page_as_a_state(studio, workspace):
    async def run():
        stream = studio.hub.stream()
        await anext(stream)
        await asyncio.to_thread(studio.start)
        root = f"--workspace={workspace.root}"
        job = studio.jobs.start("split", {}, ["split", root])  # it fails: there are no mouths
        seen = []
        while seen[-2:] != [[job.id], []]:
            message = await asyncio.wait_for(anext(stream), 60)
            if message.startswith(b"event: state"):
                state = json.loads(message.partition(b"data: ")[2])
                seen.append([one["id"] for one in state["jobs"]])
        assert state["job"]["state"] == "failed"
        await stream.aclose()
        await asyncio.to_thread(studio.stop)

    run_async(run())


def test_the_state_counts_what_each_stage_left(client, workspace):
    with workspace.locked() as (catalog, _):
        catalog.add_samples(
            Sample(name=f"a-{i}", source=f"{i}", sha256=f"{i}", original=f"{i}",
                   dropped="unreadable" if i == 2 else None)
            for i in range(3)
        )  # fmt: skip
    state = client.get(STATE).json()
    assert state["counts"] | {"found": 3, "readable": 0, "crops": 0} == state["counts"]
    assert state["dropped"] == [
        {"reason": "unreadable", "title": "the picture is damaged or truncated", "count": 1}
    ]
    assert state["tabs"]["pictures"] == 2
    assert state["model"]["name"] == "mouth"
    assert state["lock"] is None


def test_the_state_names_the_process_that_locks_the_workspace(client, workspace, monkeypatch):
    with workspace.locked("clean"):
        monkeypatch.setattr("moue.studio.state.os.getpid", lambda: 1)
        assert client.get(STATE).json()["lock"]["command"] == "clean"
        answer = client.post("/api/v1/jobs", json={"command": "convert"})
    assert answer.status_code == 409
    assert "clean" in answer.json()["error"]["message"]
