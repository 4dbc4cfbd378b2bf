"""A roadside model's own classes become walkdown's, and a model of something else is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders_roadside import draw_sign
from vision.errors import ModelError
from vision.protocols import ModelInfo
from vision.roadside.kinds import ROADSIDE_CLASSES
from vision.roadside.looking import check_classes, look_beside
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
