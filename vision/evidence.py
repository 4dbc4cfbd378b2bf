"""Draw the pictures that a finding is judged by: the defect in its surroundings, and from close up.

A line runs around the defect and not over it, so that what it marks stays to be seen. The same input gives the same
bytes, so that a rerun stores nothing new.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from vision.errors import InputError
from vision.types import Float, Image

CONTEXT_WIDTH_PX = 960
CONTEXT_BYTES = 60_000
CLOSEUP_WH = (480, 360)
CLOSEUP_BYTES = 30_000

_CLOSEUP_REACH = 2.5  # of the box, so that sound road shows around the defect
_CLOSEUP_SHARE = 0.6  # of the picture's width: more of it would be the context over again
_CLOSEUP_ROOM = 1.25  # of the box, at least, where the picture has room for it
_CLOSEUP_LEAST_PX = 160  # of source: less than this enlarged to 480 is blur
_QUALITIES = (88, 82, 76, 70, 64, 58, 52, 46, 40)
_WIDTH_STEPS = (1.0, 0.85, 0.7)  # tried in turn where the poorest quality is still too large
_LINE = (255, 229, 0)  # BGR: a bright cyan, which neither road, marking nor verge has
_CASING = (30, 24, 16)
_PLATE = (38, 30, 22)
_PLATE_TEXT = (255, 255, 255)
_FIXED_POINT_BITS = 4  # OpenCV draws in sixteenths of a pixel

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Stroke:
    """How a line is drawn, in pixels of the finished picture."""

    gap: float
    line: int
    casing: int


_CONTEXT_STROKE = _Stroke(gap=4.0, line=2, casing=4)
_CLOSEUP_STROKE = _Stroke(gap=5.0, line=1, casing=3)


def render_evidence(image: Image, outline: Sequence[tuple[float, float]], xyxy: Sequence[float], label: str) -> bytes:
    """Give the whole frame with one defect marked and named.

    Args:
        image: (H, W, 3) uint8 BGR.
        outline: Polygon in its pixels; with fewer than three corners the box's corners are ticked instead.
        xyxy: The defect's box in its pixels.
        label: A short line for the plate; characters that the plate's font lacks are written in ASCII.

    Returns:
        JPEG, at most 960 px wide and about 60 kB.

    Raises:
        InputError: The box has no area inside the picture, or the picture can't be written as JPEG.
    """
    box = _inside(image, xyxy)
    scale = min(1.0, CONTEXT_WIDTH_PX / image.shape[1])
    variants = (_named(image, outline, box, label, scale * step) for step in _WIDTH_STEPS)
    return _encode(variants, CONTEXT_BYTES)


def render_closeup(image: Image, outline: Sequence[tuple[float, float]], xyxy: Sequence[float]) -> bytes:
    """Give the defect from close up, with sound road around it and a thin outline.

    Args:
        image: (H, W, 3) uint8 BGR.
        outline: Polygon in its pixels; with fewer than three corners the box's corners are ticked instead.
        xyxy: The defect's box in its pixels.

    Returns:
        JPEG of about 480 x 360, less of one side where the box is too long for that shape; about 30 kB at most.

    Raises:
        InputError: The box has no area inside the picture, or the picture can't be written as JPEG.
    """
    box = _inside(image, xyxy)
    left, top, width, height = _closeup_window(image, box)
    patch = np.ascontiguousarray(image[top : top + height, left : left + width])
    own_outline = [(x - left, y - top) for x, y in outline]
    own_box = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    scale = min(CLOSEUP_WH[0] / width, CLOSEUP_WH[1] / height)
    variants = (_marked(patch, own_outline, own_box, scale * step, _CLOSEUP_STROKE) for step in _WIDTH_STEPS)
    return _encode(variants, CLOSEUP_BYTES)


def _inside(image: Image, xyxy: Sequence[float]) -> Box:
    height, width = image.shape[:2]
    left, right = (min(max(float(xyxy[index]), 0.0), float(width)) for index in (0, 2))
    top, bottom = (min(max(float(xyxy[index]), 0.0), float(height)) for index in (1, 3))
    if not (right > left and bottom > top):
        raise InputError(f"box {tuple(xyxy)} has no area inside the {width}x{height} picture that is to show it")
    return left, top, right, bottom


def _named(image: Image, outline: Sequence[tuple[float, float]], box: Box, label: str, scale: float) -> Image:
    picture = _marked(image, outline, box, scale, _CONTEXT_STROKE)
    shown = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    return _with_plate(picture, shown, _plain(label)) if label.strip() else picture


def _marked(image: Image, outline: Sequence[tuple[float, float]], box: Box, scale: float, stroke: _Stroke) -> Image:
    """Give the picture in its new size with the lines around the defect, all casings under all lines."""
    picture = _resized(image, scale)
    rings = _rings(np.asarray(outline, np.float64) * scale, np.asarray(box) * scale, picture, stroke)
    for colour, thickness in ((_CASING, stroke.casing), (_LINE, stroke.line)):
        for points, closed in rings:
            # OpenCV has a pixel's centre at whole numbers, outlines have it half a pixel further
            fixed = np.round((points - 0.5) * (1 << _FIXED_POINT_BITS)).astype(np.int32)
            cv2.polylines(picture, [fixed], closed, colour, thickness, cv2.LINE_AA, _FIXED_POINT_BITS)
    return picture


def _closeup_window(image: Image, box: Box) -> tuple[int, int, int, int]:
    """Give left, top, width and height of what to crop: in the close-up's shape unless the box would not fit."""
    ratio = CLOSEUP_WH[0] / CLOSEUP_WH[1]
    most_height, most_width = image.shape[:2]
    box_width, box_height = box[2] - box[0], box[3] - box[1]
    around = max(box_width, box_height * ratio)
    wanted = max(min(_CLOSEUP_REACH * around, _CLOSEUP_SHARE * most_width), _CLOSEUP_ROOM * around)
    width = min(max(wanted, _CLOSEUP_LEAST_PX * ratio), most_width, most_height * ratio)
    crop_width = min(most_width, round(max(width, _CLOSEUP_ROOM * box_width)))
    crop_height = min(most_height, round(max(width / ratio, _CLOSEUP_ROOM * box_height)))
    left = round((box[0] + box[2] - crop_width) / 2.0)
    top = round((box[1] + box[3] - crop_height) / 2.0)
    return (
        min(max(left, 0), most_width - crop_width),
        min(max(top, 0), most_height - crop_height),
        crop_width,
        crop_height,
    )


def _resized(image: Image, scale: float) -> Image:
    """Give a writable copy of another size."""
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return image.copy()
    interpolation = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=interpolation), np.uint8)


def _rings(outline: Float, box: Float, picture: Image, stroke: _Stroke) -> list[tuple[Float, bool]]:
    """Give the lines to draw, in the finished picture's pixels, each with whether it is closed."""
    if len(outline) < 3:
        edge = np.array([picture.shape[1], picture.shape[0]], np.float64) - stroke.casing / 2.0
        low = np.maximum(box[:2] - stroke.gap, stroke.casing / 2.0)
        return [(tick, False) for tick in _corner_ticks(low, np.minimum(box[2:] + stroke.gap, edge))]
    # wider and back again closes the narrow gulfs of a ragged outline, where two lines would run side by side
    polygon = shapely.make_valid(shapely.Polygon(outline))
    around = polygon.buffer(2.5 * stroke.gap).buffer(-1.5 * stroke.gap).simplify(0.3)
    return [(shapely.get_coordinates(part.exterior), True) for part in shapely.get_parts(around)]


def _corner_ticks(low: Float, high: Float) -> list[Float]:
    reach = np.clip(0.3 * (high - low), 4.0, 24.0)
    ticks = []
    for x, into_x in ((low[0], reach[0]), (high[0], -reach[0])):
        for y, into_y in ((low[1], reach[1]), (high[1], -reach[1])):
            ticks.append(np.array([[x + into_x, y], [x, y], [x, y + into_y]]))
    return ticks


def _with_plate(picture: Image, box: Box, text: str) -> Image:
    """Give the picture with a name plate beside the box, clear of it wherever there is room."""
    height, width = picture.shape[:2]
    font = ImageFont.load_default(size=max(13.0, 17.0 * width / CONTEXT_WIDTH_PX))
    pad = max(5, round(7 * width / CONTEXT_WIDTH_PX))
    text_box = font.getbbox(text)
    plate_width = min(width, math.ceil(text_box[2] - text_box[0]) + 2 * pad)
    plate_height = min(height, math.ceil(text_box[3] - text_box[1]) + 2 * pad)
    left, top = _plate_place(width, height, plate_width, plate_height, box)
    canvas = PillowImage.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    draw = ImageDraw.Draw(canvas)
    corners = (left, top, left + plate_width - 1, top + plate_height - 1)
    draw.rounded_rectangle(corners, radius=pad // 2 + 1, fill=_PLATE[::-1])
    draw.text((left + pad - text_box[0], top + pad - text_box[1]), text, font=font, fill=_PLATE_TEXT)
    return np.asarray(cv2.cvtColor(np.asarray(canvas), cv2.COLOR_RGB2BGR), np.uint8)


def _plate_place(width: int, height: int, plate_width: int, plate_height: int, box: Box) -> tuple[int, int]:
    """Choose where the plate goes: above, below, right, left of the box, else the corner that hides least of it."""
    gap = 12.0
    most_left, most_top = width - plate_width, height - plate_height
    middle_x, middle_y = (box[0] + box[2] - plate_width) / 2.0, (box[1] + box[3] - plate_height) / 2.0
    beside = [
        (min(max(middle_x, 0.0), most_left), box[1] - gap - plate_height),
        (min(max(middle_x, 0.0), most_left), box[3] + gap),
        (box[2] + gap, min(max(middle_y, 0.0), most_top)),
        (box[0] - gap - plate_width, min(max(middle_y, 0.0), most_top)),
    ]
    for x, y in beside:
        if 0 <= x <= most_left and 0 <= y <= most_top:
            return round(x), round(y)

    def hidden(place: tuple[int, int]) -> float:
        across = min(place[0] + plate_width, box[2]) - max(place[0], box[0])
        down = min(place[1] + plate_height, box[3]) - max(place[1], box[1])
        return max(across, 0.0) * max(down, 0.0)

    return min([(0, 0), (most_left, 0), (0, most_top), (most_left, most_top)], key=hidden)


def _plain(text: str) -> str:
    """Write a label in the characters of Pillow's own font, which is ASCII and little more: m² becomes m2."""
    known = {"×": "x", "–": "-", "—": "-", "−": "-", "≥": ">=", "≤": "<=", "≈": "~", "…": "..."}
    written = []
    for character in " ".join(text.split()):
        if character.isascii() or character in "±°·":
            written.append(character)
        else:
            plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
            written.append(known.get(character, plain or "?"))
    return "".join(written)


def _encode(pictures: Iterable[Image], most_bytes: int) -> bytes:
    """Give the first picture at the best quality that fits; the last at the poorest where none does."""
    encoded = b""
    for picture in pictures:
        for quality in _QUALITIES:
            options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
            done, data = cv2.imencode(".jpg", picture, options)
            if not done:
                raise InputError(f"a {picture.shape[1]}x{picture.shape[0]} picture could not be written as JPEG")
            encoded = data.tobytes()
            if len(encoded) <= most_bytes:
                return encoded
    return encoded
