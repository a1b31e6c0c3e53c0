from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from moue.dataset.collect.candidate import Filters, Query
from moue.dataset.collect.collect_search import SearchRequest, collect_search
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.http_settings import WebSettings
from moue.errors import Blocked, EngineError, NoResults, Offline, SourceError
from moue.face.backends import FaceSettings, detect_faces
from moue.media.image import Picture, read_image
from moue.progress import NullProgress, Progress
from moue.workspace import provenance
from webserver import body, by_query, in_turn, jpeg, openverse, png, redirect, status

FAST = {
    "allow_private": True,
    "rate": 0.0,
    "timeout": 5.0,
    "max_backoff": 0.0,
    "max_connections": 4,
}
BING = "/images/async"


@pytest.fixture
def search(workspace, catalog, site):
    """Searches engines that are all at the site."""

    def search(engines="openverse", number=3, queries="smile", label=None, **settings):
        filters = {k: settings.pop(k) for k in ("size", "licence", "type") if k in settings}
        names = engines.split(",")
        request = SearchRequest(
            [Query(text, label) for text in queries.split(",")], names, number,
            Filters(**filters), dict.fromkeys(names, site.root),
        )  # fmt: skip
        web = WebSettings(**(FAST | settings))
        return collect_search(workspace, catalog, request, web, NullProgress())

    return search


@pytest.fixture
def fetch(workspace, catalog, tmp_path):
    """Takes the pictures of a list of URLs."""

    def fetch(*urls, label=None, picture_filter=None, **settings):
        table = tmp_path / "urls.txt"
        table.write_text("\n".join(urls))
        web = WebSettings(**(FAST | settings))
        return collect_urls(
            workspace, catalog, [str(table)], label, web, NullProgress(), picture_filter
        )

    return fetch


def skipped(summary):
    """The reasons for which the first query of a summary skipped."""
    return summary.result["queries"][0]["skipped"]


def bing(*urls):
    links = "".join(f"""<a class="iusc" m='{{"murl":"{url}"}}'></a>""" for url in urls)
    return by_query("first", {"1": body(links), "36": body("")})


def test_pictures_have_their_provenance(search, workspace, catalog, site):
    urls = [site.picture(f"/{i}.jpg?s=1", i) for i in range(3)]
    site.on("/v1/images/", openverse(urls))
    assert search(label="smile").done == 3
    first = next(catalog.samples())
    kept = workspace.original(first)
    assert kept.read_bytes() == jpeg(0)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444
    assert (first.source, first.licence) == (urls[0], "CC BY 4.0")
    (origin,) = provenance.origins(catalog, first.name)
    assert (origin.engine, origin.query, origin.label) == ("openverse", "smile", "smile")
    assert (origin.url, origin.page) == (urls[0], "https://example.org/0")
    assert (origin.author, origin.licence, origin.type) == ("Ann", "CC BY 4.0", "image/jpeg")
    assert origin.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert origin.at.endswith("+00:00")


def test_query_sets_a_weak_label_only(search, catalog, site):
    site.on("/v1/images/", openverse([site.picture("/smile/1.jpg", 1)]))
    search(label="smile")
    (sample,) = catalog.samples()
    assert provenance.weak_labels(catalog, sample.name) == {"query:smile": "smile"}
    (said,) = catalog.decisions(sample.name)
    assert (said.field, said.value, said.by) == ("weak label", "smile", "query:smile")


def test_only_the_missing_pictures_are_fetched(search, site):
    urls = [site.picture(f"/{i}.jpg", i) for i in range(9)]
    site.on("/v1/images/", openverse([site.url("/gone.jpg"), *urls]))
    assert search(number=3).done == 3
    assert sorted(site.paths()[1:]) == ["/0.jpg", "/1.jpg", "/2.jpg", "/gone.jpg"]


def test_same_search_fetches_only_missing_pictures(search, site):
    site.on("/v1/images/", openverse([site.picture(f"/{i}.jpg", i) for i in range(5)]))
    search(number=3)
    site.asked.clear()
    again = search(number=3)
    assert (again.done, site.asked) == (0, [])
    assert again.counts["all"] == 3
    assert again.notes == ["smile: its 3 pictures are already in the catalog"]
    assert search(number=5).done == 2
    assert sorted(site.paths()) == ["/3.jpg", "/4.jpg", "/v1/images/"]


def test_only_retryable_failures_are_retried(search, catalog, site):
    late = in_turn(status(500), body(jpeg(7), "image/jpeg"))
    urls = [site.url("/gone.jpg"), site.on("/late.jpg", late), site.on("/text.jpg", body("text"))]
    site.on("/v1/images/", openverse(urls))
    first = search()
    assert (first.done, skipped(first)) == (0, {"gone": 1, "server_error": 1, "not_an_image": 1})
    site.asked.clear()
    assert search().done == 1
    assert site.paths() == ["/v1/images/", "/late.jpg"]


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


def test_same_bytes_are_one_sample_with_two_origins(search, catalog, site):
    urls = [site.picture("/a.jpg", 1), site.picture("/b.jpg", 1), site.picture("/c.jpg", 2)]
    site.on("/v1/images/", openverse(urls))
    summary = search()
    assert (summary.done, skipped(summary)) == (2, {"duplicate": 1})
    first = next(catalog.samples())
    assert [o.url for o in provenance.origins(catalog, first.name)] == urls[:2]


def test_picture_of_two_queries_is_fetched_once(search, catalog, site):
    url = site.picture("/a.jpg", 1)
    site.on("/v1/images/", openverse([url]))
    summary = search(queries="smile,pout", number=1)
    assert (summary.done, site.paths().count("/a.jpg")) == (1, 1)
    (sample,) = catalog.samples()
    assert [o.query for o in provenance.origins(catalog, sample.name)] == ["smile", "pout"]


def test_engines_share_the_number_and_fill_up(search, catalog, site):
    site.on("/v1/images/", openverse([site.picture(f"/o{i}.jpg", i) for i in range(4)]))
    site.on(BING, bing(*[site.picture(f"/b{i}.jpg", 10 + i) for i in range(4)]))
    search("openverse,bing", 4)
    assert [provenance.count_pictures(catalog, e, "smile") for e in ("openverse", "bing")] == [2, 2]
    summary = search("openverse,bing", 9)
    assert [provenance.count_pictures(catalog, e, "smile") for e in ("openverse", "bing")] == [4, 4]
    assert "1 pictures missing; no engine has more" in " ".join(summary.notes)


@pytest.mark.parametrize("answer", [status(403), body("{}"), openverse([])])
def test_other_engine_replaces_a_failed_one(search, site, answer):
    site.on("/v1/images/", answer)
    site.on(BING, bing(*[site.picture(f"/b{i}.jpg", i) for i in range(4)]))
    summary = search("openverse,bing", 4)
    assert summary.done == 4
    assert any(note.startswith("bing: smile: candidates 4, downloaded 4") for note in summary.notes)
    assert any(
        note.startswith("openverse: ") and "downloaded" not in note for note in summary.notes
    )
    outcomes = {q["engine"]: q["outcome"] for q in summary.result["queries"]}
    assert outcomes["bing"] is None
    assert outcomes["openverse"] in ("blocked", "layout changed", "no results")


def test_failed_engine_is_not_used_for_later_queries(search, site):
    site.on("/v1/images/", status(403))
    site.on(BING, bing(site.picture("/a.jpg", 1)))
    assert search("openverse,bing", 1, queries="smile,pout,open").done == 1
    assert site.paths().count("/v1/images/") == 1


def test_query_without_results_does_not_stop_the_next(search, site):
    found = openverse([site.picture("/a.jpg", 1)])
    site.on("/v1/images/", by_query("q", {"qwxz": openverse([]), "smile": found}))
    assert search(queries="qwxz,smile", number=1).done == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(status(403), Blocked), (status(500), Offline), (openverse([]), NoResults)],
)
def test_failure_of_all_engines_is_an_error(search, site, answer, outcome):
    site.on("/v1/images/", answer)
    with pytest.raises(outcome):
        search()
    with pytest.raises(EngineError, match=r"openverse.*bing"):
        search("openverse,bing", queries="smile,pout")


def test_failed_later_page_keeps_earlier_results(search, catalog, site):
    first = openverse([site.picture(f"/{i}.jpg", i) for i in range(2)], page_count=9)
    site.on("/v1/images/", in_turn(first, status(403)))
    summary = search(number=5)
    assert summary.done == 2
    assert "blocks programs" in summary.notes[-1]


def test_licence_filter_skips_engines_without_it(search, site):
    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1)]))
    summary = search("openverse,baidu", 1, licence="commercial", type="face")
    assert summary.done == 1
    assert "baidu: skipped: it cannot filter by licence commercial" in summary.notes
    assert "openverse: cannot filter by type face; the filter is ignored" in summary.notes
    with pytest.raises(SourceError, match="baidu: skipped"):
        search("baidu", 1, licence="commercial")


def test_progress_line_counts_candidates_and_downloads(workspace, catalog, site):
    lines = []

    class Listening(Progress):
        def task(self, what, total):
            from contextlib import nullcontext

            return nullcontext(lambda words: lines.append(f"{what}: {words}"))

        def say(self, text):
            lines.append(text)

    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1), site.url("/gone.jpg")]))
    request = SearchRequest([Query("smile")], ["openverse"], 2, base_urls={"openverse": site.root})
    collect_search(workspace, catalog, request, WebSettings(**FAST), Listening())
    assert lines == [
        "openverse: smile: candidates 2, downloaded 1",
        "openverse: smile: candidates 2, downloaded 1, skipped 1: 1 gone",
    ]


# what a URL may hold


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
    assert kept.parent == workspace.originals
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


def test_contact_sheet_shows_new_pictures(search, fetch, site):
    site.on("/v1/images/", openverse([site.picture(f"/{i}.jpg", i) for i in range(60)]))
    (sheet,) = search(number=60).files
    assert read_image(sheet).shape == (6 * 212 + 60, 8 * 180 + 12, 3)
    assert search(number=60).files == []


def test_no_part_files_remain(fetch, workspace, catalog, site):
    urls = [site.picture(f"/{i}.jpg", i // 2) for i in range(8)]
    fetch(*urls, site.on("/x", body("no")))
    names = {path.name for path in workspace.originals.iterdir()}
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
    assert len(list(workspace.originals.iterdir())) == 6


# killed and started again

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
    assert said.splitlines()[-1].startswith("interrupted; saved results are kept")


def _state(place):
    from moue.workspace.workspace import Workspace

    with Workspace(place).reading() as catalog:
        rows = [(s.name, s.source, s.original) for s in catalog.samples()]
        came = [(o.sample, o.url) for o in provenance.origins(catalog)]
    return rows, came, sorted(path.name for path in (place / "originals").iterdir())
