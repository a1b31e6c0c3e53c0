from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from moue.dataset.split import SplitSettings
from moue.errors import ConfigError, SplitError
from moue.workspace.types import SPLITS
from split_catalogs import many, put, run, shares, splits


def test_each_label_follows_the_ratio(catalog):
    many(catalog, 400)
    summary = run(catalog)
    for found in shares(catalog).values():
        assert found == pytest.approx([0.7, 0.15, 0.15], abs=0.02)
    assert sum(summary.counts[s] for s in SPLITS) == summary.done == summary.counts["groups"] == 400


def test_few_pictures_reach_every_split(catalog):
    many(catalog, 12)
    run(catalog)
    assert Counter(splits(catalog).values()) == {"train": 4, "val": 4, "test": 4}


def test_nine_to_one_gives_no_test(catalog):
    many(catalog, 400)
    counts = run(catalog, "9:1").counts
    assert counts["test"] == 0
    assert counts["val"] == pytest.approx(40, abs=4)


def test_new_ratio_for_old_pictures_gives_a_hint(catalog):
    many(catalog, 400)
    assert run(catalog).notes == run(catalog).notes == []
    (note,) = run(catalog, "9:1").notes
    assert (
        "keep it, so the sizes are 280:60:60; `moue split --ratio 9:1 --resplit` gives 360:40:0"
        in note
    )
    assert run(catalog, "9:1", resplit=True).notes == []


def test_the_split_depends_on_the_seed_only(workspace, catalog):
    many(catalog, 80)
    run(catalog)
    first = splits(catalog)
    run(catalog, resplit=True)
    assert splits(catalog) == first
    run(catalog, resplit=True, seed=1)
    assert splits(catalog) != first


def test_a_second_run_writes_nothing(catalog):
    many(catalog, 40)
    run(catalog)
    before = list(catalog.mouths()), list(catalog.decisions())
    assert run(catalog).done == 0
    assert (list(catalog.mouths()), list(catalog.decisions())) == before


def test_every_split_is_a_decision(catalog):
    many(catalog, 8)
    run(catalog)
    assert {(d.name, d.value) for d in catalog.decisions()} == set(splits(catalog).items())


def test_unlabelled_and_unused_mouths_get_no_split(catalog):
    many(catalog, 40)
    put(catalog, "unlabelled", None)
    put(catalog, "dropped", "smile", dropped="dark")
    run(catalog)
    assert splits(catalog)["unlabelled"] is None
    assert splits(catalog)["dropped"] is None


def test_fewer_than_two_labels_are_an_error(catalog):
    with pytest.raises(SplitError, match="no mouth has a label yet"):
        run(catalog)
    put(catalog, "a", "smile")
    with pytest.raises(SplitError, match="all pictures have the label smile"):
        run(catalog)
    assert splits(catalog) == {"a": None}


def test_label_without_a_training_picture_is_an_error(catalog):
    many(catalog, 40)
    run(catalog)
    for one in list(catalog.mouths(label="pout")):
        catalog.update_mouth(one.name, split="test")
    with pytest.raises(SplitError, match="no training picture has the label pout"):
        run(catalog)


@pytest.mark.parametrize(
    "ratio", ["", "9", "a:b", "1:2:3:4", "0:1", "-1:2", "8:-1:1", "nan:1", "inf:1", "1:nan:1"]
)
def test_invalid_ratio_is_an_error(ratio):
    with pytest.raises(ConfigError, match="write it as 8:1:1 or 9:1"):
        SplitSettings(ratio=ratio).fractions()


def test_fractions_add_up():
    assert SplitSettings(ratio="8:1:1").fractions() == {"train": 0.8, "val": 0.1, "test": 0.1}
    assert SplitSettings(ratio="9:1").fractions() == {"train": 0.9, "val": 0.1, "test": 0.0}
    assert sum(replace(SplitSettings(), ratio="7:1.5:1.5").fractions().values()) == pytest.approx(1)


def test_label_without_test_pictures_is_reported(catalog):
    many(catalog, 40)
    for one in list(catalog.mouths(label="pout")):
        catalog.update_sample(one.sample, subject="one person shows every pout")
    summary = run(catalog)
    assert summary.notes == [
        "no validation picture is labelled pout: the validation accuracy does not cover pout",
        "no test picture is labelled pout: the test accuracy does not cover pout",
    ]
    assert summary.result == {"untested": {"val": ["pout"], "test": ["pout"]}}


def test_test_set_of_one_label_is_reported(catalog):
    many(catalog, 40)
    run(catalog)
    for one in list(catalog.mouths("split = 'test' AND label <> 'smile'")):
        catalog.update_mouth(one.name, split="train")
    notes = run(catalog).notes
    assert (
        "all test pictures are labelled smile: the test accuracy does not cover none, open and pout"
    ) in notes
