"""`moue collect urls` over everything that a hostile server does, with good pictures between."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import hostile
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.fetch_error import REASONS
from moue.dataset.collect.http.http_settings import WebSettings
from moue.workspace import provenance
from moue.workspace.workspace import Workspace
from rows import context
from webserver import body, served

pytestmark = pytest.mark.slow

GOOD = 40
MOST_MEMORY = 400_000_000
"""Bytes. moue itself with its libraries needs a third of it; one endless answer would be more."""


# What `wait4` says of a child's memory begins with what this process held when it forked.
_MEASURED = """
import sys
from pathlib import Path
from moue.cli import main
where, sys.argv[1:] = sys.argv[1], sys.argv[2:]
try:
    code = main()
except SystemExit as end:
    code = end.code
status = Path("/proc/self/status").read_text()
Path(where).write_text(str(int(status.split("VmHWM:")[1].split()[0]) * 1024))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Runs the command once over all; returns its URLs, output, exit code, and memory in bytes."""
    folder = tmp_path_factory.mktemp("hostile")
    with served() as site:
        urls = hostile.serve(site, hostile.hostile(site) | hostile.cuts(site))
        bad = list(urls.values())
        good = [site.picture(f"/good-{i}.jpg", 100 + i) for i in range(GOOD)]
        step = len(bad) // GOOD + 1
        mixed = [url for i in range(GOOD) for url in (*bad[i * step : (i + 1) * step], good[i])]
        assert set(mixed) == {*bad, *good}
        (folder / "urls.txt").write_text("\n".join(mixed))
        command = [
            sys.executable, "-c", _MEASURED, str(folder / "memory"),
            "collect", "urls", str(folder / "urls.txt"), "--json",
            "-w", str(folder / "w"), "--allow-private", "--rate", "0", "--timeout", "1.5",
            "--max-bytes", "2000000", "--max-per-host", "16",
        ]  # fmt: skip
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.run(command, stdout=out, stderr=err, check=False)
        memory = int((folder / "memory").read_text())
    texts = (folder / "out").read_text(), (folder / "err").read_text()
    return urls, good, texts, process.returncode, memory, Workspace(folder / "w")


def test_hostile_server_costs_bounded_memory(collected):
    urls, good, (out, err), code, memory, _ = collected
    assert code == 0, err
    assert "Traceback" not in err + out
    (counts,) = json.loads(out.splitlines()[-1])["result"]["queries"]
    assert counts["downloaded"] == GOOD
    assert counts["candidates"] == len(urls) + len(good)
    assert (
        counts["downloaded"] + counts["known"] + sum(counts["skipped"].values())
        == counts["candidates"]
    )
    assert memory < MOST_MEMORY


def test_every_hostile_url_has_an_outcome(collected):
    urls, good, *_, workspace = collected
    with workspace.reading() as catalog:
        for url in good:
            assert provenance.fetch_record(catalog, url).sample, url
        outcomes = {name: provenance.fetch_record(catalog, url) for name, url in urls.items()}
    assert all(one is not None and one.sample is None for one in outcomes.values())
    assert {one.reason for one in outcomes.values()} <= set(REASONS)
    expected = {
        "chunk-minus-one": "bad_answer", "chunk-minus-five": "bad_answer",
        "gzip-cut": "cut_short", "gzip-bomb": "too_large", "hang": "timeout", "gone": "gone",
        "redirect-to-itself": "redirects", "redirect-to-file": "not_http",
        "redirect-to-metadata": "refused", "busy": "rate_limited", "no-image": "not_an_image",
        "drip-body": "timeout", "cut-5": "cut_short",
    }  # fmt: skip
    assert {name: outcomes[name].reason for name in expected} == expected


def test_failing_host_is_given_up_and_reported(workspace, catalog, site, tmp_path):
    site.on("/robots.txt", body(""))
    dead = [site.on(f"/{i}.jpg", hostile.status(503, Retry_After="0")) for i in range(60)]
    (tmp_path / "urls.txt").write_text("\n".join(dead))
    settings = WebSettings(allow_private=True, rate=0, max_per_host=1, max_host_failures=6)
    job = context(workspace, catalog, settings)
    summary = collect_urls(job, [str(tmp_path / "urls.txt")], None)
    assert summary.result["queries"][0]["skipped"] == {"gave_up": 58, "rate_limited": 2}
    assert any("58 URLs were not fetched, because the host failed 6" in n for n in summary.notes)
    assert len(site.paths()) == 6
    for i in range(60):
        site.picture(f"/{i}.jpg", i)
    assert collect_urls(job, [str(tmp_path / "urls.txt")], None).done == 60
