from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.line.part_ids import PartIdVote, read_code
from vision.plant import PartIdKind
from vision.types import Image


def _coded(text: str) -> Image:
    code = cv2.QRCodeEncoder.create().encode(text)
    large = cv2.resize(code, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(cv2.copyMakeBorder(large, 30, 30, 30, 30, 0, value=255), cv2.COLOR_GRAY2BGR))


def test_the_code_that_most_frames_show_names_the_part() -> None:
    vote = PartIdVote()
    for text in ("H-0007", "H-0001", "H-0007"):
        vote.look(_coded(text))
    assert vote.part_id == "H-0007"


def test_one_reading_or_none_or_a_tie_is_no_id() -> None:
    vote = PartIdVote()
    vote.look(np.full((200, 200, 3), 90, np.uint8))
    assert vote.part_id is None
    vote.look(_coded("H-0007"))
    assert vote.part_id is None
    for text in ("H-0007", "H-0001", "H-0001"):
        vote.look(_coded(text))
    assert vote.part_id is None


@pytest.mark.parametrize(
    ("kind", "dictionary", "bits"),
    [("aruco", cv2.aruco.DICT_4X4_250, 6), ("apriltag", cv2.aruco.DICT_APRILTAG_36h11, 8)],
)
def test_a_tag_names_a_part_in_its_own_dictionary_only(kind: PartIdKind, dictionary: int, bits: int) -> None:
    tag = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(dictionary), 42, 20 * bits)
    image = cv2.cvtColor(cv2.copyMakeBorder(tag, 40, 40, 40, 40, 0, value=255), cv2.COLOR_GRAY2BGR)
    picture = np.asarray(image, np.uint8)
    assert read_code(picture, kind) == "42"
    assert read_code(picture, "apriltag" if kind == "aruco" else "aruco") is None


def test_a_part_that_is_counted_has_no_id() -> None:
    vote = PartIdVote("count")
    vote.look(_coded("H-0007"))
    assert vote.settled
    assert vote.part_id is None
