"""Spoil sound signs in pictures, each in one way: faulty ones whose truth is known, where real ones are rare."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vision.types import Image

Box = tuple[float, float, float, float]


def faded(image: Image, box: Box, triangle: bool, rng: np.random.Generator) -> Image:
    """Bleach the plate by 70 to 85 % towards the white of its own field."""
    plate = _plate(image, box, triangle)[:, :, None]
    pixels = image[plate[:, :, 0] > 0.5]
    white = np.percentile(pixels, 92, axis=0) if len(pixels) else np.full(3, 255.0)
    share = plate * rng.uniform(0.70, 0.85)
    return np.clip(image * (1.0 - share) + white * share, 0, 255).astype(np.uint8)


def obscured(image: Image, box: Box, triangle: bool, rng: np.random.Generator) -> Image:
    """Hang green leaves over a third to a half of the plate, from one side."""
    left, top, right, bottom = box
    light = _light(image, box)
    out, size, angle = image.copy(), max(right - left, bottom - top), rng.uniform(0.0, 2.0 * math.pi)
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    towards = np.array([math.cos(angle), math.sin(angle)])
    for _ in range(160):
        at = middle + rng.uniform(-0.6, 0.6, 2) * size
        if (at - middle) @ towards < rng.uniform(0.0, 0.12) * size:
            continue
        green = np.array([0.16, 0.46, 0.26]) * light * rng.uniform(0.6, 1.2)
        axes = (max(1, round(0.07 * size)), max(1, round(0.04 * size)))
        cv2.ellipse(out, _pixel(at), axes, rng.uniform(0, 180), 0, 360, green.tolist(), -1, cv2.LINE_AA)
    return out


def graffiti(image: Image, box: Box, triangle: bool, rng: np.random.Generator) -> Image:
    """Spray a thick scrawl in magenta, turquoise, violet or orange-free colours that no plate has."""
    left, top, right, bottom = box
    colours = (
        ([0.75, 0.1, 0.75], [0.8, 0.7, 0.1], [0.85, 0.2, 0.5]) if not triangle else ([0.8, 0.7, 0.1], [0.85, 0.2, 0.4])
    )
    colour = np.array(colours[rng.integers(len(colours))]) * _light(image, box)
    size = min(right - left, bottom - top)
    middle = np.array([(left + right) / 2, (top + bottom) / 2 + (0.15 * size if triangle else 0.0)])
    steps = np.linspace(0.0, 1.0, 40)
    x = (steps - 0.5) * 0.75 * size
    y = 0.22 * size * np.sin(steps * rng.uniform(9.0, 14.0) + rng.uniform(0.0, 6.0))
    line = np.round(middle + np.stack([x, y], axis=1)).astype(np.int32)
    out = image.copy()
    cv2.polylines(out, [line], False, colour.tolist(), max(1, round(0.13 * size)), cv2.LINE_AA)
    return out


def dirty(image: Image, box: Box, triangle: bool, rng: np.random.Generator) -> Image:
    """Splash earth over most of the plate."""
    left, top, right, bottom = box
    shape = image.shape[:2]
    coarse = rng.uniform(0.0, 1.0, (12, 12)).astype(np.float32)
    patches = np.zeros(shape, np.float32)
    x0, y0, x1, y1 = max(0, int(left)), max(0, int(top)), min(shape[1], int(right) + 1), min(shape[0], int(bottom) + 1)
    patches[y0:y1, x0:x1] = cv2.resize(coarse, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC)
    share = (_plate(image, box, triangle) * np.clip((patches - 0.25) * 4.0, 0.0, 0.85))[:, :, None]
    earth = np.array([0.18, 0.32, 0.45]) * _light(image, box)
    return np.clip(image * (1.0 - share) + earth * share, 0, 255).astype(np.uint8)


def leaning(image: Image, box: Box, triangle: bool, rng: np.random.Generator) -> tuple[Image, Box]:
    """Turn the plate and what is around it by 15 to 25 degrees, and give its new box."""
    left, top, right, bottom = box
    angle = math.radians(rng.uniform(15.0, 25.0) * rng.choice([-1.0, 1.0]))
    middle = ((left + right) / 2, (top + bottom) / 2)
    turn = cv2.getRotationMatrix2D(middle, -math.degrees(angle), 1.0)
    turned = cv2.warpAffine(image, turn, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)
    corners = (
        [(left, bottom), (right, bottom), ((left + right) / 2, top)] if triangle else [(left, top), (right, bottom)]
    )
    moved = np.array(corners) @ turn[:, :2].T + turn[:, 2]
    if not triangle:
        return turned.astype(np.uint8), box
    low, high = moved.min(axis=0), moved.max(axis=0)
    return turned.astype(np.uint8), (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _plate(image: Image, box: Box, triangle: bool) -> np.ndarray:
    left, top, right, bottom = box
    mask = np.zeros(image.shape[:2], np.float32)
    if triangle:
        corners = np.array([[left, bottom], [right, bottom], [(left + right) / 2, top]])
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1.0, cv2.LINE_AA)
    else:
        axes = (max(1, round((right - left) / 2)), max(1, round((bottom - top) / 2)))
        cv2.ellipse(mask, _pixel(np.array([(left + right) / 2, (top + bottom) / 2])), axes, 0, 0, 360, 1.0, -1)
    return mask


def _light(image: Image, box: Box) -> float:
    """Give the grey level of white in this light."""
    left, top, right, bottom = (max(0, round(v)) for v in box)
    return float(np.percentile(image[top:bottom, left:right], 92))


def _pixel(at: np.ndarray) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))
