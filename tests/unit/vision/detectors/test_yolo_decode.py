"""From a network's raw output to detections in the picture's own pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.detectors.yolo_decode import Letterbox, YoloConfig, decode, letterbox_for, to_input
from vision.errors import InferenceError
from vision.ground_plane import polygon_area
from vision.types import Detections, Frame

F32 = NDArray[np.float32]
NAMES = ("crack", "pothole")
CONFIG = YoloConfig(confidence=0.25, iou=0.5)


def make_frame(width_px: int, height_px: int) -> Frame:
    return Frame("f", 7, np.zeros((height_px, width_px, 3), np.uint8))


def to_rows(box: Letterbox, found: list[tuple[tuple[float, float, float, float], int, float]], extra: int = 0) -> F32:
    """Write boxes (in picture pixels), classes and scores as a network would: one column each, and some empty ones."""
    rows = np.zeros((4 + len(NAMES) + extra, len(found) + 5), np.float32)
    for column, (xyxy, class_id, score) in enumerate(found):
        left, right = (x * box.scale + box.left_px for x in (xyxy[0], xyxy[2]))
        top, bottom = (y * box.scale + box.top_px for y in (xyxy[1], xyxy[3]))
        rows[:4, column] = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        rows[4 + class_id, column] = score
    return rows


def decoded(
    found: list[tuple[tuple[float, float, float, float], int, float]], config: YoloConfig = CONFIG
) -> Detections:
    box = letterbox_for(1280, 720, 640)
    return decode(make_frame(1280, 720), box, to_rows(box, found), None, NAMES, config)


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=40, max_value=4000), st.integers(min_value=40, max_value=4000), st.data())
def test_a_box_comes_back_to_where_it_was_in_a_picture_of_any_size(
    width_px: int, height_px: int, data: st.DataObject
) -> None:
    left = data.draw(st.floats(min_value=0, max_value=width_px * 0.7))
    top = data.draw(st.floats(min_value=0, max_value=height_px * 0.7))
    xyxy = (left, top, left + 0.3 * width_px, top + 0.3 * height_px)
    box = letterbox_for(width_px, height_px, 640)
    result = decode(make_frame(width_px, height_px), box, to_rows(box, [(xyxy, 1, 0.9)]), None, NAMES, CONFIG)
    np.testing.assert_allclose(result.xyxy[0], xyxy, atol=0.01 * max(width_px, height_px) / 640 + 0.01)


@given(st.integers(min_value=1, max_value=4000), st.integers(min_value=1, max_value=4000))
def test_the_input_is_in_whole_strides_and_no_larger_than_it_must_be(width_px: int, height_px: int) -> None:
    box = letterbox_for(width_px, height_px, 640)
    assert box.width_px % 32 == box.height_px % 32 == 0
    assert max(box.width_px, box.height_px) == 640
    assert box.width_px - width_px * box.scale < 33
    assert box.height_px - height_px * box.scale < 33


@pytest.mark.parametrize(("width_px", "height_px"), [(1280, 720), (333, 517), (2000, 3), (64, 64)])
def test_the_picture_stands_in_the_middle_of_grey(width_px: int, height_px: int) -> None:
    image = np.zeros((height_px, width_px, 3), np.uint8)
    image[:] = (255, 128, 0)  # BGR
    box = letterbox_for(width_px, height_px, 640)
    given_to_network = to_input(image, box)
    assert given_to_network.shape == (3, box.height_px, box.width_px)
    middle = given_to_network[:, (box.height_px - 1) // 2, box.width_px // 2]
    np.testing.assert_allclose(middle, [0.0, 128 / 255, 1.0], atol=1e-6)  # RGB
    if box.top_px:
        np.testing.assert_allclose(given_to_network[:, 0, 0], 114 / 255, atol=1e-6)


def test_class_confidence_and_frame_are_kept() -> None:
    result = decoded([((100, 100, 200, 150), 0, 0.4), ((600, 400, 700, 480), 1, 0.9)])
    assert [result.class_names[i] for i in result.class_id] == ["pothole", "crack"]  # the surest first
    np.testing.assert_allclose(result.confidence, [0.9, 0.4], atol=1e-6)
    assert (result.footage_id, result.pts_ns) == ("f", 7)
    assert all(outline.shape == (0, 2) for outline in result.outlines)
    assert not result.xyxy.flags.writeable


def test_of_two_boxes_on_one_thing_the_surer_stays() -> None:
    result = decoded([((100, 100, 200, 150), 1, 0.5), ((102, 100, 203, 152), 1, 0.8)])
    np.testing.assert_allclose(result.confidence, [0.8], atol=1e-6)


def test_a_crack_through_a_pothole_is_both() -> None:
    assert len(decoded([((100, 100, 200, 150), 1, 0.5), ((102, 100, 203, 152), 0, 0.8)])) == 2


def test_what_is_under_the_threshold_is_left_out() -> None:
    assert len(decoded([((100, 100, 200, 150), 1, 0.24)])) == 0
    assert len(decoded([])) == 0


def test_no_more_than_asked_for_and_the_surest_of_them() -> None:
    found = [((20.0 * i, 100.0, 20.0 * i + 15, 115.0), 1, 0.3 + 0.01 * i) for i in range(30)]
    result = decoded(found, YoloConfig(confidence=0.25, max_detections=4))
    np.testing.assert_allclose(result.confidence, [0.59, 0.58, 0.57, 0.56], atol=1e-6)


def test_a_box_over_the_edge_is_cut_and_one_in_the_padding_is_dropped() -> None:
    result = decoded([((-50, 600, 100, 900), 1, 0.9), ((300, 722, 400, 735), 1, 0.8)])
    np.testing.assert_allclose(result.xyxy, [[0, 600, 100, 720]], atol=0.5)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_numbers_that_are_none_are_a_failure_and_not_an_empty_road(wrong: float) -> None:
    box = letterbox_for(1280, 720, 640)
    rows = np.full((6, 8), wrong, np.float32)
    with pytest.raises(InferenceError, match="not finite"):
        decode(make_frame(1280, 720), box, rows, None, NAMES, CONFIG)


def test_output_of_another_model_is_a_failure() -> None:
    box = letterbox_for(1280, 720, 640)
    with pytest.raises(InferenceError, match=r"\(9, 8\), expected \(6, anchors\)"):
        decode(make_frame(1280, 720), box, np.zeros((9, 8), np.float32), None, NAMES, CONFIG)


# --- masks -------------------------------------------------------------------------------------------------------


def ellipse_prototypes(box: Letterbox, centre: tuple[float, float], reach: tuple[float, float]) -> F32:
    """Give one mask prototype: above 0 inside an ellipse given in picture pixels."""
    rows, columns = np.mgrid[0 : box.height_px // 4, 0 : box.width_px // 4].astype(np.float32)
    x = ((columns + 0.5) * 4 - box.left_px) / box.scale
    y = ((rows + 0.5) * 4 - box.top_px) / box.scale
    inside = 1.0 - np.hypot((x - centre[0]) / reach[0], (y - centre[1]) / reach[1])
    return np.asarray(inside[None] * 10, np.float32)


def with_mask(
    size: tuple[int, int], centre: tuple[float, float], reach: tuple[float, float], prototypes: F32 | None = None
) -> Detections:
    box = letterbox_for(*size, 640)
    xyxy = (centre[0] - reach[0], centre[1] - reach[1], centre[0] + reach[0], centre[1] + reach[1])
    rows = to_rows(box, [(xyxy, 1, 0.9)], extra=1)
    rows[6] = 1.0
    drawn = ellipse_prototypes(box, centre, reach) if prototypes is None else prototypes
    return decode(make_frame(*size), box, rows, drawn, NAMES, CONFIG)


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("size", [(640, 384), (1280, 720), (1920, 1080), (500, 900)])
@given(st.floats(min_value=0.3, max_value=0.7), st.floats(min_value=0.02, max_value=0.2))
def test_an_outline_has_the_place_and_the_area_of_the_mask(size: tuple[int, int], where: float, part: float) -> None:
    unit = max(size) / 640  # of one pixel that the network sees
    centre = (where * size[0], where * size[1])
    reach = (max(part * size[0], 12 * unit), max(0.5 * part * size[1], 6 * unit))
    result = with_mask(size, centre, reach)
    outline = result.outlines[0].astype(np.float64)
    assert polygon_area(outline) == pytest.approx(math.pi * reach[0] * reach[1], rel=0.08)
    np.testing.assert_allclose((outline.min(axis=0) + outline.max(axis=0)) / 2, centre, atol=2.5 * unit)
    assert (outline >= result.xyxy[0, :2] - 1e-3).all()
    assert (outline <= result.xyxy[0, 2:] + 1e-3).all()


def test_an_empty_mask_leaves_the_box_without_an_outline() -> None:
    nothing = np.full((1, 96, 160), -5.0, np.float32)
    result = with_mask((640, 384), (300, 200), (40, 20), nothing)
    assert len(result) == 1
    assert result.outlines[0].shape == (0, 2)


def test_a_mask_that_is_no_number_is_a_failure() -> None:
    with pytest.raises(InferenceError, match="not finite"):
        with_mask((640, 384), (300, 200), (40, 20), np.full((1, 96, 160), np.nan, np.float32))
