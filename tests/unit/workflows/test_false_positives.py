from __future__ import annotations

import numpy as np
import pytest

from workflows.false_positives import covered

BOX = np.array([10.0, 10.0, 30.0, 20.0], np.float32)


def test_a_find_is_covered_by_the_label_that_covers_most_of_it() -> None:
    labels = np.array([[0.0, 0.0, 15.0, 30.0], [20.0, 10.0, 90.0, 90.0]])
    assert covered(BOX, labels) == pytest.approx(0.5)
    assert covered(BOX, labels[:1]) == pytest.approx(0.25)


def test_without_labels_nothing_is_covered() -> None:
    assert covered(BOX, np.zeros((0, 4))) == 0.0
    assert covered(BOX, np.array([[40.0, 40.0, 50.0, 50.0]])) == 0.0
