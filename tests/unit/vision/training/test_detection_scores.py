"""Average precision of boxes, on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vision.training.detection_scores import Boxes, Picture, iou, tally


def boxes(*rows: tuple[float, float, float, float, str, float]) -> Boxes:
    return Boxes(
        np.array([row[:4] for row in rows], np.float64).reshape(-1, 4),
        tuple(row[4] for row in rows),
        np.array([row[5] for row in rows], np.float64),
    )


HOLE = (0.0, 0.0, 10.0, 10.0, "hole", 1.0)
FAR = (50.0, 50.0, 60.0, 60.0, "hole", 1.0)


def test_all_found_and_nothing_else_is_one() -> None:
    picture = Picture(boxes((0, 0, 10, 10, "hole", 0.3), (50, 50, 60, 60, "hole", 0.9)), boxes(HOLE, FAR))
    assert tally([picture, picture], ["hole"])["hole"].average_precision == pytest.approx(1.0)


def test_half_found_is_a_half_and_a_false_one_before_it_halves_that() -> None:
    half = Picture(boxes((0, 0, 10, 10, "hole", 0.5)), boxes(HOLE, FAR))
    spoilt = Picture(boxes((0, 0, 10, 10, "hole", 0.5), (80, 80, 90, 90, "hole", 0.9)), boxes(HOLE, FAR))
    late = Picture(boxes((0, 0, 10, 10, "hole", 0.5), (80, 80, 90, 90, "hole", 0.1)), boxes(HOLE, FAR))
    assert tally([half], ["hole"])["hole"].average_precision == pytest.approx(51 / 101)
    assert tally([spoilt], ["hole"])["hole"].average_precision == pytest.approx(0.5 * 51 / 101)
    assert tally([late], ["hole"])["hole"].average_precision == pytest.approx(51 / 101)


def test_a_second_find_of_one_label_is_false() -> None:
    twice = Picture(boxes((0, 0, 10, 10, "hole", 0.5), (0, 0, 10, 9, "hole", 0.9)), boxes(HOLE))
    one = tally([twice], ["hole"])["hole"]
    assert one.right.tolist() == [True, False]
    assert one.confidence.tolist() == [0.9, 0.5]


def test_another_kind_and_too_little_overlap_are_no_find() -> None:
    picture = Picture(boxes((0, 0, 10, 10, "crack", 0.9), (0, 0, 10, 5, "hole", 0.9)), boxes(HOLE))
    found = tally([picture], ["hole", "crack"])
    assert found["hole"].right.tolist() == [False]
    assert found["crack"].right.tolist() == [False]
    assert found["hole"].average_precision == found["crack"].average_precision == 0.0


def test_iou_of_nothing_is_nothing() -> None:
    assert iou(np.zeros(4), np.array([[0, 0, 0, 0], [0, 0, 2, 2.0]])).tolist() == [0.0, 0.0]
    assert iou(np.array([0, 0, 2, 2.0]), np.array([[1, 0, 3, 2.0]])) == pytest.approx([1 / 3])
