from __future__ import annotations

import numpy as np
import pytest

from workflows.evaluate_detector import best_f1


def test_f1_counts_the_boxes_of_all_classes_together_at_one_confidence() -> None:
    # of 10 potholes 8 found with 2 false, of 90 cracks 9 found with 1 false, at the better of two confidences
    precision = np.array([[0.4, 0.8], [0.3, 0.9]])
    recall = np.array([[0.9, 0.8], [0.05, 0.1]])
    best = best_f1(precision, recall, np.array([10.0, 90.0]))
    assert best.whole == pytest.approx(2 * 17 / (20 + 100))
    assert best.by_class == pytest.approx((2 * 8 / (10 + 10), 2 * 9 / (10 + 90)))
    assert best.confidence == 1.0  # the second of two, spread from 0 to 1


def test_nothing_labelled_is_no_score() -> None:
    assert best_f1(np.zeros((0, 5)), np.zeros((0, 5)), np.zeros(0)).whole == 0.0


def test_a_class_that_is_never_found_counts_as_missed() -> None:
    best = best_f1(np.array([[1.0], [1.0]]), np.array([[1.0], [0.0]]), np.array([5.0, 5.0]))
    assert best.whole == pytest.approx(2 * 5 / (5 + 10))
    assert best.by_class[1] == 0.0
