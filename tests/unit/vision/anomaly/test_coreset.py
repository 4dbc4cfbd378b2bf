"""The coreset stands for all patches: the greedy choice's laws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vision.anomaly.coreset import choose_coreset
from vision.anomaly.features import F32

POINTS = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.integers(-20, 20))


def radius(points: F32, centres: F32) -> float:
    return float(np.linalg.norm(points[:, None] - centres[None], axis=2).min(axis=1).max())


@given(POINTS, st.integers(1, 4))
@settings(deadline=None)
def test_it_covers_within_twice_the_best_radius(points: F32, count: int) -> None:
    chosen = choose_coreset(points, count)
    assert len(set(chosen.tolist())) == len(chosen) <= count
    best = min(radius(points, points[list(some)]) for some in combinations(range(len(points)), min(count, len(points))))
    assert radius(points, points[chosen]) <= 2.0 * best + 1e-3


def test_copies_are_not_chosen_twice() -> None:
    points = np.repeat(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32), 50, axis=0)
    assert sorted(choose_coreset(points, 10).tolist()) == [0, 50]


def test_the_odd_patch_out_of_thousands_is_kept() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(5000, 192)).astype(np.float32)
    points[4321] += 8.0
    assert 4321 in choose_coreset(points, 20)


def test_the_same_patches_give_the_same_choice() -> None:
    points = np.random.default_rng(1).normal(size=(500, 100)).astype(np.float32)
    assert choose_coreset(points, 40).tolist() == choose_coreset(points, 40).tolist()
