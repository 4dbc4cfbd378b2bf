from __future__ import annotations

import cv2
import numpy as np

from vision.line.part_ids import QrVote
from vision.types import Image


def _coded(text: str) -> Image:
    code = cv2.QRCodeEncoder.create().encode(text)
    large = cv2.resize(code, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(cv2.copyMakeBorder(large, 30, 30, 30, 30, 0, value=255), cv2.COLOR_GRAY2BGR))


def test_the_code_that_most_frames_show_names_the_part() -> None:
    vote = QrVote()
    for text in ("H-0007", "H-0001", "H-0007"):
        vote.look(_coded(text))
    assert vote.part_id == "H-0007"


def test_one_reading_or_none_or_a_tie_is_no_id() -> None:
    vote = QrVote()
    vote.look(np.full((200, 200, 3), 90, np.uint8))
    assert vote.part_id is None
    vote.look(_coded("H-0007"))
    assert vote.part_id is None
    for text in ("H-0007", "H-0001", "H-0001"):
        vote.look(_coded(text))
    assert vote.part_id is None
