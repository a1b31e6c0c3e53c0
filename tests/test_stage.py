from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial

import pytest

from moue.dataset.convert import ConvertResult
from moue.errors import CatalogError
from moue.store import Staged
from moue.workspace.row_mapping import checked
from moue.workspace.stages import PixelResult, PixelStage, set_dropped, set_mouth_dropped
from moue.workspace.types import USER
from rows import add, context, get, mouth, sample


def decide(catalog, reason, by, why=None, name="a"):
    return set_dropped(catalog, get(catalog, name), reason, by, why)


def state(catalog, name="a"):
    one = get(catalog, name)
    return one.dropped, one.decided_by, one.detail


def history(catalog, name="a"):
    return [(d.old, d.value, d.by) for d in catalog.decisions(name)]


@pytest.fixture
def one(catalog):
    add(catalog, sample("a"))
    return catalog


def test_a_drop_and_its_restoration_are_recorded(one):
    assert decide(one, "dark", "clean", "too dark")
    assert state(one) == ("dark", "clean", "too dark")
    assert decide(one, None, "clean")
    assert state(one) == (None, None, None)
    assert history(one) == [(None, "dark", "clean"), ("dark", None, "clean")]


def test_an_unchanged_decision_is_not_recorded_again(one):
    assert decide(one, "dark", "clean", "why")
    assert not decide(one, "dark", "clean", "why")
    assert len(history(one)) == 1


def test_keeping_a_kept_sample_is_no_decision(one):
    assert not decide(one, None, "clean")
    assert not decide(one, None, USER, "moue restore")
    assert history(one) == []
    assert state(one) == (None, None, None)


def test_a_new_reason_is_recorded(one):
    decide(one, "near_duplicate", "dedupe", "of b")
    assert decide(one, "near_duplicate", "dedupe", "of c")
    assert state(one) == ("near_duplicate", "dedupe", "of c")
    assert len(history(one)) == 2


@pytest.mark.parametrize("reason", ["dark", None])
def test_a_drop_by_the_user_overrides_every_stage(one, reason):
    decide(one, "by_hand", USER, "moue drop")
    assert not decide(one, reason, "clean", "why")
    assert state(one) == ("by_hand", USER, "moue drop")


def test_a_restoration_by_the_user_overrides_every_stage(one):
    decide(one, "dark", "clean", "why")
    assert decide(one, None, USER, "moue restore")
    assert not decide(one, "dark", "clean", "why")
    assert not decide(one, "duplicate", "dedupe", "of b")
    assert state(one)[:2] == (None, USER)


def test_the_user_can_change_a_decision_repeatedly(one):
    for reason in ("by_hand", None, "by_hand", None):
        assert decide(one, reason, USER)
        assert not decide(one, reason, USER)
    assert len(history(one)) == 4


def test_the_user_can_confirm_the_decision_of_a_stage(one):
    decide(one, "dark", "clean", "why")
    assert decide(one, "dark", USER, "yes, it is")
    assert not decide(one, None, "clean")
    assert state(one)[:2] == ("dark", USER)


def test_the_user_can_drop_and_restore_a_mouth(one):
    assert set_mouth_dropped(one, mouth(one, "a"), "by_hand", "why")
    assert not set_mouth_dropped(one, mouth(one, "a"), "by_hand", "why")
    assert set_mouth_dropped(one, mouth(one, "a"), None, "why")
    assert (mouth(one, "a").dropped, mouth(one, "a").decided_by) == (None, USER)
    assert [(d.old, d.value) for d in one.decisions("a")] == [(None, "by_hand"), ("by_hand", None)]


def result_of(row):
    return PixelResult(name=row[0])


def all_done(results):
    return {"x": [one.name for one in results]}


def stage(save=all_done, where="faces IS NOT NULL"):
    return PixelStage(
        name="x",
        key="key",
        where=where,
        columns=("name",),
        work=result_of,
        save=save,
        crashed=lambda name: PixelResult(name=name),
    )


def test_results_are_saved_in_order_up_to_a_failure(workspace, catalog):
    catalog.add_samples(sample(f"{i:03d}", faces=()) for i in range(100))

    def save(results):
        if any(one.name == "090" for one in results):
            raise OSError("no space left")
        return all_done(results)

    with pytest.raises(OSError, match="no space"):
        stage(save).run(context(workspace, catalog))
    assert [catalog.is_done("x", "key", name) for name in ("063", "064")] == [True, False]
    assert stage().run(context(workspace, catalog)) == 36
    assert stage(save).run(context(workspace, catalog)) == 0


def test_an_unreadable_picture_is_processed_again(workspace, catalog):
    add(catalog, sample("a"))
    catalog.mark_done("convert", "key", ["a"])
    broken = replace(stage(), work=lambda row: PixelResult(name=row[0], error="cut short"))
    assert broken.run(context(workspace, catalog)) == 1
    assert catalog.steps("a") == []


def test_a_row_that_is_not_selected_stays_pending(workspace, catalog):
    add(catalog, sample("a"))
    without = replace(stage(), select=lambda _: None)
    assert without.run(context(workspace, catalog)) == 0
    assert catalog.steps("a") == []


def test_a_damaged_row_is_named(workspace, catalog):
    add(catalog, sample("a"))
    catalog.execute("UPDATE samples SET faces = '[1]'")
    columns = ("name", "faces")
    reading = replace(stage(), columns=columns, work=partial(checked, columns))
    with pytest.raises(CatalogError, match="row of the picture a"):
        reading.run(context(workspace, catalog))


def test_a_result_is_pickled_whole():
    file = Staged("/w/images/a.jpg", "/w/.parts/a", 5, "digest", "a", readonly=True)
    for result in (PixelResult(name="a", error="why"), ConvertResult(name="b", files=(file,))):
        again = pickle.loads(pickle.dumps(result))  # noqa: S301
        assert (type(again), again) == (type(result), result)
