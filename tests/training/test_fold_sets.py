"""The sets of `moue train --folds`: whole groups, similar labels, few bytes for each mouth."""

from __future__ import annotations

import hashlib
import pickle
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_growth import check_growth, workspace_of_rows
from moue.errors import DataError
from moue.model.example import Example
from moue.training.fold_sets import load_fold_sets, make_folds
from moue.training.train_several import Plan, plan_trainings
from moue.workspace.queries import dataset_mouths
from rows import context

GROUPS = """
UPDATE samples SET "group" = (SELECT name FROM samples AS s WHERE s.id = samples.id / 7 * 7 + 1)
WHERE id % 11 < 6
"""


def by_hand(groups, folds):
    """The folds of groups of labels, one label after another: lists of names of groups."""
    parts, counts = [[] for _ in range(folds)], [Counter() for _ in range(folds)]

    def order(name):
        return -len(groups[name]), hashlib.sha256(name.encode()).hexdigest()

    for name in sorted(groups, key=order):
        labels = groups[name]
        costs = [sum(counts[i][label] for label in labels) for i in range(folds)]
        fold = min(range(folds), key=lambda i: (costs[i], counts[i].total()))
        parts[fold].append(name)
        counts[fold].update(labels)
    return parts


def examples_by_hand(workspace, catalog, folds):
    """The training and the validation set of each fold, as lists of examples."""
    split, groups = defaultdict(list), defaultdict(list)
    for mouth, sample in dataset_mouths(catalog):
        place = workspace.mouth(mouth.name)
        one = Example(name=mouth.name, file=place, label=mouth.label)
        if mouth.split != "test":
            split[mouth.split].append(one)
            groups[sample.group or sample.name].append(one)
    if folds == 1:
        return [(split["train"], split["val"])]
    labels = {name: [one.label for one in group] for name, group in groups.items()}
    parts = [[one for name in names for one in groups[name]] for names in by_hand(labels, folds)]
    return [
        ([one for j, part in enumerate(parts) if j != i for one in part], parts[i])
        for i in range(folds)
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    found = workspace_of_rows(tmp_path_factory.mktemp("folds") / "rows", 1200)
    with found.open_catalog() as catalog:
        catalog.execute(GROUPS)
        catalog.execute("UPDATE samples SET \"group\" = '' WHERE id = 9")
        catalog.execute("UPDATE mouths SET label = 'other' WHERE id > 1150")
    return found


@pytest.mark.parametrize("folds", [1, 2, 5])
def test_the_sets_and_their_order_are_those_of_a_simple_method(workspace, folds):
    with workspace.reading() as catalog:
        loaded = load_fold_sets(workspace, catalog, folds)
        sets = pickle.loads(pickle.dumps(loaded))  # noqa: S301
        expected = examples_by_hand(workspace, catalog, folds)
    found = [(sets.train_set(i), sets.val_set(i)) for i in range(len(sets))]
    assert [(list(train_set), list(val_set)) for train_set, val_set in found] == expected
    assert [len(train_set) for train_set, _ in found] == [len(train) for train, _ in expected]
    assert all(s.labels() == {one.label for one in s} for pair in found for s in pair)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), max_size=30), st.integers(2, 4)
)
def test_groups_are_assigned_as_by_a_simple_method(groups, folds):
    named = {f"g{i}": codes for i, codes in enumerate(groups)}
    parts = by_hand(named, folds)
    order = sorted(named, key=lambda n: (-len(named[n]), hashlib.sha256(n.encode()).hexdigest()))
    found = make_folds((np.array(named[n], np.int16) for n in order), folds, 3)
    assert [next(i for i, p in enumerate(parts) if n in p) for n in order] == found.tolist()


def test_folds_balance_labels():
    groups = [np.array([i % 2] * 2, np.int16) for i in range(12)]
    found = make_folds(groups, 3, 2)
    kinds = Counter((fold, i % 2) for i, fold in enumerate(found.tolist()))
    assert kinds == {(fold, kind): 2 for fold in range(3) for kind in range(2)}


def test_too_few_groups_and_no_training_pictures_are_errors(tmp_path):
    workspace = workspace_of_rows(tmp_path / "rows", 8)
    with workspace.open_catalog() as catalog:
        catalog.execute("UPDATE samples SET \"group\" = 'one' WHERE id <= 6")
        with pytest.raises(DataError, match="only 3 groups of pictures"):
            load_fold_sets(workspace, catalog, 4)
        assert len(load_fold_sets(workspace, catalog, 3)) == 3
        catalog.execute("UPDATE mouths SET split = 'val'")
        for folds in (1, 3):
            with pytest.raises(DataError, match="no training pictures"):
                load_fold_sets(workspace, catalog, folds)
        catalog.execute("UPDATE mouths SET split = NULL")
        with pytest.raises(DataError, match="no training pictures"):
            load_fold_sets(workspace, catalog, 2)


@pytest.mark.parametrize("folds", [1, 5])
def test_folds_need_few_bytes_for_each_mouth(tmp_path, folds):
    def prepare(workspace, count):
        def operation():
            with workspace.open_catalog() as catalog:
                sets = load_fold_sets(workspace, catalog, folds)
                plan = Plan((0, 1, 2), folds, ("fast", "classic"))
                trainings = list(plan_trainings(context(workspace, catalog), plan, sets))
            assert len(trainings) == 6 * folds
            assert sum(1 for _ in sets.val_set(0)) == len(sets.val_set(0)) > 0
            assert len(sets.val_set(0)) + len(sets.train_set(0)) == count * 9 // 10

        return operation

    check_growth(130, tmp_path, prepare)
