"""What years, weather, vehicles and spray cans do to the plate of a traffic sign, and foliage in front of it."""

from __future__ import annotations

import cv2
import numpy as np

from vision.simulation.furniture import PlannedSign
from vision.simulation.panel import Picture
from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step

_CHALK_BGR = (196.0, 206.0, 208.0)
_DIRT_BGR = (58.0, 74.0, 84.0)
_PAINTS_BGR = (
    (24.0, 22.0, 22.0),
    (190.0, 190.0, 188.0),
    (150.0, 40.0, 190.0),
    (170.0, 90.0, 30.0),
    (60.0, 150.0, 60.0),
)
_FOLIAGE_BGR = (38.0, 88.0, 66.0)


def weather_face(sign: PlannedSign, face: Picture) -> Picture:
    """Bring a new plate into the sign's condition; one that is sound only ages a little."""
    rng = random_stream(sign.shape_seed, "condition")
    colour, cover = face.colour.astype(np.float32), face.cover
    share = cover.astype(np.float32)[..., None] / np.float32(255.0)
    colour = _fade(rng, colour, share, float(rng.uniform(0.0, 0.10)))
    if sign.condition == "faded":
        colour = _fade(rng, colour, share, float(rng.uniform(0.55, 0.82)))
    elif sign.condition == "dirty":
        colour = _soil(rng, colour, share)
    elif sign.condition == "graffiti":
        colour = _spray(rng, colour, share)
    worn = Picture(np.clip(colour, 0, 255).astype(np.uint8), cover)
    return _fold(rng, worn) if sign.condition == "bent" else worn


def _fade(rng: np.random.Generator, colour: Field, share: Field, strength: float) -> Field:
    """Bleach towards chalk, unevenly, dark inks least."""
    patchy = smooth_noise(rng, (colour.shape[0], colour.shape[1]), 70.0)[..., None]
    bleached = np.clip(strength * (1.0 + 0.12 * patchy), 0.0, 0.95)
    grey = colour.mean(axis=2, keepdims=True)
    pale = 0.35 * grey + 0.65 * np.array(_CHALK_BGR, np.float32) * share
    return np.asarray(colour + (pale - colour) * bleached, np.float32)


def _soil(rng: np.random.Generator, colour: Field, share: Field) -> Field:
    rows, columns = colour.shape[:2]
    blotch = fractal_noise(rng, (rows, columns), 80.0, 5, 0.62)
    low = np.linspace(-0.4, 0.9, rows, dtype=np.float32)[:, None]
    thick = smooth_step(blotch + low, -0.7, 1.5)[..., None] * np.float32(rng.uniform(0.7, 0.9))
    return np.asarray(colour + (np.array(_DIRT_BGR, np.float32) * share - colour) * thick, np.float32)


def _spray(rng: np.random.Generator, colour: Field, share: Field) -> Field:
    rows, columns = colour.shape[:2]
    for _ in range(int(rng.integers(2, 4))):
        ink = np.zeros((rows, columns), np.uint8)
        wave = np.cumsum(rng.normal(0.0, 1.0, (14, 2)), axis=0)
        wave = (wave - wave.mean(axis=0)) / np.maximum(np.abs(wave - wave.mean(axis=0)).max(axis=0), 1e-6)
        middle = np.array([columns * rng.uniform(0.4, 0.6), rows * rng.uniform(0.35, 0.65)])
        fine = np.linspace(0.0, 13.0, 120)
        track = np.stack([np.interp(fine, np.arange(14), wave[:, axis]) for axis in range(2)], axis=1)
        points = middle + track * np.array([0.42 * columns, 0.34 * rows])
        smooth = cv2.GaussianBlur(points.astype(np.float32), (1, 9), 2.0).reshape(-1, 2)
        cv2.polylines(ink, [np.round(smooth).astype(np.int32)], False, 255, int(rows * rng.uniform(0.04, 0.085)))
        spread = cv2.GaussianBlur(ink, (0, 0), rows * 0.008).astype(np.float32)[..., None] / np.float32(255.0)
        paint = np.array(_PAINTS_BGR[int(rng.integers(len(_PAINTS_BGR)))], np.float32)
        colour = np.asarray(colour + (paint * share - colour) * spread * np.float32(0.94), np.float32)
    return colour


def _fold(rng: np.random.Generator, face: Picture) -> Picture:
    """Fold a plate along a slanting line: what lies past it is foreshortened, lifted and shaded otherwise."""
    rows, columns = face.cover.shape
    slant, place = float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.18, 0.22))
    side = 1.0 if rng.random() < 0.5 else -1.0
    squeeze = float(np.cos(np.radians(rng.uniform(48.0, 78.0))))
    shade = float(rng.choice([rng.uniform(0.4, 0.65), rng.uniform(1.2, 1.4)]))
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    across = np.array([side * np.cos(slant), np.sin(slant)], np.float32)
    past = ((x - 0.5 * columns) * across[0] + (y - 0.5 * rows) * across[1]) / np.float32(rows) - np.float32(place)
    more = np.maximum(past, 0.0) * np.float32((1.0 / squeeze - 1.0) * rows)
    from_x, from_y = x + more * across[0], y + more * across[1] + np.float32(0.15) * np.maximum(past, 0.0) * rows
    colour = cv2.remap(face.colour, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    cover = cv2.remap(face.cover, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    lit = 1.0 + (shade - 1.0) * smooth_step(past, -0.012, 0.012)
    lit -= 0.35 * np.exp(-((past / 0.018) ** 2))
    toned = np.clip(colour.astype(np.float32) * lit[..., None], 0, 255).astype(np.uint8)
    return Picture(np.minimum(toned, cover[..., None]), np.asarray(cover, np.uint8))


def paint_foliage(sign: PlannedSign, face: Picture) -> Picture:
    """Paint leaves that hide ``obscured_share`` of a plate, on a raster twice as wide and high about its middle."""
    rng = random_stream(sign.shape_seed, "foliage")
    rows, columns = face.cover.shape
    shape = 2 * rows, 2 * columns
    turn = float(rng.uniform(0.0, 2.0 * np.pi))
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    from_side = ((x / shape[1] - 0.5) * np.cos(turn) + (y / shape[0] - 0.5) * np.sin(turn)).astype(np.float32)
    leaves = fractal_noise(rng, shape, rows / 5.0, 4, 0.7)
    crown = 9.0 * from_side + 0.9 * leaves
    plate = np.zeros(shape, bool)
    top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
    plate[top : top + rows, left : left + columns] = face.cover > 127
    edge = float(np.quantile(crown[plate], 1.0 - sign.obscured_share))
    away = np.hypot(2.0 * x / shape[1] - 1.0, 2.0 * y / shape[0] - 1.0)
    rim = smooth_step(0.86 - away + 0.14 * leaves, 0.0, 0.06)
    cover = smooth_step(crown, edge - 0.12, edge + 0.12) * rim
    tone = 0.75 + 0.30 * smooth_noise(rng, shape, rows / 26.0) + 0.25 * smooth_noise(rng, shape, rows / 9.0)
    hue = np.array([rng.uniform(0.7, 1.1), rng.uniform(0.9, 1.15), rng.uniform(0.8, 1.4)], np.float32)
    colour = np.array(_FOLIAGE_BGR, np.float32) * hue * np.clip(tone, 0.25, 1.7)[..., None] * cover[..., None]
    return Picture(np.clip(colour, 0, 255).astype(np.uint8), (255.0 * cover).astype(np.uint8))
