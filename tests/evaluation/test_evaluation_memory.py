"""Memory of an evaluation: a few bytes for each mouth of the test set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from memory_growth import check_growth, workspace_of_rows
from moue.evaluation.comparison import compare
from moue.evaluation.evaluate import evaluate
from moue.evaluation.example_table import ExampleTable
from moue.evaluation.independent_models import independent_models
from moue.evaluation.labelled_mouths import LabelledMouth, load_labelled_mouths
from moue.evaluation.rank_models import known_unseen, unseen
from moue.evaluation.test_set import load_test_set, make_examples
from moue.model.example import Example, digest_of_examples
from moue.workspace.layout import mouth_key
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import LABELS


def run_folder(workspace, names):
    folder = workspace.runs / "001"
    folder.mkdir(parents=True)
    (folder / "mouths.txt").write_text("".join(f"{name}\n" for name in names))
    (folder / "settings.json").write_text("{}")
    return folder


def test_an_evaluation_needs_few_bytes_for_each_mouth(tmp_path):
    def prepare(workspace, count):
        with workspace.reading() as catalog:
            names = [mouth.name for mouth in catalog.mouths()]
            catalog.execute("UPDATE mouths SET split = 'test'")
        colours = ["colour"] * count
        folder = run_folder(workspace, names[::2])
        logits = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)

        def operation():
            with workspace.reading() as catalog:
                split, mouths = load_test_set(workspace, catalog)
                assert (split, len(mouths)) == ("test", count)
                assert unseen(catalog, mouths, [folder]).sum() == count // 2
                assert not known_unseen(catalog, folder, mouths)
            examples = make_examples(mouths, colours)
            found = evaluate(logits, examples, LABELS)
            assert len(found.mistakes) == 50
            predicted = [LABELS[code] for code in logits.argmax(axis=1)]
            compare(examples, predicted, predicted)
            digest_of_examples(examples)

        return operation

    check_growth(600, tmp_path, prepare)


def test_the_choice_of_mouths_to_check_needs_few_bytes_for_each_mouth(tmp_path):
    def prepare(workspace, count):
        with workspace.reading() as catalog:
            assert catalog.total() == count

        def operation():
            with workspace.reading() as catalog:
                mouths = load_labelled_mouths(workspace, catalog)
                checks, rest = independent_models(catalog, None, "any", mouths, [])
            assert sum(len(check.mouths) for check in checks) + len(rest) == count
            assert sum(1 for check in checks for _ in check.mouths.names()) == count - len(rest)

        return operation

    check_growth(100, tmp_path, prepare)


def test_labelled_mouths_are_those_of_the_catalog(tmp_path):
    workspace = workspace_of_rows(tmp_path / "rows", 1200)
    with workspace.reading() as catalog:
        pairs = list(dataset_mouths(catalog, "train"))
        expected = [LabelledMouth(mouth, sample, workspace) for mouth, sample in pairs]
        found = load_labelled_mouths(workspace, catalog, "train")
    assert [one.mouth for one in found] == [one.mouth for one in expected]
    assert [one.sample.name for one in found] == [one.sample.name for one in expected]
    assert found[7].mouth == found[7 - len(found)].mouth == expected[7].mouth
    assert [one.mouth for one in found[500:700]] == [one.mouth for one in expected[500:700]]
    assert list(found.names()) == [one.mouth.name for one in expected]
    assert found.labels == set(LABELS)
    codes = found.label_indices(LABELS[1:])
    assert codes.tolist() == [LABELS.index(one.label) - 1 for one in expected]
    some = found.some(codes >= 0)
    assert [one.mouth for one in some] == [one.mouth for one in expected if one.label != LABELS[0]]


def test_examples_in_columns_equal_the_given_ones():
    names = ("a", "图", "c\udcff", "")
    given = [
        Example(name=name, file=Path(mouth_key(name)), label=label, attributes=attributes)
        for name, label, attributes in zip(
            names, ("smile", "pout", "smile", "open"),
            ({"x": "1"}, {}, {"y": "", "x": "2"}, {"x": "1"}), strict=True,
        )
    ]  # fmt: skip
    table = ExampleTable(given)
    assert list(table) == given
    assert table[1:3] == given[1:3]
    assert table[-1] == given[-1]
    assert list(table.labels()) == [one.label for one in given]
    assert digest_of_examples(table) == digest_of_examples(given)
