"""Every flag of every command has an effect: a call with it has another outcome than without."""

from __future__ import annotations

import json
import re
import resource
import shutil
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import cv2
import numpy as np
import pytest

from flag_calls import OPTIONS, Caller
from flag_cases import (
    CALLS,
    FLAGS,
    IN_THE_RUN,
    SET,
    SETTINGS,
    WORKERS,
)
from flags_tested_elsewhere import TESTED_IN
from moue.cli import main
from moue.cli.setting_options import SettingOption
from moue.files import write_bytes
from moue.media.image import encode_jpeg, read_image
from moue.media.video import write_video
from webserver import body, openverse, redirect, served, status

TESTS = Path(__file__).parent
PICTURES = TESTS.parent / "src/moue/demo/pictures"
DEMO = f"demo {CALLS['demo']}"
SHARED = {"--workspace", "--json", "--set", "--workers", "--reset"}
ENDLESS = {"serve", "studio"}
"""Commands that run until they are stopped; the files in `TESTED_IN` call them."""


def case(name: str, flag: str) -> tuple[str, str] | None:
    """Return a call without a flag and one with it, None where there is no case."""
    if name in ENDLESS:
        return None
    option, base = OPTIONS[name, flag], CALLS.get(name, "")
    found = FLAGS.get((name, flag))
    if found is None and isinstance(option, SettingOption) and flag not in IN_THE_RUN.get(name, ""):
        found = SETTINGS.get((option.section, str(option.name)))
        base += " --face-only" if name.startswith("collect") and option.section == "face" else ""
    if found is None:
        return None
    without, flags = found if isinstance(found, tuple) else ("", found)
    if without.startswith("moue "):
        return without.removeprefix("moue "), flags.removeprefix("moue ")
    return f"{name} {base} {without}", f"{name} {base} {flags}"


CASES = {key: found for key in OPTIONS if (found := case(*key)) is not None}


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """A folder with photos, a video, a list, and a workspace in which every step is done."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("flags")
    for label in ("none", "pout", "smile", "open"):
        (folder / "photos" / label).mkdir(parents=True)
        for picture in sorted(PICTURES.glob(f"*-{label}.jpg"))[:7]:
            shutil.copy(picture, folder / "photos" / label)
    chosen = [min((folder / "photos" / label).iterdir()) for label in ("smile", "open")]
    faces = [read_image(picture) for picture in chosen]
    blank = 0 * faces[0]
    small = np.full((1280, 1280, 3), 128, np.uint8)
    small[500:620, 500:620] = cv2.resize(faces[0], (120, 120), interpolation=cv2.INTER_AREA)
    write_bytes(folder / "small.jpg", encode_jpeg(small, 95))
    with write_video(folder / "small.mp4") as add:
        for number in range(4):
            add(small, number / 10)
    with write_video(folder / "clip.mp4") as add:
        for number in range(16):
            frame = blank if number in (6, 7) else faces[number // 3 % 2]
            add(frame, number / 10)
    shutil.copytree(folder / "photos" / "open", folder / "frames")
    (folder / "labels.csv").write_text("file,label\nphotos/none/face-002-none.jpg,open\n")
    (folder / "old.jpg").write_bytes(b"old")
    (folder / "old.csv").write_bytes(b"old")
    (folder / "old.png").write_bytes(b"old")
    (folder / "old.onnx").write_bytes(b"old")
    (folder / "queries.txt").write_text("pout,pout\n")
    arguments = ["run", str(folder / "photos"), "-w", str(folder / "w"), "--epochs", "1"]
    assert main(arguments) == 0
    assert main(["pack", str(folder / "w.moue"), "-w", str(folder / "w")]) == 0
    return folder


@pytest.fixture(scope="session")
def web(done):
    """A site with a search engine, a page, and a picture of a face."""
    with served() as site:
        small = (done / "small.jpg").read_bytes()
        urls = [site.on("/face.jpg", body(small, "image/jpeg")), site.picture("/drawn.jpg", 1)]
        urls.append(site.on("/moved.jpg", redirect("/drawn2.jpg")))
        site.picture("/drawn2.jpg", 2)
        site.on("/robots.txt", body("User-agent: *\nDisallow: /drawn.jpg\n", "text/plain"))
        site.on("/v1/images/", openverse(urls))
        (done / "list.txt").write_text("\n".join(urls))
        yield site


@pytest.fixture(scope="session")
def caller(done, web, tmp_path_factory):
    return Caller(done, web, tmp_path_factory.mktemp("calls"))


@pytest.fixture
def call(caller, capsys):
    caller.capsys = capsys
    capsys.readouterr()
    return caller


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flag"), list(CASES), ids=map(" ".join, CASES))
def test_a_call_with_the_flag_has_another_outcome(name, flag, call):
    without, with_it = CASES[name, flag]
    assert flag in with_it.split() or flag.replace("--", "--no-", 1) in with_it.split()
    assert call(without) != call(with_it)


@pytest.mark.slow
@pytest.mark.parametrize("text", sorted({without for without, _ in CASES.values()} - {DEMO}))
def test_the_same_call_has_the_same_outcome(text, call):
    assert call(text) == call.run(text)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, f in OPTIONS if f == "--json"])
def test_json_prints_only_json(name, call):
    text = f"{name} {CALLS.get(name, '')}".replace(" --json", "")
    _, plain, *_ = call(text)
    _, out, *_ = call(f"{text} --json")
    assert out != plain
    assert [json.loads(line) for line in out.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({n for n, f in OPTIONS if f == "--set"} - ENDLESS))
def test_set_overrides_a_setting(name, call):
    text = f"{name} {CALLS.get(name, '')}"
    assert call(text) != call(f"{text} --set {SET[name]}")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({n for n, f in OPTIONS if f == "--workspace"} - ENDLESS))
def test_workspace_names_the_folder(name, call):
    text = f"{name} {CALLS.get(name, '')}".replace("--workspace {at}/new", "")
    assert call(text) != call(f"{text} --workspace {{at}}/other")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({n for n, f in OPTIONS if f == "--reset"} - ENDLESS))
def test_reset_forgets_kept_settings(name, call):
    text = "run {here}/nothing" if name == "run" else f"{name} {CALLS.get(name, '')}"
    _, _, err, *_ = call(f"{text} --reset")
    assert "note: saved settings discarded: 1" in err


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({n for n, f in OPTIONS if f == "--workers"} - ENDLESS))
def test_workers_start_processes(name, call):
    def faults(workers: int) -> int:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        call(f"{name} {WORKERS[name]} --workers {workers}")
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before

    assert faults(1) == 0
    assert faults(2) > 0


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["--max-connections", "--max-per-host"])
@pytest.mark.parametrize("name", ["collect web", "collect urls"])
def test_connections_are_limited(name, flag, call):
    waiting = threading.Barrier(2)
    met = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        try:
            waiting.wait(1)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
        status(404)(handler)

    before = dict(call.site.replies)
    for path in ("/face.jpg", "/moved.jpg"):
        call.site.on(path, reply)
    try:
        call.run(f"{name} {CALLS[name]}")
        assert met == [True, True]
        met.clear()
        call.run(f"{name} {CALLS[name]} {flag} 1")
        assert met == [False, False]
    finally:
        call.site.replies = before


@pytest.mark.slow
@pytest.mark.parametrize("name", list(IN_THE_RUN))
def test_the_run_has_all_training_flags(name, call):
    call.run(f"{name} {CALLS[name] if name == 'demo' else IN_THE_RUN[name]}")
    settings = json.loads(
        next(f for f in call.place.rglob("runs/*/settings.json") if f.parts[-4] != "w").read_text()
    )
    words = IN_THE_RUN[name].partition("--recipe")[1:]
    for flag, value in re.findall(r"--(\S+) (\S+)", "".join(words)):
        assert str(settings[flag.replace("-", "_")]) == value


def test_every_flag_has_a_case():
    missing = []
    for (name, flag), option in OPTIONS.items():
        setting = (getattr(option, "section", ""), str(option.name))
        known = {*CASES, *((name, shared) for shared in SHARED)}
        in_run = name in IN_THE_RUN and flag in IN_THE_RUN[name].split()
        if not in_run and (name, flag) not in known and not {setting, (name, flag)} & {*TESTED_IN}:
            missing.append(f"{name} {flag}")
    assert missing == []


@pytest.mark.parametrize("key", list(TESTED_IN), ids=map(" ".join, TESTED_IN))
def test_another_file_tests_the_flag(key):
    text = (TESTS / TESTED_IN[key]).read_text(encoding="utf-8")
    assert key[1] in text or f"--{key[1]}".replace("_", "-") in text
