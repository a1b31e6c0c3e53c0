from __future__ import annotations

import hashlib
import json
from contextlib import suppress

import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.crop import mouth_name
from moue.dataset.forget import (
    FORGOTTEN_FILE,
    forget,
    has_forgotten_samples,
    redraw_commands,
    sheets_and_reports,
)
from moue.dataset.forget_selection import (
    ForgetSelection,
    select_by_file,
    select_by_sha256,
    select_by_source,
    select_by_url,
)
from moue.dataset.provenance_summary import summarize_sources
from moue.errors import CatalogError
from moue.files import write_text
from moue.workspace import provenance
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import claim
from moue.workspace.types import Mouth, Sample
from rows import context, listing


def do(workspace, catalog, chosen):
    return forget(context(workspace, catalog), chosen, "asked to")


def names_in(workspace):
    return [str(path) for path in workspace.root.rglob("*") if path.is_file()]


def test_forget_removes_only_the_picture_and_its_files(workspace, catalog, used):
    first, *others = used
    before = listing(workspace.root)
    summary = do(workspace, catalog, select_by_url(catalog, [first.source]))
    assert summary.done == 1
    assert not any(first.name in path for path in names_in(workspace))
    left = {p for p in before if first.name not in p and "/reports/" not in p and ".db" not in p}
    changed = {str(workspace.dataset / "dataset.csv")}
    after = listing(workspace.root)
    assert {path: after[path] for path in left - changed} == {p: before[p] for p in left - changed}
    assert list(catalog.samples()) == others
    assert first.name not in (workspace.dataset / "dataset.csv").read_text()
    assert len(list(catalog.mouths())) == 2


def test_forget_removes_sheets_and_reports(workspace, catalog, used):
    do(workspace, catalog, select_by_sha256(catalog, [used[0].sha256]))
    assert not (workspace.reports / "clean" / "kept-01.jpg").exists()
    assert not (workspace.reports / "collect" / "new.jpg").exists()
    assert not (workspace.reports / "001-fast.html").exists()


def test_files_of_the_user_stay(workspace, catalog, used):
    mine = [
        workspace.reports / "thesis.html", workspace.reports / "clean" / "holiday.jpg",
        workspace.reports / "leakage.json", workspace.dataset / "train" / "smile" / "x_mouth.png",
    ]  # fmt: skip
    for path in mine:
        path.write_bytes(b"mine")
    changed = workspace.image(used[0].name)
    changed.write_bytes(b"painted over")
    summary = do(workspace, catalog, select_by_sha256(catalog, [used[0].sha256]))
    assert [path.read_bytes() for path in mine] == [b"mine"] * 4
    assert changed.read_bytes() == b"painted over"
    assert any(str(changed) in note for note in summary.notes)


def test_forget_removes_crops_sorted_by_hand(workspace, catalog, used):
    name = f"{mouth_name(used[0].name, 0)}_mouth.png"
    moved = workspace.root / "sorting" / "open" / name
    moved.parent.mkdir()
    (workspace.root / "sorting" / "smile" / name).rename(moved)
    do(workspace, catalog, select_by_sha256(catalog, [used[0].sha256]))
    assert not moved.exists()


def test_record_of_a_deletion_has_only_hashes(workspace, catalog, used):
    url, name = used[0].source, used[0].name
    do(workspace, catalog, select_by_url(catalog, [url]))
    (record,) = catalog.decisions(name)
    assert (record.field, record.by, record.why) == ("forgotten", "user", "asked to")
    for path in workspace.root.glob("catalog.db*"):
        assert b"/0.jpg" not in path.read_bytes()


def test_forgotten_picture_is_never_collected_again(
    fetch, workspace, catalog, used, site, tmp_path
):
    first = used[0]
    do(workspace, catalog, select_by_url(catalog, [first.source]))
    site.asked.clear()
    assert fetch(first.source).result["queries"][0]["skipped"] == {"forgotten": 1}
    assert site.asked == []
    again = site.picture("/other-place.jpg", 0)
    assert fetch(again, name="b.txt").result["queries"][0]["skipped"] == {"forgotten": 1}
    raw = save(tmp_path / "raw" / "x.png", drawn(5))
    (tmp_path / "raw" / "same.jpg").write_bytes(site_bytes(0))
    summary = collect(context(workspace, catalog, CollectSettings()), [tmp_path / "raw"])
    assert summary.done == 1
    assert "same.jpg: skipped: the picture was removed with `moue forget`" in summary.notes[0]
    assert raw.exists()


def site_bytes(seed):
    from webserver import jpeg

    return jpeg(seed)


def test_referenced_original_stays_with_a_note(workspace, catalog, tmp_path):
    raw = save(tmp_path / "raw" / "a.jpg", drawn(1))
    before = listing(tmp_path / "raw")
    collect(context(workspace, catalog, CollectSettings()), [raw])
    convert(context(workspace, catalog, ConvertSettings()))
    summary = do(workspace, catalog, select_by_source(catalog, str(tmp_path / "raw")))
    assert (summary.done, summary.result["originals_kept"]) == (1, [str(raw)])
    assert "files of your own were not deleted" in summary.notes[0]
    assert listing(tmp_path / "raw") == before
    assert list(workspace.images.iterdir()) == []


@pytest.mark.parametrize("name", ["../../raw/mine", "*", "[a-z]*"])
def test_hostile_names_delete_nothing_elsewhere(workspace, catalog, used, tmp_path, name):
    """Test names in an untrusted workspace."""
    mine = save(tmp_path / "raw" / "mine.jpg", drawn(1))
    save(tmp_path / "raw" / "mine_mouth.png", drawn(1))
    original = f"originals/../../raw/{mine.name}"
    catalog.add_samples([Sample(name=name, source="http://x/", sha256="", original=original)])
    catalog.put_mouths(name, [Mouth(name=name, sample=name, face=0, width=9)])
    sql = "INSERT INTO files VALUES (?, ?, ?, ?)"
    for path in (mine, "../raw/mine.jpg"):
        catalog.execute(sql, [str(path), hashlib.sha256(mine.read_bytes()).hexdigest(), 1, name])
    before = listing(tmp_path / "raw") | listing(workspace.mouths) | listing(workspace.dataset)
    with suppress(CatalogError):  # a name with slashes is refused at once
        do(workspace, catalog, select_by_source(catalog, "http://x/"))
    after = listing(tmp_path / "raw") | listing(workspace.mouths) | listing(workspace.dataset)
    changed = str(workspace.dataset / "dataset.csv")
    assert after | {changed: b""} == before | {changed: b""}


def test_source_of_a_copy_stays_with_a_note(workspace, catalog, tmp_path):
    raw = save(tmp_path / "raw" / "a.jpg", drawn(1))
    collect(context(workspace, catalog, CollectSettings(copy=True)), [raw])
    summary = do(workspace, catalog, select_by_source(catalog, str(raw)))
    assert summary.result["originals_kept"] == [str(raw)]
    assert list(workspace.originals.iterdir()) == []
    assert raw.exists()


def test_picture_with_another_origin_stays(fetch, workspace, catalog, site):
    url, other = site.picture("/a.jpg", 1), site.picture("/b.jpg", 2)
    fetch(url, other, name="one.txt")
    fetch(url, name="two.txt")
    one = next(s.name for s in summarize_sources(catalog) if s.name.endswith("one.txt"))
    summary = do(workspace, catalog, select_by_source(catalog, one))
    assert (summary.done, "1 pictures were not removed" in summary.notes[0]) == (1, True)
    assert [s.source for s in catalog.samples()] == [url]
    assert [o.query.endswith("two.txt") for o in provenance.origins(catalog)] == [True]


def test_user_file_stays_when_its_web_origin_is_forgotten(
    fetch, workspace, catalog, site, tmp_path
):
    raw = tmp_path / "raw" / "mine.jpg"
    raw.parent.mkdir()
    raw.write_bytes(site_bytes(1))
    collect(context(workspace, catalog, CollectSettings()), [raw])
    fetch(site.picture("/a.jpg", 1))
    assert do(workspace, catalog, select_by_source(catalog, "list")).done == 0
    assert [s.source for s in catalog.samples()] == [str(raw)]
    assert list(provenance.origins(catalog)) == []


def test_only_runs_trained_on_the_picture_are_marked(workspace, catalog, used):
    runs = {"001": [used[0].name], "002": [used[1].name], "003": None}
    write_text(workspace.runs / "mine" / "letter.txt", "a folder of a person's own")
    for run, mouths in runs.items():
        claim(catalog, workspace.runs / run)
        write_text(workspace.runs / run / "settings.json", "{}")
        if mouths is not None:
            write_text(workspace.runs / run / "mouths.txt", "\n".join(mouths))
    summary = do(workspace, catalog, select_by_sha256(catalog, [used[0].sha256]))
    assert {run: has_forgotten_samples(workspace.runs / run) for run in runs} == {
        "001": True, "002": False, "003": True,
    }  # fmt: skip
    assert "001, 003" in summary.notes[0]
    assert not has_forgotten_samples(workspace.runs / "mine")
    told = [json.loads((workspace.runs / r / FORGOTTEN_FILE).read_text()) for r in ("001", "003")]
    assert [one[used[0].name]["certain"] for one in told] == [True, False]


def test_same_call_completes_a_killed_forget(workspace, catalog, used, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Catalog, "remove", stop)
    with pytest.raises(KeyboardInterrupt):
        do(workspace, catalog, select_by_source(catalog, "list"))
    monkeypatch.undo()
    assert do(workspace, catalog, select_by_source(catalog, "list")).done == 3
    assert not any(one.name in path for one in used for path in names_in(workspace))


def test_empty_selection_changes_nothing(workspace, catalog, used):
    before = listing(workspace.mouths) | listing(workspace.originals)
    assert do(workspace, catalog, ForgetSelection()).done == 0
    assert listing(workspace.mouths) | listing(workspace.originals) == before
    assert (workspace.reports / "001-fast.html").exists()


def test_removed_sheets_are_listed_with_redraw_commands(workspace, catalog, used):
    (workspace.runs / "001-fast").mkdir(parents=True, exist_ok=True)
    sheets = sheets_and_reports(workspace, catalog)
    names = {path.relative_to(workspace.reports).as_posix() for path in sheets}
    assert names == {"clean/kept-01.jpg", "collect/new.jpg", "001-fast.html"}
    assert redraw_commands(workspace, sheets) == ["moue evaluate --model 001-fast", "moue clean"]
    summary = do(workspace, catalog, select_by_file(workspace, catalog, used[0].name))
    assert not any(path.exists() for path in sheets)
    assert any("moue evaluate --model 001-fast, moue clean" in note for note in summary.notes)


@pytest.mark.parametrize("source", ["", " "])
def test_an_empty_source_is_not_the_current_folder(catalog, source):
    with pytest.raises(CatalogError, match="an empty name selects no picture"):
        select_by_source(catalog, source)
