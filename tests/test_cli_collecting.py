from __future__ import annotations

import json

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.cli.commands import moue
from moue.workspace.workspace import Workspace
from webserver import as_json, body, jpeg, openverse, redirect, status

OTHERS = moue.commands["collect"].others


@pytest.fixture
def place(tmp_path):
    return tmp_path / "w"


@pytest.fixture
def call(place, capsys):
    """Calls a command in the workspace; returns its exit code, stdout and stderr."""

    def call(*arguments):
        code = main([*map(str, arguments), "-w", str(place)])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def web(call, site):
    """Searches Openverse at the site."""

    def web(*arguments):
        here = ("--site", f"openverse={site.root}", "--site", f"bing={site.root}")
        return call("collect", "web", *arguments, *here, "--allow-private", "--rate", "0")

    return web


@pytest.mark.parametrize("name", list(OTHERS))
def test_every_way_to_collect_explains_itself_with_an_example(name, capsys):
    assert main(["collect", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Usage: moue collect {name}" in out
    assert "Example" in out


def test_collect_tells_of_the_other_ways(capsys):
    assert main(["collect", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"collect {name}" in out for name in OTHERS)
    assert "Usage: moue collect [OPTIONS] SOURCES..." in out


def test_a_folder_that_is_called_like_another_way_can_be_named(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "web" / "a.jpg", drawn(1))
    assert call("collect", "./web")[0] == 0
    code, _, err = call("collect", "web")
    assert (code, "./web" in err) == (2, True)


def test_the_line_that_people_type_works(web, place, site):
    site.on("/v1/images/", openverse([site.picture(f"/{i}.jpg", i) for i in range(2)]))
    links = f"""<a class="iusc" m='{{"murl":"{site.picture("/b.jpg", 9)}"}}'></a>"""
    site.on("/images/async", body(links))
    code, out, err = web(
        "smiling face", "--engine", "bing,openverse", "-n", "3", "--label", "smile"
    )
    assert code == 0
    assert "bing: smiling face: found 1, taken 1" in out
    assert "openverse: smiling face: found 2, taken 2" in out
    assert "bing: smiling face: 1 in" in err
    assert len(list((place / "originals").glob("*.jpg"))) == 3


def test_keywords_are_searched_for_each_with_its_label(web, call, site, tmp_path):
    (tmp_path / "queries.txt").write_text("smile,smile\npout,pout\n")
    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1)]))
    code, out, _ = web("--keywords", tmp_path / "queries.txt", "--engine", "openverse", "-n", "1",
                       "--json")  # fmt: skip
    assert code == 0
    assert [q["query"] for q in json.loads(out)["result"]["queries"]] == ["smile", "pout"]
    out = call("info", "--sources")[1]
    assert "openverse:pout: 1 pictures, 1 in use" in out
    assert "expected to show (a hint, no label): pout 1" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--engine", "altavista"], "known are openverse"),
        (["x", "--engine", ","], "known are openverse"),
        (["x", "--label", "grin"], "not one of none, pout, smile, open"),
        (["x", "-n", "0"], "0 is not in the range"),
        ([], "QUERY or --keywords"),
        (["x", "--site", "bing"], "engine=https://host"),
    ],
)
def test_wrong_usage_is_told(call, arguments, words):
    code, _, err = call("collect", "web", *arguments)
    assert (code, words in err) == (2, True)


def test_engines_that_all_fail_end_it_with_one_line_that_says_how(web, site):
    site.on("/v1/images/", status(403))
    code, _, err = web("smile", "--engine", "openverse")
    assert code == 1
    assert "openverse: does not want to be asked by a program" in err
    assert "Traceback" not in err


def test_a_list_of_urls_and_a_page_are_fetched(call, site, tmp_path):
    (tmp_path / "urls.txt").write_text(site.picture("/1.jpg", 1))
    page = site.on("/page", body("<img src=/2.jpg>"))
    site.picture("/2.jpg", 2)
    code, out, _ = call("collect", "urls", tmp_path / "urls.txt", page, "--allow-private")
    assert (code, "new 2, all 2" in out) == (0, True)


def test_a_list_of_urls_in_a_list_of_files_is_told_where_it_belongs(call, tmp_path):
    (tmp_path / "list.txt").write_text("https://x.example/a.jpg\n")
    code, _, err = call("collect", tmp_path / "list.txt")
    assert (code, "moue collect urls" in err) == (1, True)


def test_a_camera_that_is_not_there_is_one_line(call):
    code, _, err = call("collect", "camera", "97")
    assert (code, "camera 97: cannot be opened" in err) == (1, True)


@pytest.fixture
def one(web, site):
    """The URL of a picture that has been collected."""
    url = site.picture("/a.jpg", 1)
    site.on("/v1/images/", openverse([url]))
    assert web("smile", "--engine", "openverse", "-n", "1", "--label", "smile")[0] == 0
    return url


def test_info_tells_where_a_picture_came_from(call, one):
    for name in (one, next(iter(_names(call)))):
        out = call("info", name)[1]
        assert "found by openverse for 'smile'" in out
        assert "by: Ann; licence: CC BY 4.0 https://creativecommons.org" in out
        assert "weak label - → smile, query:smile" in out
    (line,) = call("info", "--sources", "--json")[1].splitlines()
    assert json.loads(line)["origins"][0]["url"] == one


def _names(call):
    for line in call("info", "--sources", "--json")[1].splitlines():
        yield json.loads(line)["name"]


def test_what_the_web_says_cannot_move_the_cursor(web, call, site):
    nasty = "\x1b[2J\x1b[31mred\r\n\x07"
    url = site.on("/a.jpg", body(jpeg(1), "image/jpeg\x1b[2J"))
    page = {"url": url, "title": nasty, "creator": nasty, "license": nasty}
    site.on("/v1/images/", as_json({"results": [page], "page_count": 1}))
    site.on("/images/async", redirect("http://x.example\x1b[2J/"))
    code, out, err = web("smile", "--engine", "openverse,bing", "-n", "2")
    assert code == 0
    out += err + call("info", url)[1] + call("info", "--sources")[1]
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "[31mred" in out


def test_forgetting_asks_first_and_then_does_it(call, one, place, monkeypatch):
    code, _, err = call("forget", "--url", one, "--dry-run")
    assert (code, "1 pictures" in err) == (0, True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert call("forget", "--url", one)[0] == 130
    assert len(list(_names(call))) == 1
    code, out, _ = call("forget", "--url", one, "--yes", "--why", "she asked")
    assert (code, "pictures 1, files removed 2" in out) == (0, True)
    assert list(_names(call)) == []
    with Workspace(place).reading() as catalog:
        assert [d.why for d in catalog.decisions()] == ["she asked"]


def test_forgetting_nothing_in_particular_is_wrong_usage(call):
    assert call("forget")[0] == 2


def test_the_doctor_says_that_no_parser_was_checked_and_asks_when_told_to(call, site):
    checks = {c["name"]: c for c in json.loads(call("doctor", "--json")[1])}
    assert "not yet checked live" in checks["search engines"]["text"]
    assert site.asked == []
    names = ("openverse", "commons", "bing", "baidu", "google")
    here = [part for name in names for part in ("--site", f"{name}={site.root}")]
    site.on("/v1/images/", openverse(["http://x.example/a.jpg"]))
    site.on("/w/api.php", body('{"error": {"code": "maxlag"}}'))
    site.on("/images/async", body("<p>new"))
    site.on("/search/acjson", body('{"antiFlag": 1}'))
    site.on("/search", body("Your search did not match any image results."))
    out = call("doctor", "--engines", "--json", *here, "--set", "web.allow_private=true",
               "--set", "web.rate=0")[1]  # fmt: skip
    checks = {c["name"].removeprefix("engine "): c for c in json.loads(out)}
    assert {name: checks[name]["outcome"] for name in names} == {
        "openverse": "works", "commons": "rate limited", "bing": "layout changed",
        "baidu": "blocked", "google": "no results",
    }  # fmt: skip
    assert all(checks[name]["parser"] == "not yet checked live" for name in names)


def test_a_file_is_forgotten_by_its_path_and_a_dry_run_lists_what_goes(call, place, tmp_path):
    raw = save(tmp_path / "raw" / "anna.jpg", drawn(1))
    save(tmp_path / "raw" / "ben.jpg", drawn(2))
    assert call("collect", raw.parent)[0] == 0
    assert call("convert")[0] == 0
    assert call("clean")[0] == 0
    (place / "reports" / "mine.txt").write_text("mine")
    code, _, err = call("forget", raw, "--dry-run")
    assert code == 0
    assert str(raw) in err
    assert "1 pictures and all" in err
    assert "reports/clean/" in err
    assert "make them again: moue clean" in err
    assert len(list((place / "images").glob("*.jpg"))) == 2
    code, out, _ = call("forget", "anna", "--yes")
    assert code == 0
    assert "moue clean" in out
    assert [path.name[:4] for path in (place / "images").glob("*.jpg")] == ["ben-"]
    assert (raw.exists(), (place / "reports" / "mine.txt").exists()) == (True, True)
    assert call("info", raw)[0] != 0
    assert call("forget")[0] == 2
