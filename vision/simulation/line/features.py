"""What is no defect on a part: drilled holes, pockets, engraved text, labels, markers, dust, a film of oil."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.line.face import Face, Points
from vision.simulation.line.shapes import PartShape, circle
from vision.simulation.random_streams import Field, smooth_noise, smooth_step

_LETTERS = "ABCDEFGHKLMNPRSTUXZ"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_COMPLEX)


def add_machined_features(face: Face, shape: PartShape, rng: np.random.Generator) -> None:
    """Cut a part's blind holes and its pocket or pad into its face."""
    for hole in shape.holes_mm:
        rim = face.filled([hole])
        face.take(rim, 4)
    for x, y, radius in shape.blind_mm:
        sink = face.filled([circle((x, y), radius * 1.35)])
        bore = face.filled([circle((x, y), radius)])
        step = np.float32(radius * face.px_per_mm)
        face.relief -= step * np.float32(0.3) * cv2.GaussianBlur(sink, (0, 0), max(0.8, 0.1 * float(step)))
        face.blend((0.05, 0.05, 0.05), bore * np.float32(0.85))
        face.gloss *= 1.0 - bore
        face.take(sink, 3)
    if shape.pocket_mm is not None:
        inside = face.filled([shape.pocket_mm])
        wall_px = max(1.0, 0.6 * shape.bevel_mm * face.px_per_mm)
        height = np.float32(rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.6) * wall_px)
        face.relief += height * np.asarray(cv2.GaussianBlur(inside, (0, 0), wall_px), np.float32)
        edge = cv2.morphologyEx((inside > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        face.take(edge.astype(np.float32), int(np.ceil(2.0 * wall_px)))


def add_text(face: Face, rng: np.random.Generator, height_mm: float, text: str | None = None) -> bool:
    """Engrave, emboss or print a few letters where there is room; give whether there was."""
    words = text or "".join(rng.choice(list(_LETTERS), 2)) + f"-{int(rng.integers(10, 9999))}"
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    height_px = height_mm * face.px_per_mm
    scale = height_px / 21.0
    thick = max(1, round(height_px * float(rng.uniform(0.06, 0.14))))
    (wide, high), base = cv2.getTextSize(words, font, scale, thick)
    place = find_room(face, rng, wide + 8, high + base + 8)
    if place is None:
        return False
    canvas = np.zeros(face.shape, np.uint8)
    cv2.putText(canvas, words, (place[0] + 4, place[1] + 4 + high), font, scale, 255, thick, cv2.LINE_AA)
    letters = canvas.astype(np.float32) / np.float32(255.0)
    if rng.random() < 0.7:
        depth = np.float32(rng.choice([-1.0, -1.0, 1.0]) * rng.uniform(0.5, 1.3) * max(1.2, 0.5 * thick))
        face.relief += depth * np.asarray(cv2.GaussianBlur(letters, (0, 0), 0.8), np.float32)
        face.blend((0.12, 0.12, 0.12), letters * np.float32(rng.uniform(0.0, 0.35)))
    else:
        tone = float(rng.choice([0.06, 0.9]))
        face.blend((tone, tone, tone), letters * np.float32(0.85))
    _take_box(face, place, wide + 8, high + base + 8)
    return True


def add_label(face: Face, rng: np.random.Generator, size_mm: tuple[float, float]) -> bool:
    """Stick a printed label on where there is room; give whether there was."""
    wide, high = (max(12, round(side * face.px_per_mm)) for side in size_mm)
    place = find_room(face, rng, wide, high)
    if place is None:
        return False
    printed = np.full((high, wide), 255, np.uint8)
    column = 0.1 * wide
    while column < 0.9 * wide:  # a bar code
        bar = float(rng.uniform(0.01, 0.035)) * wide
        cv2.rectangle(printed, (int(column), int(0.45 * high)), (int(column + bar), int(0.88 * high)), 0, -1)
        column += bar + float(rng.uniform(0.012, 0.04)) * wide
    words = f"{int(rng.integers(1000, 99999))} {''.join(rng.choice(list(_LETTERS), 3))}"
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(printed, words, (int(0.1 * wide), int(0.34 * high)), font, high / 95.0, 0, 1, cv2.LINE_AA)
    tone = rng.uniform(0.7, 0.92) * rng.uniform(0.92, 1.0, 3)
    paper = np.float32(0.08) + printed[..., None].astype(np.float32) / np.float32(255.0) * (tone - 0.08).astype(
        np.float32
    )
    paste(face, place, paper)
    return True


def paste(face: Face, place: tuple[int, int], picture: NDArray[np.float32]) -> None:
    """Lay a flat, dull picture, (h, w, 3) float32 BGR, on the face with its left upper corner at ``place``."""
    high, wide = picture.shape[:2]
    where = (slice(place[1], place[1] + high), slice(place[0], place[0] + wide))
    face.albedo[where] = picture
    face.relief[where] = float(face.relief[where].mean())
    face.gloss[where] = 0.06
    _take_box(face, place, wide, high)


def add_dust(face: Face, rng: np.random.Generator, specks: int, picture_px: float) -> None:
    """Scatter specks too small to matter, 1 to 3 pixels of the picture wide.

    Args:
        face: To lie on.
        rng: Where chance comes from.
        specks: How many.
        picture_px: Raster pixels a pixel of the camera's picture.
    """
    rows, cols = face.shape
    canvas = np.zeros(face.shape, np.uint8)
    for _ in range(specks):
        place = (int(rng.integers(cols)), int(rng.integers(rows)))
        cv2.circle(canvas, place, max(1, round(float(rng.uniform(0.4, 1.4)) * picture_px / 2)), 255, -1, cv2.LINE_AA)
    tone = float(rng.choice([0.12, 0.75]))
    coverage = canvas.astype(np.float32) * np.float32(float(rng.uniform(0.3, 0.8)) / 255.0)
    face.blend((tone, tone, tone), coverage)


def add_oil_film(face: Face, rng: np.random.Generator) -> None:
    """Let a thin film of oil shimmer over a large part of the face: brighter and coloured, never darker."""
    cell = max(face.shape) * float(rng.uniform(0.15, 0.4))
    spread: Field = smooth_step(smooth_noise(rng, face.shape, cell), 0.1, 1.6)
    phase = smooth_noise(rng, face.shape, cell * 0.6) * np.float32(2.5)
    strength = np.float32(rng.uniform(0.02, 0.07))
    for channel, shift in enumerate((0.0, 2.1, 4.2)):
        face.albedo[..., channel] += strength * spread * (np.float32(0.6) + np.sin(phase + np.float32(shift)))
    face.gloss += np.float32(0.12) * spread
    np.clip(face.albedo, 0.02, 0.97, out=face.albedo)


def find_room(face: Face, rng: np.random.Generator, wide: int, high: int) -> tuple[int, int] | None:
    """Give the left upper corner, (column, row), of a free box; None where there is no room."""
    free = ((face.taken == 0) & (face.alpha > 0.99)).astype(np.uint8)
    rows, cols = free.shape
    if high >= rows or wide >= cols:
        return None
    total = cv2.integral(free)
    inside = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
    places = np.flatnonzero(inside.ravel() == high * wide)
    if not len(places):
        return None
    row, column = divmod(int(places[int(rng.integers(len(places)))]), inside.shape[1])
    return column, row


def box_outline_mm(face: Face, place: tuple[int, int], wide: int, high: int) -> Points:
    """Give a raster box as a closed outline in part coordinates, (4, 2)."""
    left, top = place
    corners = np.array([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]], np.float64)
    return face.to_mm(corners)


def _take_box(face: Face, place: tuple[int, int], wide: int, high: int) -> None:
    margin = 4
    face.taken[
        max(0, place[1] - margin) : place[1] + high + margin, max(0, place[0] - margin) : place[0] + wide + margin
    ] = 255
