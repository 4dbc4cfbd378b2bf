"""The picture by which a part is judged: cut out of its frame, its defects outlined; and its heat map."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.anomaly.heat import overlay
from vision.errors import InputError
from vision.line.belt import Box
from vision.line.part_defects import DefectView, SeenDefect
from vision.line.station_inspector import InspectedPart, cut_out
from vision.types import Float, Image

_MARGIN = 0.08
_LEAST_WIDTH_PX = 480
_QUALITY, _PLAIN_QUALITY = 86, 97
_LINE, _CASING = (255, 229, 0), (30, 24, 16)  # BGR, as in the evidence of roads
_GAP_PX = 4.0


def part_jpegs(part: InspectedPart) -> tuple[bytes, ...]:
    """Give the part with its defects outlined, and its heat map where it is anomalous, as JPEG.

    Nothing for a part that was never whole in view.

    Raises:
        InputError: A picture can't be written as JPEG.
    """
    if part.picture is None:
        return ()
    image, box = part.picture.image, part.picture.xyxy
    margin = _MARGIN * max(box[2] - box[0], box[3] - box[1])
    left, top = max(round(box[0] - margin), 0), max(round(box[1] - margin), 0)
    right, bottom = min(round(box[2] + margin), image.shape[1]), min(round(box[3] + margin), image.shape[0])
    crop = np.ascontiguousarray(image[top:bottom, left:right])
    scale = max(1.0, _LEAST_WIDTH_PX / crop.shape[1])
    drawn = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    for defect in part.defects:
        outline = (outline_in(defect, part.picture.pts_ns, box) - [left, top]) * scale
        _draw(drawn, outline)
    jpegs = [_encode(drawn)]
    if part.heat is not None:
        jpegs.append(_encode(overlay(cut_out(image, box), part.heat, 1.0)))
    return tuple(jpegs)


def plain_jpeg(part: InspectedPart) -> bytes | None:
    """Give the part cut out just as an anomaly model sees it, as JPEG of high quality; None if never whole in view."""
    if part.picture is None:
        return None
    return _encode(cut_out(part.picture.image, part.picture.xyxy), _PLAIN_QUALITY)


def outline_in(defect: SeenDefect, pts_ns: int, part_box: Box) -> Float:
    """Give a defect's outline in the frame of a time, (N, 2) px: its nearest view's, moved on with the part."""
    view = min(defect.views, key=lambda one: abs(one.pts_ns - pts_ns))
    outline = np.asarray(view.outline, np.float64)
    if view.pts_ns == pts_ns:
        return outline
    middle = np.array([part_box[0] + part_box[2], part_box[1] + part_box[3]]) / 2.0
    return np.asarray(outline - _middle(view) + middle + np.asarray(defect.offset_px), np.float64)


def _middle(view: DefectView) -> Float:
    left, top, right, bottom = view.xyxy
    return np.array([left + right, top + bottom]) / 2.0


def _draw(picture: Image, outline: Float) -> None:
    """Draw a line around an outline and not over it."""
    low, high = outline.min(axis=0) - _GAP_PX, outline.max(axis=0) + _GAP_PX
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    hull = cv2.convexHull(outline.astype(np.float32))[:, 0]
    middle = hull.mean(axis=0)
    away = hull - middle
    length = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    ring = np.clip(hull + away / length * _GAP_PX, low, high) if len(hull) > 2 else corners
    for colour, thickness in ((_CASING, 3), (_LINE, 1)):
        cv2.polylines(picture, [np.round(ring * 16).astype(np.int32)], True, colour, thickness, cv2.LINE_AA, 4)


def _encode(picture: Image, quality: int = _QUALITY) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    if not done:
        raise InputError(f"a {picture.shape[1]}x{picture.shape[0]} picture of a part could not be written as JPEG")
    return data.tobytes()


def watch_jpeg(image: Image, box: Sequence[int]) -> bytes:
    """Give equipment's crop with a little around it, as JPEG.

    Args:
        image: (H, W, 3) uint8 BGR: the whole picture.
        box: left, top, right, bottom in pixels.
    """
    left, top, right, bottom = box
    across, down = (right - left) // 3, (bottom - top) // 3
    crop = image[max(top - down, 0) : bottom + down, max(left - across, 0) : right + across]
    scale = max(1.0, 240 / crop.shape[1])
    return _encode(np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8))
