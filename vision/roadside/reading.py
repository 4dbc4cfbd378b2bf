"""Reads what a sign says: the number on a disc, the lines on any other plate."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.roadside.kinds import SIGN_KINDS
from vision.roadside.looks import CropLook
from vision.types import Image

READER_VERSION = f"rapidocr-onnxruntime {metadata.version('rapidocr-onnxruntime')}"
"""Which reader reads: a part of what an examination is named by."""

_DISCS = ("prohibitory", "mandatory")
_DISC_BAND = (0.22, 0.78, 0.10, 0.90)
"""Top, bottom, left and right of a disc's number, in parts of its box: within the rim."""

_LINE_PX = 48  # the height of a line of text that the network was trained on
_PLATE_PX = 256
_DISC_TEXT = re.compile(r"\d{1,3}|\d{1,2}[.,]\d ?[tm]?|\d{1,2} ?[tm]")
_FASTEST = 130  # no disc tells a higher speed anywhere; what is read as more is misread
_SPEED_STEP = 5
_STRETCH_PERCENT = (2.0, 98.0)


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """When a sign is read, and when it is believed.

    Attributes:
        disc_px: Discs with a box smaller than this, by its shorter side, aren't read.
        plate_px: Nor are other plates smaller than this: their letters are smaller.
        min_confidence: A view that is read with less counts for nothing.
        sure: Some view must be read with this or more.
        share: Of the confidence of all views that were read, the part that must agree.
    """

    disc_px: float = 22.0
    plate_px: float = 32.0
    min_confidence: float = 0.6
    sure: float = 0.8
    share: float = 0.6


class SignReader:
    """Reads signs with the recognition network of PP-OCR as the RapidOCR package ships it (Apache-2.0), on the CPU."""

    def __init__(self, rules: ReadingRules | None = None) -> None:
        """Load the networks: 0.5 s."""
        from rapidocr_onnxruntime import RapidOCR  # loads onnxruntime

        self._rules = rules or ReadingRules()
        threads = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
        self._ocr: Any = RapidOCR(**threads, det_limit_side_len=_PLATE_PX, det_limit_type="max")

    def read(self, image: Image, xyxy: NDArray[np.float32], class_name: str) -> tuple[str, float] | None:
        """Give a sign's text and the confidence in it, 0 to 1; None where it is too small or nothing is read.

        Args:
            image: (H, W, 3) uint8 BGR, the whole frame.
            xyxy: (4,) pixels of that frame.
            class_name: Of the sign. Warning triangles show pictures; none is read.
        """
        kind = SIGN_KINDS.get(class_name)
        disc = kind in _DISCS
        left, top, right, bottom = (float(value) for value in xyxy)
        if kind in (None, "danger"):
            return None
        if min(right - left, bottom - top) < (self._rules.disc_px if disc else self._rules.plate_px):
            return None
        band = _DISC_BAND if disc else (0.0, 1.0, 0.0, 1.0)
        rows = _span(top, bottom, band[0], band[1], image.shape[0])
        columns = _span(left, right, band[2], band[3], image.shape[1])
        part = np.asarray(image[rows, columns])
        if min(part.shape[:2]) < 4:
            return None
        return self._disc(_stretched(part)) if disc else self._plate(_stretched(part))

    def _disc(self, part: Image) -> tuple[str, float] | None:
        line = _scaled(part, _LINE_PX / part.shape[0])
        found, _ = self._ocr(line, use_det=False, use_cls=False, use_rec=True)
        for text, confidence in found or ():
            said = str(text).strip().replace("O", "0")
            if confidence >= self._rules.min_confidence and _DISC_TEXT.fullmatch(said) and _likely(said):
                return said, float(confidence)
        return None

    def _plate(self, part: Image) -> tuple[str, float] | None:
        plate = _scaled(part, _PLATE_PX / max(part.shape[:2]))
        found, _ = self._ocr(plate, use_det=True, use_cls=False, use_rec=True)
        sure = [(str(text).strip(), float(confidence)) for _, text, confidence in found or ()]
        sure = [(text, confidence) for text, confidence in sure if confidence >= self._rules.min_confidence]
        sure = [(text, confidence) for text, confidence in sure if len(re.findall(r"\w", text)) > 1]
        if not sure:
            return None
        return " / ".join(text for text, _ in sure), min(confidence for _, confidence in sure)


def agreed_text(looks: Sequence[CropLook], rules: ReadingRules | None = None) -> str | None:
    """Give what the views of one sign read, where one of them is sure and most of what was read agrees."""
    rules = rules or ReadingRules()
    weight: dict[str, float] = defaultdict(float)
    best: dict[str, float] = defaultdict(float)
    for look in looks:
        if look.text is not None and look.text_confidence is not None:
            weight[look.text] += look.text_confidence
            best[look.text] = max(best[look.text], look.text_confidence)
    if not weight:
        return None
    text = max(weight, key=lambda one: (weight[one], one))
    agrees = weight[text] >= rules.share * sum(weight.values())
    return text if agrees and best[text] >= rules.sure else None


def _likely(number: str) -> bool:
    """Tell whether a disc may say so: a bare number is a speed."""
    return not number.isdigit() or (0 < int(number) <= _FASTEST and int(number) % _SPEED_STEP == 0)


def _span(low: float, high: float, first: float, last: float, limit: int) -> slice:
    size = high - low
    return slice(max(0, int(low + first * size)), min(limit, int(np.ceil(low + last * size))))


def _scaled(part: Image, factor: float) -> Image:
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, None, fx=factor, fy=factor, interpolation=how), np.uint8)


def _stretched(part: Image) -> Image:
    """Spread a part's brightness over the full range, without its colours: the contrast of signs in shade and sun."""
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    low, high = np.percentile(grey, _STRETCH_PERCENT)
    gain = 255.0 / max(float(high - low), 8.0)
    spread = cv2.convertScaleAbs(np.clip(grey.astype(np.float32) - low, 0.0, None), alpha=gain)
    return np.asarray(cv2.cvtColor(spread, cv2.COLOR_GRAY2BGR), np.uint8)
