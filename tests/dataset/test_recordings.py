"""`moue doctor --engines --save` records the responses of engines, and `--replay` parses them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine_answers import ANSWERS, PATHS, SETTINGS
from moue.cli import main
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.http.exchange import Exchange
from moue.dataset.collect.recordings.anonymize import Anonymizer, secrets_of
from moue.dataset.collect.recordings.canary import ask_engines, replay
from moue.dataset.collect.recordings.recording import INDEX, load_recording
from moue.errors import DataError, FileTaken
from webserver import body, in_turn, raw, redirect, status

RECORDINGS = sorted(path.parent for path in (Path(__file__).parent / "recordings").glob("*/*.json"))
TYPES = {".json": "application/json", ".html": "text/html; charset=utf-8"}
ADDRESS, TOKEN = "203.0.113.77", "EgTLAHEBGMlQx"


def answer(name, **headers):
    path = ANSWERS / name
    return body(path.read_bytes(), TYPES[path.suffix], **headers)


@pytest.fixture
def urls(site):
    """The base URLs of all engines on a local site with handwritten answers."""
    site.on("/robots.txt", body("User-agent: *\nAllow: /", "text/plain"))
    for name in ENGINES:
        suffix = "json" if (ANSWERS / f"{name}.json").exists() else "html"
        site.on(PATHS[name], answer(f"{name}.{suffix}"))
    return dict.fromkeys(ENGINES, site.root)


def outcomes(results):
    return {result.engine.name: result.outcome for result in results}


def test_saved_responses_give_the_same_results_without_the_site(site, urls, tmp_path):
    live = ask_engines(SETTINGS, urls, tmp_path / "saved")
    assert set(outcomes(live).values()) == {"works"}
    asked = len(site.asked)
    again = replay(tmp_path / "saved", SETTINGS)
    assert [one.now for one in again] == live
    assert {one.before for one in again} == {"works"}
    assert len(site.asked) == asked


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer("bing-changed.html"), "layout changed"),
        (answer("bing-empty.html"), "no results"),
        (answer("bing-blocked.html"), "blocked"),
        (body("User-agent: *\nDisallow: /", "text/plain"), "layout changed"),
        (status(403), "blocked"),
        (status(404), "layout changed"),
        (status(500), "offline"),
        (status(429, Retry_After="3600"), "rate limited"),
        (in_turn(status(503, Retry_After="0"), answer("bing.html")), "works"),
        (raw(b"not HTTP\r\n\r\n"), "offline"),
        (raw(b""), "offline"),
        (redirect("http://127.0.0.1:1/"), "offline"),
        (redirect("/images/async"), "offline"),
        (answer("bing.html", X_Robots_Tag="noai"), "blocked"),
    ],
    ids=["changed", "empty", "captcha", "text", "403", "404", "500", "429", "503 then 200",
         "no HTTP", "closed", "elsewhere", "loop", "noai"],
)  # fmt: skip
def test_every_outcome_is_replayed(site, urls, tmp_path, reply, outcome):
    site.on(PATHS["bing"], reply)
    assert outcomes(ask_engines(SETTINGS, urls, tmp_path / "saved"))["bing"] == outcome
    again = {one.now.engine.name: one for one in replay(tmp_path / "saved", SETTINGS)}
    assert (again["bing"].now.outcome, again["bing"].before) == (outcome, outcome)


def test_robots_rules_are_replayed(site, urls, tmp_path):
    site.on("/robots.txt", body("User-agent: *\nDisallow: /images", "text/plain"))
    ask_engines(SETTINGS, urls, tmp_path / "saved")
    again = outcomes(one.now for one in replay(tmp_path / "saved", SETTINGS))
    assert again == dict.fromkeys(ENGINES, "works") | {"bing": "blocked"}


def test_a_recording_without_robots_rules_is_replayed(site, urls, tmp_path):
    site.on("/robots.txt", body("User-agent: *\nDisallow: /", "text/plain"))
    ask_engines(replace(SETTINGS, robots=False), urls, tmp_path / "saved")
    again = outcomes(one.now for one in replay(tmp_path / "saved", SETTINGS))
    assert again == dict.fromkeys(ENGINES, "works")


def test_a_fixed_parser_can_be_proved(site, urls, tmp_path):
    """A changed format is recorded; then the parser is fixed, here by an old answer."""
    site.on(PATHS["bing"], answer("bing-changed.html"))
    folder = tmp_path / "saved"
    ask_engines(SETTINGS, urls, folder)
    (changed,) = folder.glob("bing-*.html")
    shutil.copy(ANSWERS / "bing.html", changed)
    again = {one.now.engine.name: one for one in replay(folder, SETTINGS)}
    assert (again["bing"].before, again["bing"].now.outcome) == ("layout changed", "works")


def test_a_request_with_other_parameters_gets_the_response_of_its_path(site, urls, tmp_path):
    ask_engines(SETTINGS, urls, tmp_path / "saved")
    path = tmp_path / "saved" / INDEX
    path.write_text(
        path.read_text().replace("adlt=strict", "adlt=off").replace("q=portrait", "q=a")
    )
    assert set(outcomes(one.now for one in replay(tmp_path / "saved", SETTINGS)).values()) == {
        "works"
    }


def test_the_folder_contains_no_personal_data(site, urls, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("https_proxy", "http://ann:pw@proxy.corp.example:3128")
    page = f"Our systems have detected unusual traffic from {ADDRESS} and 2a02:8108::7 {TOKEN}"
    site.on(PATHS["google"], redirect(f"/sorry/index?q={TOKEN}&hl=en&continue=http://x/?a=1"))
    site.on("/sorry/index", body(page + " ann@home.example", Set_Cookie="NID=secret"))
    contact = "ann@home.example"
    settings = replace(SETTINGS, contact=contact)
    assert outcomes(ask_engines(settings, urls, tmp_path / "saved"))["google"] == "blocked"
    assert any(contact in headers["User-Agent"] for headers in site.headers)
    text = "".join(path.read_text() for path in (tmp_path / "saved").iterdir())
    for secret in (ADDRESS, TOKEN, "2a02", contact, "NID", "secret", "proxy.corp", "User-Agent"):
        assert secret not in text
    assert "unusual traffic from 192.0.2.1 and 2001:db8::2 hidden hidden" in text
    again = {one.now.engine.name: one.now for one in replay(tmp_path / "saved", SETTINGS)}
    assert again["google"].outcome == "blocked"
    assert again["bing"].outcome == "works"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 8.8.8.8.", "from 192.0.2.1."),
        ("8.8.8.8 1.1.1.1 8.8.8.8", "192.0.2.1 192.0.2.2 192.0.2.1"),
        ("127.0.0.1 and ::1", "127.0.0.1 and ::1"),
        ("2a02:8108:1::7", "2001:db8::1"),
        ('"fe80::1"', '"2001:db8::1"'),
        ("at 12:34:56 or 2026-11-27T12:00:00", "at 12:34:56 or 2026-11-27T12:00:00"),
        ("a::before {} std::string 1.2.3 999.1.1.1", "a::before {} std::string 1.2.3 999.1.1.1"),
    ],
)
def test_ip_addresses_become_documentation_addresses(text, expected):
    assert Anonymizer([], []).text(text) == expected


def test_secrets_are_replaced_in_every_form():
    made = Anonymizer([], secrets_of("a b@c.example", ["proxy.example:8080"]))
    assert made.text("a b@c.example a%20b%40c.example proxy.example") == "hidden hidden hidden"


def test_values_that_moue_sent_stay_in_redirects():
    first = Exchange("http://a.example/s?q=portrait", 302, "Found",
                     (("location", "/t?q=portrait&ip=EgQzzz#x"),))  # fmt: skip
    second = Exchange("http://a.example/t?q=portrait&ip=EgQzzz", 200, "OK", (), b"your EgQzzz")
    made = Anonymizer([first, second], [])
    assert made.exchange(first).header("location") == "/t?q=portrait&ip=hidden"
    assert made.exchange(second).url == "http://a.example/t?q=portrait&ip=hidden"
    assert made.exchange(second).body == b"your hidden"
    assert made.exchange(first).url == first.url


def test_the_command_saves_and_replays(site, urls, tmp_path, capsys):
    site.on(PATHS["bing"], status(403))
    at = [part for name, url in urls.items() for part in ("--engine-url", f"{name}={url}")]
    here = ["--set", "web.allow_private=true", "--set", "web.rate=0", "-w", str(tmp_path / "w")]
    folder = tmp_path / "saved"
    assert main(["doctor", "--engines", "--save", str(folder), *at, *here]) == 0
    out, err = capsys.readouterr()
    assert "works: the query 'portrait' returned 2 results, such as https://" in out
    assert f"responses saved in {folder}" in err
    assert "the saved responses give" not in out
    assert main(["doctor", "--replay", str(folder), "--json", *here]) == 0
    checks = {c["name"]: c for c in json.loads(capsys.readouterr().out)}
    assert checks["engine bing"]["outcome"] == checks["engine bing"]["recorded"] == "blocked"
    assert checks["engine google"]["results"] == 2
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["doctor", "--engines", "--save", str(folder), *at, *here]) == 1
    assert "already exists" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    for wrong in (["--save", "x"], ["--replay", str(folder), "--engines"]):
        assert main(["doctor", *wrong, *here]) == 2


def test_the_folder_is_checked_before_the_engines_are_asked(site, urls, tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileTaken):
        ask_engines(SETTINGS, urls, tmp_path)
    assert site.asked == []


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.pop("engines"),
        lambda plain: plain.update(format=2),
        lambda plain: plain["engines"][0].update(name="altavista"),
        lambda plain: plain["engines"][0].pop("exchanges"),
        lambda plain: plain["engines"][0]["exchanges"][-1].update(body="../../secret"),
        lambda plain: plain["engines"][0]["exchanges"][-1].update(body="missing.html"),
        lambda plain: plain["engines"][0]["exchanges"][-1].update(status="x"),
    ],
)
def test_damaged_recordings_are_refused(site, urls, tmp_path, change):
    folder = tmp_path / "saved"
    (tmp_path / "secret").write_text("{}")
    ask_engines(SETTINGS, urls, folder)
    plain = json.loads((folder / INDEX).read_text())
    change(plain)
    (folder / INDEX).write_text(json.dumps(plain))
    with pytest.raises(DataError):
        replay(folder, SETTINGS)


def test_a_folder_without_a_recording_is_refused(tmp_path):
    with pytest.raises(DataError, match="--save"):
        load_recording(tmp_path)


def test_there_are_recordings():
    assert RECORDINGS


@pytest.mark.parametrize("folder", RECORDINGS, ids=lambda folder: folder.name)
def test_recordings_have_the_stated_outcomes(folder):
    """The README in the folder `recordings` says how to add one."""
    for one in replay(folder, SETTINGS):
        assert one.now.outcome == one.before, f"{one.now.engine.name}: {one.now.text}"
