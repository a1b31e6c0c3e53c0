from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from moue.face.backends import FaceSettings, detect_faces
from moue.media.image import Picture
from moue.workspace import provenance
from webserver import body, in_turn, jpeg, png, redirect, status


def skipped(summary):
    """The reasons for which the first query of a summary skipped."""
    return summary.result["queries"][0]["skipped"]


def test_repeated_url_is_fetched_once(fetch, site):
    url = site.picture("/a.jpg", 1)
    summary = fetch(url, url + "#again", site.url("/gone.jpg"), site.url("/gone.jpg"), url)
    assert (summary.done, skipped(summary)) == (1, {"gone": 2})
    assert summary.result["queries"][0]["known"] == 2
    assert sorted(site.paths()) == ["/a.jpg", "/gone.jpg"]


def test_changed_settings_retry_refused_urls(fetch, site):
    url = site.on("/a.jpg", body(jpeg(1), "image/jpeg", X_Robots_Tag="noai"))
    assert skipped(fetch(url, allow_private=False)) == {"refused": 1}
    assert skipped(fetch(url)) == {"noai": 1}
    site.asked.clear()
    assert skipped(fetch(url)) == {"noai": 1}
    assert site.asked == []
    assert skipped(fetch(url, robots=False, picture_filter=lambda _: False)) == {"no_face": 1}
    assert fetch(url, robots=False).done == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (status(404), "gone"), (status(500), "server_error"), (body("text"), "not_an_image"),
        (body(b""), "empty"), (body(b"\xff\xd8\xff\xe0junk", "image/jpeg"), "unreadable"),
        (body("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "unsupported"),
        (body(jpeg(1, 700), "image/jpeg"), "too_large"), (redirect("/a.jpg"), "redirects"),
        (redirect("file:///etc/passwd"), "not_http"),
        (status(429, Retry_After="99"), "rate_limited"),
        (body(jpeg(1), "image/jpeg", X_Robots_Tag="noai"), "noai"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_skipped_picture_has_a_reason(fetch, catalog, site, reply, reason):
    site.on("/a.jpg", reply)
    summary = fetch(site.url("/a.jpg"), max_pixels=100_000)
    assert (summary.done, skipped(summary)) == (0, {reason: 1})
    assert list(catalog.samples()) == []


def test_png_with_a_billion_pixels_is_not_decoded(fetch, site):
    head = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + png(1)[24:29]
    bomb = png(1)[:12] + head + zlib.crc32(head).to_bytes(4, "big") + png(1)[33:]
    summary = fetch(site.on("/a.png", body(bomb, "image/png")))
    assert skipped(summary) == {"too_large": 1}


def test_format_and_name_do_not_depend_on_the_url(fetch, workspace, catalog, site):
    url = site.on("/..%2f..%2fetc%2fpasswd.exe", body(png(3), "text/html"))
    assert fetch(url).done == 1
    (sample,) = catalog.samples()
    kept = workspace.original(sample)
    assert kept.parent.parent == workspace.originals
    assert kept.suffix == ".png"
    assert "passwd" not in kept.name


def test_forbidden_addresses_have_a_reason(fetch, site):
    site.picture("/a.jpg", 1)
    summary = fetch(site.url("/a.jpg"), "ftp://x.example/a", "nonsense", allow_private=False)
    assert skipped(summary) == {"refused": 1, "not_http": 2}
    assert site.asked == []


def test_picture_filter_keeps_only_faces(fetch, workspace, catalog, site):
    from moue.demo.raw_folder import PICTURES

    face = next(path for path in sorted(PICTURES.rglob("*.jpg")))
    site.on("/face.jpg", body(face.read_bytes(), "image/jpeg"))
    urls = [site.picture("/blobs.jpg", 1), site.url("/face.jpg")]
    settings = FaceSettings(backend="haar")
    summary = fetch(*urls, picture_filter=lambda data: bool(detect_faces(Picture(data), settings)))
    assert (summary.done, skipped(summary)) == (1, {"no_face": 1})
    assert next(catalog.samples()).source == site.url("/face.jpg")


def test_no_part_files_remain(fetch, workspace, catalog, site):
    urls = [site.picture(f"/{i}.jpg", i // 2) for i in range(8)]
    fetch(*urls, site.on("/x", body("no")))
    names = {path.name for path in workspace.originals.rglob("*.*")}
    assert names == {Path(sample.original).name for sample in catalog.samples()}


def test_full_disk_is_an_error_that_loses_nothing(fetch, workspace, catalog, site, monkeypatch):
    urls = [site.picture(f"/{i}.jpg", i) for i in range(6)]
    write = Path.write_bytes
    room = iter([True, True, False])

    def full(path, data):
        if next(room, False):
            return write(path, data)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught:
        fetch(*urls)
    assert caught.value.filename.startswith(str(workspace.originals))
    monkeypatch.undo()
    assert fetch(*urls).counts["all"] == 6
    assert len(list(workspace.originals.rglob("*.jpg"))) == 6


_RUN = "from moue.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


@pytest.mark.slow
def test_killed_collection_resumes_at_any_picture(tmp_path, site):
    urls = [site.picture(f"/{i}.jpg", i - i % 5 // 4) for i in range(20)] + [site.url("/gone")]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    running: list[subprocess.Popen[bytes]] = []

    def kill(handler):
        os.kill(running[-1].pid, signal.SIGKILL)

    def run(place):
        command = [
            sys.executable, "-c", _RUN, "collect", "urls", str(tmp_path / "urls.txt"), "-w",
            str(place), "--allow-private", "--rate", "0", "--max-connections", "3",
        ]  # fmt: skip
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        running[-1].communicate()
        return running[-1].returncode

    assert run(tmp_path / "whole") == 0
    for path in ("/0.jpg", "/9.jpg", "/19.jpg"):
        reply = site.replies[path]
        site.on(path, in_turn(kill, reply))
        assert run(tmp_path / "killed") == -signal.SIGKILL
    site.asked.clear()
    assert run(tmp_path / "killed") == 0
    # With 3 threads, 12 URLs are pending at most: the first 8 were stored before the last kill.
    assert not {f"/{i}.jpg" for i in range(8)} & set(site.paths())
    assert _state(tmp_path / "killed") == _state(tmp_path / "whole")


def test_ctrl_c_does_not_wait_for_a_server(tmp_path, site):
    running: list[subprocess.Popen[str]] = []

    def interrupt(_):
        os.kill(running[-1].pid, signal.SIGINT)
        site.over.wait()

    (tmp_path / "urls.txt").write_text(site.on("/a.jpg", interrupt))
    command = [
        sys.executable, "-c", _RUN, "collect", "urls", str(tmp_path / "urls.txt"), "-w",
        str(tmp_path / "w"), "--allow-private", "--timeout", "600",
    ]  # fmt: skip
    running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
    _, said = running[-1].communicate(timeout=60)
    assert running[-1].returncode == 130
    assert said.splitlines()[-1].startswith("interrupted; finished work is saved")


def _state(place):
    from moue.workspace.workspace import Workspace

    with Workspace(place).reading() as catalog:
        rows = [(s.name, s.source, s.original) for s in catalog.samples()]
        came = [(o.sample, o.url) for o in provenance.origins(catalog)]
    return rows, came, sorted(path.name for path in (place / "originals").rglob("*.*"))
