from __future__ import annotations

import stat

import pytest

from moue.errors import Blocked, EngineError, NoResults, Offline, SourceError
from moue.media.image import read_image
from moue.progress import Progress
from moue.workspace import provenance
from webserver import body, by_query, in_turn, jpeg, openverse, status

BING = "/images/async"


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
    assert again.notes == ["smile: all 3 pictures are already in the catalog"]
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
    assert "the engines found 8 of 9 pictures" in " ".join(summary.notes)


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
    assert "blocks automated requests" in summary.notes[-1]


def test_licence_filter_skips_engines_without_it(search, site):
    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1)]))
    summary = search("openverse,baidu", 1, licence="commercial", type="face")
    assert summary.done == 1
    assert "baidu was skipped: it has no filter licence=commercial" in summary.notes
    assert "openverse: the filter type=face is not supported and is ignored" in summary.notes
    with pytest.raises(SourceError, match="baidu was skipped"):
        search("baidu", 1, licence="commercial")


def test_progress_line_counts_candidates_and_downloads(search, site):
    lines = []

    class Listening(Progress):
        def task(self, what, total):
            from contextlib import nullcontext

            return nullcontext(lambda words: lines.append(f"{what}: {words}"))

        def say(self, text):
            lines.append(text)

    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1), site.url("/gone.jpg")]))
    search(number=2, progress=Listening())
    assert lines == [
        "openverse: smile: candidates 2, downloaded 1",
        "openverse: smile: candidates 2, downloaded 1, skipped 1: 1 gone",
    ]


def test_contact_sheet_shows_new_pictures(search, fetch, site):
    site.on("/v1/images/", openverse([site.picture(f"/{i}.jpg", i) for i in range(60)]))
    (sheet,) = search(number=60).files
    assert read_image(sheet).shape == (6 * 212 + 60, 8 * 180 + 12, 3)
    assert search(number=60).files == []
