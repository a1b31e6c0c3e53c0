from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moue.dataset.clean import CHECKS, CleanSettings, clean, failed_checks, verdict
from moue.dataset.detect_faces import detect_key
from moue.face.backends import FaceSettings
from moue.workspace.catalog import Catalog
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.measured_columns import measured_columns
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from rows import GOOD, add, context, dropped, get, sample

FACE = FaceSettings(backend="haar")
BAD = {
    "no_face": {"faces": ()},
    "small_face": {"scores": GOOD | {"face_px": 39.9}},
    "blurry": {"scores": GOOD | {"sharpness": 0.009}},
    "dark": {"scores": GOOD | {"highlight": 0.19}},
    "bright": {"scores": GOOD | {"shadow": 0.81}},
}


@pytest.fixture
def run(workspace, catalog):
    """Clean with everything measured already."""

    def run(**settings):
        names = [one.name for one in catalog.samples()]
        catalog.mark_done("detect", detect_key(FACE), names)
        settings = CleanSettings(**({"sheets": False} | settings))
        return clean(context(workspace, catalog, settings, FACE))

    return run


@pytest.mark.parametrize("reason", BAD)
def test_each_check_gives_a_drop_reason_with_a_measurement(reason):
    found, why = verdict(sample("a", **BAD[reason]), CleanSettings())
    assert found == reason
    assert why


def test_every_drop_reason_is_documented_and_tested():
    assert [reason for reason, _ in CHECKS] == list(BAD)
    assert set(BAD) <= set(DROP_REASONS)


def test_a_picture_at_the_limit_is_kept():
    scores = {"face_px": 40.0, "sharpness": 0.01, "highlight": 0.2, "shadow": 0.8}
    assert verdict(sample("a", scores=scores), CleanSettings()) == (None, None)


def test_the_first_check_that_fails_gives_the_reason():
    scores = {"face_px": 1.0, "sharpness": 0.0, "highlight": 0.0, "shadow": 1.0}
    assert verdict(sample("a", scores=scores), CleanSettings())[0] == "small_face"


def test_face_sharpness_does_not_apply_to_mouth_crops():
    assert verdict(sample("a", kind="mouth", **BAD["blurry"]), CleanSettings()) == (None, None)


def test_dropped_pictures_are_counted_by_reason(run, catalog):
    add(catalog, sample("good"), *(sample(reason, **fields) for reason, fields in BAD.items()))
    summary = run()
    assert dropped(catalog) == {"good": None} | {reason: reason for reason in BAD}
    assert summary.counts == {"kept": 1} | dict.fromkeys(BAD, 1)
    assert get(catalog, "dark").detail == "highlight 0.19, below 0.2"


def test_no_face_has_a_note_without_rotated_search(run, catalog):
    add(catalog, sample("a"))
    assert run().notes == []
    add(catalog, sample("b", **BAD["no_face"]))
    assert run().notes == [
        "no_face: the backend haar detects upright heads only; "
        "use the backend moue for tilted heads"
    ]


def test_a_second_call_changes_and_writes_nothing(run, catalog):
    add(catalog, sample("good"), *(sample(reason, **fields) for reason, fields in BAD.items()))
    run()
    before = list(map(str, catalog.samples())), list(catalog.decisions())
    run()
    assert (list(map(str, catalog.samples())), list(catalog.decisions())) == before


def test_new_thresholds_need_no_new_measurement(run, catalog):
    add(catalog, sample("a", scores=GOOD | {"sharpness": 0.02}), sample("b", **BAD["dark"]))
    for settings, expected in (
        ({}, [None, "dark"]), ({"min_sharpness": 0.03}, ["blurry", "dark"]),
        ({"min_highlight": 0.1}, [None, None]), ({"max_shadow": 0.05}, ["bright", "dark"]),
        ({"min_main_face": 121}, ["small_face"] * 2), ({}, [None, "dark"]),
    ):  # fmt: skip
        assert run(**settings).done <= 2  # verdicts that moved
        assert list(dropped(catalog).values()) == expected


def test_a_dry_run_reports_and_writes_nothing(run, catalog):
    add(catalog, sample("good"), sample("bad", **BAD["dark"]))
    before = list(map(str, catalog.samples()))
    summary = run(dry_run=True)
    assert summary.counts == {"kept": 1, "dark": 1}
    assert "nothing was dropped" in summary.notes[0]
    assert list(map(str, catalog.samples())) == before
    assert list(catalog.decisions()) == []


def test_pictures_restored_by_the_user_stay_restored(run, catalog):
    add(catalog, sample("a", **BAD["dark"]), sample("b"))
    run()
    set_dropped(catalog, get(catalog, "a"), None, USER)
    set_dropped(catalog, get(catalog, "b"), "by_hand", USER)
    summary = run(min_sharpness=5)
    assert dropped(catalog) == {"a": None, "b": "by_hand"}
    assert summary.counts == {"kept": 1}


@pytest.mark.parametrize(("reason", "by"), [("replaced", "collect"), ("unreadable", "convert")])
def test_clean_restores_only_its_own_drops(run, catalog, reason, by):
    add(catalog, sample("a"))
    set_dropped(catalog, get(catalog, "a"), reason, by)
    run(min_main_face=1000)
    run()
    assert dropped(catalog) == {"a": reason}


def test_a_duplicate_keeps_its_reason_unless_clean_drops_it(run, catalog):
    add(catalog, sample("a"))
    set_dropped(catalog, get(catalog, "a"), "duplicate", "dedupe", "of b")
    assert run().counts == {"kept": 0}
    assert dropped(catalog) == {"a": "duplicate"}
    run(min_main_face=1000)
    assert dropped(catalog) == {"a": "small_face"}


def test_unchanged_sheets_are_not_drawn_again(run, workspace, catalog):
    add(catalog, sample("good"), sample("bad", **BAD["dark"]))
    pages = run(sheets=True).files
    assert [p.name for p in pages] == ["dropped-dark-01.jpg", "kept-01.jpg"]
    assert all(p.exists() for p in pages)
    assert run(sheets=True).files == []
    assert [p.name for p in run(sheets=True, min_highlight=0).files] == ["kept-01.jpg"]
    assert sorted(p.name for p in pages[0].parent.iterdir()) == ["kept-01.jpg"]


def test_sheets_are_drawn_after_a_kill(run, catalog):
    add(catalog, sample("good"), sample("bad", **BAD["dark"]))
    run(sheets=False)  # the verdicts stand, the sheets do not
    assert len(run(sheets=True).files) == 2


def test_dedupe_does_not_cause_sheets_to_be_redrawn(run, catalog):
    add(catalog, sample("a"), sample("b"))
    run(sheets=True)
    set_dropped(catalog, get(catalog, "b"), "duplicate", "dedupe", "of a")
    assert run(sheets=True).files == []


VALUES = st.fixed_dictionaries(
    {
        "face_px": st.sampled_from([10.0, 39.9, 40.0, 90.0]),
        "sharpness": st.sampled_from([0.0, 0.009, 0.01, 0.5]),
        "highlight": st.sampled_from([0.1, 0.2, 0.9]),
        "shadow": st.sampled_from([0.1, 0.8, 0.81]),
    }
)


@given(st.lists(st.tuples(VALUES, st.sampled_from(["photo", "mouth"])), max_size=12))
@hypothesis_settings(max_examples=40, deadline=None)
def test_many_pictures_fail_the_checks_that_each_fails_alone(pictures):
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalog(Path(folder) / "catalog.db", create=True) as catalog,
    ):
        samples = [sample(f"s{i}", scores=v, kind=kind) for i, (v, kind) in enumerate(pictures)]
        catalog.add_samples(samples)
        columns = measured_columns(catalog)
    names = [*(reason for reason, _ in CHECKS), None]
    found = [names[code] for code in failed_checks(columns, CleanSettings())]
    assert found == [verdict(one, CleanSettings())[0] for one in samples]
