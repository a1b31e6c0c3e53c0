"""Clusters of embeddings: near on average, not only by a chain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.dataset import near_embeddings, subject_clusters
from moue.dataset.near_embeddings import near_pairs
from moue.dataset.subject_clusters import mean_similarities


def find_subjects(embeddings):
    """The clusters, as lists of rows."""
    return [rows.tolist() for rows in subject_clusters.find_subjects(embeddings)]


def around(centres, count, spread, seed=0):
    """`count` points around each centre, shuffled; and whose each is."""
    rng = np.random.default_rng(seed)
    whose = rng.permutation(np.repeat(np.arange(len(centres)), count))
    noise = rng.normal(0, spread / np.sqrt(centres.shape[1]), (len(whose), centres.shape[1]))
    return (centres[whose] + noise).astype(np.float32), whose


@pytest.mark.parametrize("block", [7, 1024])
def test_distant_clusters_are_found(monkeypatch, block):
    monkeypatch.setattr(near_embeddings, "_BLOCK", block)
    found, whose = around(np.eye(6, 128, dtype=np.float32) * 2, 20, 0.2)
    groups = find_subjects(found)
    assert [len(one) for one in groups] == [20] * 6
    assert all(len(set(whose[one])) == 1 for one in groups)


def test_a_chain_of_near_neighbours_is_not_one_subject():
    chain = np.zeros((30, 128), np.float32)
    chain[:, 0] = np.arange(30) * 0.3
    groups = find_subjects(chain)
    assert max(len(one) for one in groups) <= 4
    assert any(len(one) > 1 for one in groups)


def test_the_largest_cluster_comes_first_and_rows_rise():
    centres = np.eye(2, 128, dtype=np.float32) * 2
    found = np.concatenate([centres[:1], np.repeat(centres[1:], 3, axis=0)])
    assert find_subjects(found) == [[1, 2, 3], [0]]


def test_memory_does_not_grow_with_similar_rows():
    same = np.zeros((300, 128), np.float32)
    pairs = list(near_pairs(same, 0.5))
    assert len(pairs) <= 300 * near_embeddings._NEIGHBOURS
    assert not any(one == other for one, other in pairs)


@pytest.mark.parametrize("count", [0, 1])
def test_empty_and_single_inputs_work(count):
    assert find_subjects(np.zeros((count, 128), np.float32)) == [[i] for i in range(count)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_every_row_is_in_one_cluster_of_near_members(seed, count):
    found = np.random.default_rng(seed).normal(0, 0.2, (count, 8)).astype(np.float32)
    groups = find_subjects(found)
    assert sorted(i for one in groups for i in one) == list(range(count))
    for one in groups:
        members = found[one].astype(np.float64)
        # Over all pairs, a member with itself included: joined halves stay below the limit.
        apart = ((members[:, None] - members[None]) ** 2).sum(2)
        assert apart.mean() < subject_clusters.MAX_DISTANCE**2


def test_similarity_is_one_minus_the_mean_distance():
    found = np.zeros((3, 4), np.float32)
    found[2, 0] = 0.4
    assert mean_similarities(found, np.arange(3)) == pytest.approx([0.8, 0.8, 0.6])
    assert mean_similarities(found, np.array([2])).tolist() == [1.0]
