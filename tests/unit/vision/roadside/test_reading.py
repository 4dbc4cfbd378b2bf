"""What a sign says is read off its pixels, and believed by its views together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.roadside.looks import CropLook
from vision.roadside.reading import SignReader, agreed_text
from vision.types import Image

DISC, PLATE, TRIANGLE = "traffic_sign_prohibitory", "traffic_sign_other", "traffic_sign_danger"


@pytest.fixture(scope="module")
def reader() -> SignReader:
    return SignReader()


def disc(text: str, side: int) -> tuple[Image, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """Draw a speed limit, ``side`` px wide, 40 px from the corner of a grey frame."""
    large = np.full((400, 400, 3), 110, np.uint8)
    cv2.circle(large, (200, 200), 198, (40, 30, 190), -1, cv2.LINE_AA)
    cv2.circle(large, (200, 200), 160, (235, 235, 235), -1, cv2.LINE_AA)
    (wide, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 4.6, 22)
    start = (200 - wide // 2, 200 + tall // 2)
    cv2.putText(large, text, start, cv2.FONT_HERSHEY_SIMPLEX, 4.6, (20, 20, 20), 22, cv2.LINE_AA)
    frame = np.full((200, 200, 3), 110, np.uint8)
    frame[40 : 40 + side, 40 : 40 + side] = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    return frame, np.array([40, 40, 40 + side, 40 + side], np.float32)


@pytest.mark.parametrize("text", ["30", "60", "120"])
def test_a_speed_limit_is_read(reader: SignReader, text: str) -> None:
    frame, box = disc(text, 48)
    read = reader.read(frame, box, DISC)
    assert read is not None
    assert read[0] == text
    assert 0.8 < read[1] <= 1.0


def test_a_dark_sign_is_read_as_well(reader: SignReader) -> None:
    frame, box = disc("60", 48)
    read = reader.read((frame // 6).astype(np.uint8), box, DISC)
    assert read is not None
    assert read[0] == "60"


def test_the_lines_of_a_plate_are_read(reader: SignReader) -> None:
    frame = np.full((200, 300, 3), 90, np.uint8)
    frame[40:140, 40:260] = (60, 190, 230)
    for row, text in ((82, "Altdorf"), (122, "Neustadt")):
        cv2.putText(frame, text, (56, row), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20, 20, 20), 3, cv2.LINE_AA)
    read = reader.read(frame, np.array([40, 40, 260, 140], np.float32), PLATE)
    assert read is not None
    assert read[0] == "Altdorf / Neustadt"


def test_what_is_too_small_says_nothing_or_shows_a_picture_is_not_read(reader: SignReader) -> None:
    small, small_box = disc("60", 16)
    blank, blank_box = disc("", 48)
    plain, plain_box = disc("60", 48)
    assert reader.read(small, small_box, DISC) is None
    assert reader.read(blank, blank_box, DISC) is None
    assert reader.read(plain, plain_box, TRIANGLE) is None
    assert reader.read(plain, plain_box, "traffic_light_red") is None


def test_a_speed_that_no_sign_tells_is_misread(reader: SignReader) -> None:
    frame, box = disc("180", 60)
    assert reader.read(frame, box, DISC) is None


def look(text: str | None, confidence: float | None) -> CropLook:
    return CropLook(40.0, 0.5, 12.0, text=text, text_confidence=confidence)


def test_views_agree_or_nothing_is_said() -> None:
    assert agreed_text([look("60", 0.7), look("60", 0.95), look("80", 0.65), look(None, None)]) == "60"
    assert agreed_text([look("60", 0.95), look("80", 0.9)]) is None  # half each
    assert agreed_text([look("60", 0.7), look("60", 0.75)]) is None  # nobody is sure
    assert agreed_text([look(None, None)]) is None
    assert agreed_text([]) is None
