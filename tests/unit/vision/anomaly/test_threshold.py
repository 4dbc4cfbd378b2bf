"""A threshold keeps the false-alarm rate that it states, and says when it can't keep the one asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.anomaly.threshold import choose_threshold
from vision.errors import ConfigError, InputError


def test_further_normals_exceed_it_as_often_as_stated() -> None:
    random = np.random.default_rng(3)
    exceeded = []
    for _ in range(4000):
        scores = random.gamma(2.0, size=61)  # 60 kept out, and one more
        exceeded.append(scores[60] > choose_threshold(scores[:60], 0.05).value)
    stated = choose_threshold(np.arange(60.0), 0.05).rate
    assert stated == pytest.approx(3 / 61)
    assert np.mean(exceeded) == pytest.approx(stated, abs=0.01)


def test_the_interval_holds_the_true_rate_nine_times_in_ten() -> None:
    random = np.random.default_rng(4)
    held = 0
    for _ in range(2000):
        threshold = choose_threshold(random.uniform(size=80), 0.05)
        held += threshold.rate_low <= 1.0 - threshold.value <= threshold.rate_high
    assert held / 2000 == pytest.approx(0.9, abs=0.025)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.floats(0.001, 0.999))
def test_it_is_a_score_and_lies_below_no_more_than_it_may(scores: list[float], rate: float) -> None:
    threshold = choose_threshold(np.array(scores), rate)
    assert threshold.value in scores
    assert sum(score > threshold.value for score in scores) < max(1.0, rate * (len(scores) + 1) + 1e-6)
    assert threshold.rate_low <= threshold.rate_high
    assert threshold.promised == (rate + 1e-12 >= 1 / (len(scores) + 1))


def test_a_rate_that_few_normals_cannot_promise_is_said_to_be_so() -> None:
    threshold = choose_threshold(np.arange(20.0), 0.01)
    assert threshold.value == 19.0
    assert threshold.rate == pytest.approx(1 / 21)
    assert "1.0% can't be promised with fewer than 99 normals" in str(threshold)
    assert "can't" not in str(choose_threshold(np.arange(99.0), 0.01))


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match="false-alarm rate"):
        choose_threshold(np.arange(20.0), rate)


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="not all finite"):
        choose_threshold(np.array([1.0, float("nan")]), 0.1)
