"""Suggested people of many pictures, whose embeddings are generated: the table, and the memory."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections import Counter
from itertools import count

import numpy as np
import pytest

from memory_growth import check_growth, workspace_of_rows
from moue.dataset.people import suggest_people
from moue.dataset.subject_clusters import find_subjects
from moue.face import embedding
from moue.workspace.queries import samples_with_faces
from rows import context

FEW, MANY = 3000, 6000
"""Numbers of pictures, several times that of a block of embeddings."""
needs_dlib = pytest.mark.skipif(not embedding.available(), reason="no dlib")


@dataclasses.dataclass
class EngineWithResults:
    """An engine that gives these results for the items of any function."""

    results: list
    is_remote = False

    def map(self, function, items, total, **_):
        assert total == len(self.results)
        return (result for result, _ in zip(self.results, items, strict=True))


def embeddings(number, each):
    """Embeddings of `number` faces, of about `each` for each person."""
    chance = np.random.default_rng(0)
    centres = chance.normal(0, 0.06, (number // each, 128)) + 0.08
    whose = chance.integers(0, len(centres), number)
    return (centres[whose] + chance.normal(0, 0.025, (number, 128))).astype(np.float32)


def suggested(workspace, results):
    with workspace.open_catalog() as catalog:
        given = context(workspace, catalog)
        engine = EngineWithResults(results)
        return suggest_people(dataclasses.replace(given, engine=engine))


def table_by_hand(samples, found):
    """The text of people.csv, from samples and embeddings in memory."""
    used = {sample.subject for sample in samples}
    free = (f"person-{n:03d}" for n in count(1) if f"person-{n:03d}" not in used)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file", "subject", "similarity"])
    clusters = [rows.tolist() for rows in find_subjects(found)]
    for rows in sorted(clusters, key=lambda rows: (-len(rows), rows)):
        if len(rows) < 2:
            continue
        members = found[rows]
        apart = [np.linalg.norm(members - one, axis=1).sum() / (len(rows) - 1) for one in members]
        order = sorted(range(len(rows)), key=lambda i: (apart[i], i))
        subjects = [samples[rows[i]].subject for i in order]
        known = Counter(subject for subject in subjects if subject).most_common(1)
        name = known[0][0] if known else next(free)
        for i in order:
            sample = samples[rows[i]]
            table.writerow([sample.source, sample.subject or name, f"{1 - apart[i]:.2f}"])
    return text.getvalue()


@needs_dlib
def test_the_table_is_that_of_a_simple_method(tmp_path):
    workspace = workspace_of_rows(tmp_path / "w", 1300)
    with workspace.open_catalog() as catalog:
        catalog.execute("UPDATE samples SET subject = 'person-002' WHERE id % 90 = 1")
        catalog.execute("UPDATE samples SET subject = 'Anna, \"B\"' WHERE id % 70 = 1")
        catalog.execute("UPDATE samples SET faces = '[]' WHERE id % 13 = 5")
        samples = list(samples_with_faces(catalog))
    assert len(samples) == 1200
    found = embeddings(1200, 8)
    read = [place for place in range(1200) if place % 25 != 3]
    results = ["unreadable" if place % 25 == 3 else found[place] for place in range(1200)]
    summary = suggested(workspace, results)
    assert summary.done == len(read) == 1152
    table, *sheets = summary.files
    expected = table_by_hand([samples[place] for place in read], found[read])
    assert table.read_text(encoding="utf-8") == expected
    assert summary.counts["pictures"] == expected.count("\n") - 1
    assert len(sheets) == -(-min(summary.counts["people"], 120) // 6)


@needs_dlib
def test_people_of_dissimilar_faces_write_no_table(tmp_path):
    workspace = workspace_of_rows(tmp_path / "w", 30)
    summary = suggested(workspace, list(np.eye(30, 128, dtype=np.float32)))
    assert summary.counts == {"people": 0, "pictures": 0}
    assert not summary.files
    assert not (workspace.reports / "people").exists()


@needs_dlib
def test_people_need_few_bytes_for_each_picture_besides_its_embedding(tmp_path):
    def prepare(workspace, count):
        results = list(embeddings(count, 10))

        def operation():
            assert suggested(workspace, results).done == count

        return operation

    check_growth(512 + 250, tmp_path, prepare, FEW, MANY)


def test_clusters_need_few_bytes_for_each_of_many_near_embeddings(tmp_path):
    def prepare(workspace, count):
        found = embeddings(count, 50)

        def operation():
            assert sum(len(rows) for rows in find_subjects(found)) == count

        return operation

    check_growth(500, tmp_path, prepare, FEW, MANY)
