from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.detectors.nested import without_nested
from vision.types import Detections

NO_OUTLINE = np.zeros((0, 2), np.float32)


def square(left: float, top: float, width: float, height: float) -> NDArray[np.float32]:
    return np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float32)


def make_detections(*found: tuple[NDArray[np.float32], float, int], outlines: bool = True) -> Detections:
    """Give detections from (outline, confidence, class_id) each."""
    xyxy = np.array([[*outline.min(axis=0), *outline.max(axis=0)] for outline, _, _ in found], np.float32)
    return Detections(
        footage_id="f",
        pts_ns=0,
        xyxy=xyxy.reshape(-1, 4),
        confidence=np.array([confidence for _, confidence, _ in found], np.float32),
        class_id=np.array([class_id for _, _, class_id in found], np.int64),
        class_names=("pothole", "longitudinal_crack"),
        outlines=tuple(outline if outlines else NO_OUTLINE for outline, _, _ in found),
    )


def test_a_flat_box_within_a_higher_one_is_the_same_thing() -> None:
    # their intersection over union is 0.48: the usual suppression keeps both
    found = make_detections((square(754, 371, 81, 16.8), 0.31, 0), (square(752, 377.5, 80, 8.1), 0.69, 0))
    for detections in (
        found,
        make_detections((square(754, 371, 81, 16.8), 0.31, 0), (square(752, 377.5, 80, 8.1), 0.69, 0), outlines=False),
    ):
        left = without_nested(detections)
        assert left.confidence.tolist() == [np.float32(0.69)]
        assert len(left.outlines) == 1


def test_things_side_by_side_and_things_of_two_kinds_stay() -> None:
    beside = make_detections((square(0, 0, 40, 10), 0.9, 0), (square(30, 0, 40, 10), 0.8, 0))
    kinds = make_detections((square(0, 0, 40, 10), 0.9, 0), (square(0, 0, 40, 10), 0.8, 1))
    assert without_nested(beside) is beside
    assert without_nested(kinds) is kinds


def test_two_slanting_cracks_side_by_side_stay_although_their_boxes_overlap() -> None:
    first = np.array([[0, 0], [10, 0], [110, 100], [100, 100]], np.float32)
    both = make_detections((first, 0.9, 1), (first + np.float32([15, 0]), 0.8, 1))
    assert without_nested(both) is both


def test_order_is_kept_and_nothing_stays_nothing() -> None:
    three = make_detections((square(0, 0, 10, 10), 0.3, 0), (square(1, 1, 8, 8), 0.2, 0), (square(50, 0, 9, 9), 0.9, 0))
    assert without_nested(three).confidence.tolist() == [np.float32(0.3), np.float32(0.9)]
    nothing = make_detections()
    assert without_nested(nothing) is nothing
