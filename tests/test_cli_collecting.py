from __future__ import annotations

import json

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.cli.commands import moue
from moue.workspace.workspace import Workspace
from webserver import as_json, body, jpeg, openverse, redirect, status

COMMANDS = moue.commands["collect"].commands


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
        here = ("--engine-url", f"openverse={site.root}", "--engine-url", f"bing={site.root}")
        return call("collect", "web", *arguments, *here, "--allow-private", "--rate", "0")

    return web


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_collect_command_has_help_with_an_example(name, capsys):
    assert main(["collect", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Usage: moue collect {name}" in out
    assert "Example" in out


def test_collect_lists_its_commands(capsys):
    assert main(["collect", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)


def test_a_folder_named_like_a_command_can_be_collected(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "web" / "a.jpg", drawn(1))
    assert call("collect", "./web")[0] == 0
    code, _, err = call("collect", "web")
    assert (code, "./web" in err) == (2, True)


def test_two_engines_share_the_number_of_pictures(web, place, site):
    site.on("/v1/images/", openverse([site.picture(f"/{i}.jpg", i) for i in range(2)]))
    links = f"""<a class="iusc" m='{{"murl":"{site.picture("/b.jpg", 9)}"}}'></a>"""
    site.on("/images/async", body(links))
    code, out, err = web(
        "smiling face", "--engine", "bing,openverse", "-n", "3", "--label", "smile"
    )
    assert code == 0
    assert "bing: smiling face: candidates 1, downloaded 1" in out
    assert "openverse: smiling face: candidates 2, downloaded 2" in out
    assert "bing: smiling face: 1 in" in err
    assert len(list((place / "originals").rglob("*.jpg"))) == 3


def test_each_line_of_a_query_file_is_searched(web, call, site, tmp_path):
    (tmp_path / "queries.txt").write_text("smile,smile\npout,pout\n")
    site.on("/v1/images/", openverse([site.picture("/a.jpg", 1)]))
    code, out, _ = web("--query-file", tmp_path / "queries.txt", "--engine", "openverse", "-n", "1",
                       "--json")  # fmt: skip
    assert code == 0
    assert [q["query"] for q in json.loads(out)["result"]["queries"]] == ["smile", "pout"]
    out = call("info", "--sources")[1]
    assert "openverse:pout: 1 pictures, 1 in use" in out
    assert "weak labels: pout 1" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--engine", "altavista"], "choose from openverse"),
        (["x", "--engine", ","], "choose from openverse"),
        (["x", "--label", "grin"], "choose from none, pout, smile, open"),
        (["x", "-n", "0"], "0 is not in the range"),
        ([], "QUERY or a --query-file"),
        (["x", "--engine-url", "bing"], "write ENGINE=URL"),
    ],
)
def test_wrong_usage_exits_with_2(call, arguments, words):
    code, _, err = call("collect", "web", *arguments)
    assert (code, words in err) == (2, True)


def test_one_line_reports_that_all_engines_failed(web, site):
    site.on("/v1/images/", status(403))
    code, _, err = web("smile", "--engine", "openverse")
    assert code == 1
    assert "openverse: the engine blocks automated requests" in err
    assert "Traceback" not in err


def test_a_list_of_urls_and_a_page_are_fetched(call, site, tmp_path):
    (tmp_path / "urls.txt").write_text(site.picture("/1.jpg", 1))
    page = site.on("/page", body("<img src=/2.jpg>"))
    site.picture("/2.jpg", 2)
    code, out, _ = call("collect", "urls", tmp_path / "urls.txt", page, "--allow-private")
    assert (code, "new 2, all 2" in out) == (0, True)


def test_a_url_list_among_files_points_to_collect_urls(call, tmp_path):
    (tmp_path / "list.txt").write_text("https://x.example/a.jpg\n")
    code, _, err = call("collect", tmp_path / "list.txt")
    assert (code, "moue collect urls" in err) == (1, True)


def test_a_missing_camera_is_a_one_line_error(call):
    code, _, err = call("collect", "camera", "97")
    assert (code, "camera 97: cannot be opened" in err) == (1, True)


@pytest.fixture
def one(web, site):
    """The URL of a picture that has been collected."""
    url = site.picture("/a.jpg", 1)
    site.on("/v1/images/", openverse([url]))
    assert web("smile", "--engine", "openverse", "-n", "1", "--label", "smile")[0] == 0
    return url


def test_info_shows_where_a_picture_came_from(call, one):
    for name in (one, next(iter(_names(call)))):
        out = call("info", name)[1]
        assert "provenance: openverse, query 'smile'" in out
        assert "author: Ann; licence: CC BY 4.0 https://creativecommons.org" in out
        assert "weak label - → smile, query:smile" in out
    (line,) = call("info", "--sources", "--json")[1].splitlines()
    assert json.loads(line)["origins"][0]["url"] == one


def _names(call):
    for line in call("info", "--sources", "--json")[1].splitlines():
        yield json.loads(line)["name"]


def test_text_from_the_web_cannot_move_the_cursor(web, call, site):
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


def test_forget_asks_for_confirmation(call, one, place, monkeypatch):
    code, _, err = call("forget", "--url", one, "--dry-run")
    assert (code, "all files made from them: 1" in err) == (0, True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert call("forget", "--url", one)[0] == 130
    assert len(list(_names(call))) == 1
    code, out, _ = call("forget", "--url", one, "--yes", "--why", "she asked")
    assert (code, "pictures 1, files removed 2" in out) == (0, True)
    assert list(_names(call)) == []
    with Workspace(place).reading() as catalog:
        assert [d.why for d in catalog.decisions()] == ["she asked"]


def test_forget_without_arguments_exits_with_2(call):
    assert call("forget")[0] == 2


def test_doctor_searches_the_engines_only_with_engines(call, site):
    checks = {c["name"]: c for c in json.loads(call("doctor", "--json")[1])}
    assert "not yet checked live" in checks["search engines"]["text"]
    assert site.asked == []
    names = ("openverse", "commons", "bing", "baidu", "google")
    here = [part for name in names for part in ("--engine-url", f"{name}={site.root}")]
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


def test_forget_takes_paths_and_a_dry_run_lists_the_files(call, place, tmp_path):
    raw = save(tmp_path / "raw" / "anna.jpg", drawn(1))
    save(tmp_path / "raw" / "ben.jpg", drawn(2))
    assert call("collect", raw.parent)[0] == 0
    assert call("convert")[0] == 0
    assert call("clean")[0] == 0
    (place / "reports" / "mine.txt").write_text("mine")
    code, _, err = call("forget", raw, "--dry-run")
    assert code == 0
    assert str(raw) in err
    assert "pictures to delete, with all files made from them: 1" in err
    assert "reports/clean/" in err
    assert "write the contact sheets and reports again: moue clean" in err
    assert len(list((place / "images").rglob("*.jpg"))) == 2
    code, out, _ = call("forget", "anna", "--yes")
    assert code == 0
    assert "moue clean" in out
    assert [path.name[:4] for path in (place / "images").rglob("*.jpg")] == ["ben-"]
    assert (raw.exists(), (place / "reports" / "mine.txt").exists()) == (True, True)
    assert call("info", raw)[0] != 0
    assert call("forget")[0] == 2
