"""A large picture is looked at in tiles and whole, and each thing comes out once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.detectors.tiled import TiledDetector, tile_corners
from vision.detectors.yolo_decode import YoloConfig
from vision.protocols import ModelInfo
from vision.types import Detections, Frame

CONFIG = YoloConfig(tile_px=200, tile_overlap=0.25)


class BrightBlobs:
    """A Detector of white rectangles on black that are at least ``least_share`` of a picture's side wide."""

    info = ModelInfo("blobs", "0", "test", ("blob",))

    def __init__(self, least_share: float = 0.0) -> None:
        self.least_share = least_share

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        import cv2

        _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(frame.image[:, :, 0]))
        rows = [row for row in stats[1:] if row[2] >= self.least_share * frame.image.shape[1]]
        xyxy = np.array([[x, y, x + w, y + h] for x, y, w, h, _ in rows], np.float32).reshape(-1, 4)
        count = len(rows)
        outlines = tuple(np.array([[a, b], [c, b], [c, d], [a, d]], np.float32) for a, b, c, d in xyxy)
        return Detections(
            frame.footage_id, frame.pts_ns, xyxy, np.full(count, 0.9, np.float32), np.zeros(count, np.int64),
            self.info.class_names, outlines,
        )  # fmt: skip


def picture(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (600, 400)) -> Frame:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for left, top, right, bottom in boxes:
        image[top:bottom, left:right] = 255
    return Frame("f", 7, image)


def sorted_boxes(found: Detections) -> list[list[float]]:
    return sorted(found.xyxy.tolist())


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(128, 1000), st.floats(min_value=0.0, max_value=0.8))
def test_tiles_cover_the_picture_and_reach_into_each_other(width: int, height: int, side: int, overlap: float) -> None:
    corners = tile_corners(width, height, side, overlap)
    if max(width, height) <= side:
        assert corners == []
        return
    for axis, length in ((0, width), (1, height)):
        starts = sorted({corner[axis] for corner in corners})
        assert starts[0] == 0
        assert starts[-1] + side >= length
        assert all(0 <= start <= max(0, length - side) for start in starts)
        assert all(later - start <= side * (1 - overlap) + 1 for start, later in pairwise(starts))


def test_what_is_too_small_in_the_whole_picture_is_found_in_a_tile_where_it_is() -> None:
    small = picture((300, 150, 330, 170), (20, 300, 60, 330))
    assert len(BrightBlobs(0.1).detect([small])[0]) == 0
    found = TiledDetector(BrightBlobs(0.1), CONFIG).detect([small])[0]
    assert sorted_boxes(found) == [[20, 300, 60, 330], [300, 150, 330, 170]]
    np.testing.assert_array_equal(found.outlines[0].min(axis=0), found.xyxy[0, :2])
    assert (found.footage_id, found.pts_ns) == ("f", 7)


@pytest.mark.parametrize("box", [(0, 0, 599, 30), (100, 100, 400, 300), (195, 10, 205, 30), (0, 0, 600, 400)])
def test_a_thing_comes_out_once_and_whole_however_tiles_cut_it(box: tuple[int, int, int, int]) -> None:
    found = TiledDetector(BrightBlobs(), CONFIG).detect([picture(box)])[0]
    assert sorted_boxes(found) == [list(box)]


def test_a_picture_no_larger_than_a_tile_is_looked_at_once() -> None:
    small = picture((5, 5, 20, 20), size=(200, 150))
    assert sorted_boxes(TiledDetector(BrightBlobs(), CONFIG).detect([small])[0]) == [[5, 5, 20, 20]]


def test_nothing_stays_nothing() -> None:
    assert len(TiledDetector(BrightBlobs(), CONFIG).detect([picture()])[0]) == 0
    assert TiledDetector(BrightBlobs(), CONFIG).detect([]) == []
