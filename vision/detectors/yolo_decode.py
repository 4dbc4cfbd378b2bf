"""From a YOLO network's raw output to Detections, in NumPy and OpenCV, so that inspecting needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detectors.nested import without_nested
from vision.errors import InferenceError
from vision.types import Detections, Frame, Image, frozen

_PAD_GREY = 114
_STRIDE = 32
_NO_OUTLINE = frozen(np.zeros((0, 2), np.float32))

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class YoloConfig:
    """What to keep of a network's output.

    Attributes:
        confidence: Least confidence of a detection.
        iou: Boxes of one class that overlap more than this are one.
        image_size: Long side of the picture that the network sees, in pixels.
        max_detections: In one frame.
        mask_logit: A pixel belongs to a defect from this logit on. 0, the network's own edge, draws small defects
            about two input pixels too large all around; calibration measures what makes areas true.
        tile_px: Side of the tiles that a larger picture is cut into and looked at besides as a whole; 0 for none.
        tile_overlap: Share of its side by which a tile reaches into the next.
    """

    confidence: float = 0.15
    iou: float = 0.5
    image_size: int = 640
    max_detections: int = 100
    mask_logit: float = 0.0
    tile_px: int = 0
    tile_overlap: float = 0.2


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was fitted into the network's input: ``input = picture * scale + (left, top)``."""

    scale: float
    left_px: int
    top_px: int
    width_px: int
    height_px: int


def letterbox_for(width_px: int, height_px: int, image_size: int) -> Letterbox:
    """Fit a picture's long side to ``image_size`` and pad the short side to a multiple of the stride."""
    scale = image_size / max(width_px, height_px)
    inner_width, inner_height = _inner_size(width_px, height_px, scale)
    padded_width = -(-inner_width // _STRIDE) * _STRIDE
    padded_height = -(-inner_height // _STRIDE) * _STRIDE
    left, top = (padded_width - inner_width) // 2, (padded_height - inner_height) // 2
    return Letterbox(scale, left, top, padded_width, padded_height)


def to_input(image: Image, box: Letterbox) -> F32:
    """Give the network's input: (3, H, W) float32 RGB in [0, 1]."""
    height, width = image.shape[:2]
    inner = _inner_size(width, height, box.scale)
    resized = image if inner == (width, height) else cv2.resize(image, inner, interpolation=_interpolation(box.scale))
    canvas = np.full((box.height_px, box.width_px, 3), _PAD_GREY, np.uint8)
    canvas[box.top_px : box.top_px + inner[1], box.left_px : box.left_px + inner[0]] = resized
    return np.asarray(cv2.dnn.blobFromImage(canvas, 1.0 / 255.0, swapRB=True)[0], dtype=np.float32)


def decode(
    frame: Frame, box: Letterbox, rows: F32, prototypes: F32 | None, class_names: tuple[str, ...], config: YoloConfig
) -> Detections:
    """Make Detections of one picture's raw output.

    Args:
        frame: The picture.
        box: How it was fitted.
        rows: (4 + classes + coefficients, anchors): centre x, centre y, width, height in input pixels, then class
            scores in [0, 1], then mask coefficients.
        prototypes: (coefficients, h, w) mask prototypes; None from a model that gives boxes only.
        class_names: By class id.
        config: What to keep.

    Raises:
        InferenceError: The output has another shape, or is not finite.
    """
    count = len(class_names)
    coefficients = 0 if prototypes is None else prototypes.shape[0]
    if rows.ndim != 2 or rows.shape[0] != 4 + count + coefficients:
        raise InferenceError(
            f"the model's output has shape {rows.shape}, expected ({4 + count + coefficients}, anchors): "
            f"its weights are not of a YOLO detector with {count} classes"
        )
    scores = rows[4 : 4 + count]
    candidates = np.flatnonzero(scores.max(axis=0) >= config.confidence)
    kept_rows = rows[:, candidates]
    # a score that is not a number is over no threshold: without this check it would pass for "nothing found"
    masks_finite = prototypes is None or len(candidates) == 0 or np.isfinite(prototypes).all()
    if not (np.isfinite(scores).all() and np.isfinite(kept_rows).all() and masks_finite):
        raise InferenceError("the model gave values that are not finite: its weights or its precision are at fault")
    scores = kept_rows[4 : 4 + count]
    class_id = scores.argmax(axis=0).astype(np.int64)
    confidence = scores.max(axis=0)
    xywh = kept_rows[:4].T
    xyxy = np.concatenate([xywh[:, :2] - xywh[:, 2:] / 2.0, xywh[:, :2] + xywh[:, 2:] / 2.0], axis=1)
    kept = _suppress(xyxy, confidence, class_id, config)
    image_xyxy = _to_image(xyxy[kept], box, frame.image.shape[1], frame.image.shape[0])
    shown = (image_xyxy[:, 2:] > image_xyxy[:, :2]).all(axis=1)  # a box may lie in the padding altogether
    kept, image_xyxy = kept[shown], image_xyxy[shown]
    if prototypes is None:
        outlines: tuple[F32, ...] = (_NO_OUTLINE,) * len(kept)
    else:
        outlines = _outlines(
            kept_rows[4 + count :, kept].T, prototypes, xyxy[kept], box, frame.image.shape, config.mask_logit
        )
    found = Detections(
        footage_id=frame.footage_id,
        pts_ns=frame.pts_ns,
        xyxy=frozen(image_xyxy),
        confidence=frozen(confidence[kept].astype(np.float32)),
        class_id=frozen(class_id[kept]),
        class_names=class_names,
        outlines=outlines,
    )
    return without_nested(found)


def _inner_size(width_px: int, height_px: int, scale: float) -> tuple[int, int]:
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))


def _interpolation(scale: float) -> int:
    return cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR


def _suppress(xyxy: F32, confidence: F32, class_id: NDArray[np.int64], config: YoloConfig) -> NDArray[np.int64]:
    if len(xyxy) == 0:
        return np.zeros(0, np.int64)
    boxes = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), confidence.tolist(), class_id.tolist(), config.confidence, config.iou
    )
    order = np.asarray(kept, dtype=np.int64).ravel()
    by_confidence = np.argsort(-confidence[order], kind="stable")
    return np.asarray(order[by_confidence][: config.max_detections], dtype=np.int64)


def _to_image(xyxy: F32, box: Letterbox, width_px: int, height_px: int) -> F32:
    shift = np.array([box.left_px, box.top_px] * 2, np.float32)
    limit = np.array([width_px, height_px] * 2, np.float32)
    return np.asarray(np.clip((xyxy - shift) / np.float32(box.scale), 0.0, limit), dtype=np.float32)


def _outlines(
    coefficients: F32, prototypes: F32, xyxy: F32, box: Letterbox, image_shape: tuple[int, ...], mask_logit: float
) -> tuple[F32, ...]:
    depth, proto_height, proto_width = prototypes.shape
    flat = prototypes.reshape(depth, -1)
    ratio = np.float32(proto_width / box.width_px)
    outlines = []
    for row, corners in zip(coefficients, xyxy, strict=True):
        logits = (row @ flat).reshape(proto_height, proto_width) - np.float32(mask_logit)
        outline = _outline(logits, np.asarray(corners * ratio, np.float32))
        if len(outline):
            points = np.asarray(np.concatenate([outline, outline], axis=1) / ratio, np.float32)
            outline = _to_image(points, box, image_shape[1], image_shape[0])[:, :2]
        outlines.append(frozen(np.ascontiguousarray(outline, dtype=np.float32)))
    return tuple(outlines)


_PIXEL = np.ones((2, 2), np.uint8)
_MASK_UPSCALE = 4  # prototypes are a quarter of the input's size; outlines are traced at the input's


def _outline(logits: F32, corners: F32) -> F32:
    """Trace the largest region above 0 within a box; prototype pixels in, prototype pixels out."""
    left, top = np.maximum(np.floor(corners[:2]).astype(int), 0)
    right = min(int(np.ceil(corners[2])) + 1, logits.shape[1])
    bottom = min(int(np.ceil(corners[3])) + 1, logits.shape[0])
    if right <= left or bottom <= top:
        return _NO_OUTLINE
    patch = logits[top:bottom, left:right]
    size = ((right - left) * _MASK_UPSCALE, (bottom - top) * _MASK_UPSCALE)
    mask = (cv2.resize(np.ascontiguousarray(patch), size, interpolation=cv2.INTER_LINEAR) > 0).astype(np.uint8)
    # OpenCV traces through the middles of a region's outermost pixels, which cuts half a pixel off all around: light
    # up the four corners of each pixel instead, so that what is traced is the region's true edge
    corners_lit = cv2.dilate(cv2.copyMakeBorder(mask, 0, 1, 0, 1, cv2.BORDER_CONSTANT), _PIXEL, anchor=(1, 1))
    contours, _ = cv2.findContours(corners_lit, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return _NO_OUTLINE
    largest = max(contours, key=cv2.contourArea)
    traced = cv2.approxPolyDP(largest, 0.6, closed=True).reshape(-1, 2).astype(np.float32)
    points = traced / _MASK_UPSCALE + np.array([left, top], np.float32)
    return np.clip(points, corners[:2], corners[2:]).astype(np.float32) if len(points) >= 3 else _NO_OUTLINE
