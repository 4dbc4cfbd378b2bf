"""A roadside model's own classes become walkdown's, and a model of something else is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders_roadside import draw_sign
from vision.errors import ModelError
from vision.protocols import ModelInfo
from vision.roadside.kinds import ROADSIDE_CLASSES
from vision.roadside.looking import SegmentLooker, check_classes, look_beside
from vision.types import Detections, Frame


class FixedDetector:
    """Finds the same boxes in every frame."""

    def __init__(self, boxes: list[tuple[float, float, float, float]], names: list[str]) -> None:
        self.info = ModelInfo("fixed", "0" * 64, "none", tuple(dict.fromkeys(names)))
        self._boxes, self._names = boxes, names

    def detect(self, frames: list[Frame]) -> list[Detections]:
        return [
            Detections(
                frame.footage_id,
                frame.pts_ns,
                np.array(self._boxes, np.float32).reshape(-1, 4),
                np.full(len(self._boxes), 0.7, np.float32),
                np.array([self.info.class_names.index(name) for name in self._names], np.int64),
                self.info.class_names,
                tuple(np.zeros((0, 2), np.float32) for _ in self._boxes),
            )
            for frame in frames
        ]


def test_boxes_are_renumbered_measured_and_others_left_out() -> None:
    image, box = draw_sign("danger")
    detector = FixedDetector([(0.0, 0.0, 9.0, 9.0), box], ["car", "traffic_sign_danger"])
    (beside,) = look_beside(detector, [Frame("f" * 64, 5, image)])
    assert beside.detections.class_names == ROADSIDE_CLASSES
    assert [ROADSIDE_CLASSES[index] for index in beside.detections.class_id] == ["traffic_sign_danger"]
    np.testing.assert_array_equal(beside.detections.xyxy, np.array([box], np.float32))
    assert beside.looks[0].colour is not None
    assert beside.looks[0].colour > 0.6


def test_a_head_called_by_two_states_is_one_head_and_a_sign_before_it_another_thing() -> None:
    image, box = draw_sign("danger")
    left, top, right, bottom = box
    inner = (left + 3.0, top, right - 3.0, bottom - 12.0)
    names = ["traffic_light_red", "traffic_light_green", "traffic_sign_danger"]
    (beside,) = look_beside(FixedDetector([box, inner, box], names), [Frame("f" * 64, 5, image)])
    kept = [ROADSIDE_CLASSES[index] for index in beside.detections.class_id]
    assert kept == ["traffic_light_red", "traffic_sign_danger"]
    assert len(beside.looks) == 2


def test_heads_side_by_side_stay_two() -> None:
    image, _ = draw_sign("danger")
    boxes = [(10.0, 10.0, 30.0, 60.0), (32.0, 10.0, 52.0, 60.0)]
    (beside,) = look_beside(FixedDetector(boxes, ["traffic_light_red"] * 2), [Frame("f" * 64, 5, image)])
    assert len(beside.detections) == 2


def test_nothing_found_is_an_empty_look() -> None:
    image, _ = draw_sign("danger")
    (beside,) = look_beside(FixedDetector([], []), [Frame("f" * 64, 5, image)])
    assert len(beside.detections) == len(beside.looks) == 0


def test_a_model_of_something_else_is_refused() -> None:
    check_classes(ModelInfo("partly", "0" * 64, "none", ("car", "traffic_light_red")))
    with pytest.raises(ModelError, match="road is no roadside model: it finds pothole"):
        check_classes(ModelInfo("road", "0" * 64, "none", ("pothole",)))


class CountingDetector:
    """Finds a sign in the frames of some times, and remembers which frames it was shown."""

    def __init__(self, box: tuple[float, float, float, float], shows: set[int]) -> None:
        self._there = FixedDetector([box], ["traffic_sign_danger"])
        self._empty = FixedDetector([], [])
        self.info = self._there.info
        self._shows = shows
        self.seen: list[int] = []
        self.heights: set[int] = set()

    def detect(self, frames: list[Frame]) -> list[Detections]:
        self.seen += [frame.pts_ns for frame in frames]
        self.heights |= {frame.image.shape[0] for frame in frames}
        return [(self._there if frame.pts_ns in self._shows else self._empty).detect([frame])[0] for frame in frames]


@pytest.mark.parametrize("at_once", [1, 3, 8, 20])
def test_every_second_frame_is_looked_at_and_each_while_something_is_in_sight(at_once: int) -> None:
    image, box = draw_sign("danger")
    frames = [Frame("f" * 64, pts, image) for pts in range(100, 120)]
    detector = CountingDetector(box, shows=set(range(107, 113)))
    looker = SegmentLooker(detector, None, None, np.arange(100, 120, dtype=np.int64))
    looked = [one for start in range(0, 20, at_once) for one in looker.look(frames[start : start + at_once])]
    even = set(range(100, 120, 2))
    assert {one.detections.pts_ns for one in looked} == even | {109, 111, 113}
    assert sorted(detector.seen) == sorted(even | {109, 111, 113})  # none twice


def test_a_frame_after_a_refused_one_is_looked_at() -> None:
    image, box = draw_sign("danger")
    detector = CountingDetector(box, shows=set())
    looker = SegmentLooker(detector, None, None, np.arange(4, dtype=np.int64))
    looker.look([Frame("f" * 64, pts, image) for pts in (0, 1, 3)])  # the gate refused frame 2
    assert detector.seen == [0, 3]


def test_only_what_lies_above_the_row_is_looked_at_and_what_it_cuts_is_left_out() -> None:
    image, box = draw_sign("danger")
    frame = Frame("f" * 64, 0, image)
    cut, whole = int(box[3]) - 4, int(box[3]) + 6
    for row, count in ((cut, 0), (whole, 1), (None, 1)):
        detector = CountingDetector(box, shows={0})
        (beside,) = SegmentLooker(detector, None, None, np.array([0], np.int64), row).look([frame])
        assert len(beside.detections) == count
        assert detector.heights == {image.shape[0] if row is None else row}
