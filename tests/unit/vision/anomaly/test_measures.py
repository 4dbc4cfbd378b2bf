"""AUROC and per-region overlap against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.anomaly.measures import auroc, auroc_interval, region_overlap
from vision.errors import InputError

SCORES = st.lists(st.integers(0, 9), min_size=1, max_size=20)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_order(normal: list[int], defective: list[int]) -> None:
    pairs = [1.0 if d > n else 0.5 if d == n else 0.0 for n in normal for d in defective]
    assert auroc(np.array(normal, float), np.array(defective, float)) == pytest.approx(np.mean(pairs))


def test_the_interval_of_an_auroc_holds_the_true_one_about_nine_times_in_ten() -> None:
    random = np.random.default_rng(0)
    true = 0.7602  # of two normal distributions a standard deviation apart: Phi(1 / sqrt 2)
    held = 0
    for _ in range(100):
        low, high = auroc_interval(random.normal(size=40), random.normal(1.0, size=40), draws=100)
        held += low <= true <= high
    assert 80 <= held <= 97


def test_a_small_region_counts_as_much_as_a_large_one() -> None:
    heat = np.zeros((40, 40), np.float32)
    mask = np.zeros((40, 40), np.bool_)
    mask[2:30, 2:30] = True
    mask[35:38, 35:38] = True
    heat[2:30, 2:30] = 1.0  # the large one is found, the small one isn't
    assert region_overlap([heat], [mask]) == pytest.approx(0.5, abs=0.01)
    heat[35:38, 35:38] = 1.0
    assert region_overlap([heat], [mask]) == pytest.approx(1.0)


def test_without_regions_there_is_no_overlap() -> None:
    with pytest.raises(InputError, match="masked regions"):
        region_overlap([np.zeros((4, 4), np.float32)], [np.zeros((4, 4), np.bool_)])
