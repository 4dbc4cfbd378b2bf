"""Draw what lies on a road and is no defect: repairs, manholes, tyre marks, oil, leaves, wet spots, seals."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step
from vision.simulation.road_layout import Distractor, DistractorKind
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import Canvas, SurfacePatch, make_canvas

_NO_OUTLINE = np.empty((0, 2))
_CIRCLE_POINTS = 32
_Painting = tuple[Field, Field, Field]
"""(gain, colour, alpha) of a canvas."""


def draw_distractor(item: Distractor, style: RoadStyle) -> SurfacePatch:
    """Draw one thing that is no defect."""
    canvas = make_canvas(item.along_m, item.lateral_m, item.length_m, item.width_m, 0.15)
    rng = random_stream(item.shape_seed, item.kind)
    gain, colour, alpha = _PAINTERS[item.kind](rng, item, style, canvas)
    return SurfacePatch(canvas.row, canvas.column, gain, colour, alpha, _NO_OUTLINE)


def distractor_outline(item: Distractor) -> NDArray[np.float64]:
    """Give the edge of a manhole cover or of something rectangular, (N, 2) (along_m, lateral_m)."""
    if item.kind == "manhole":
        angle = np.linspace(0.0, 2.0 * np.pi, _CIRCLE_POINTS, endpoint=False)
        unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    else:
        unit = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    half = np.array([0.5 * item.length_m, 0.5 * item.width_m])
    return np.asarray(unit * half + np.array([item.along_m, item.lateral_m]), np.float64)


def _box(rng: np.random.Generator, item: Distractor, canvas: Canvas, ragged_m: float) -> Field:
    """Give roughly the distance inside a rectangle's edge, metres, with slightly wavy sides."""
    inside_along = 0.5 * item.length_m - np.abs(canvas.along_m)
    inside_left = 0.5 * item.width_m - np.abs(canvas.left_m)
    wave = smooth_noise(rng, canvas.shape, 45.0) * ragged_m + smooth_noise(rng, canvas.shape, 6.0) * 0.35 * ragged_m
    return np.asarray(np.minimum(inside_along, inside_left) + wave, np.float32)


def _patch(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    inside = _box(rng, item, canvas, 0.012)
    cover = smooth_step(inside, -0.004, 0.01)
    dark = item.variant < 0.72
    level = float(rng.uniform(0.6, 0.88) if dark else rng.uniform(1.08, 1.25))
    base = np.array(style.base_bgr, np.float32) * level * np.array([1.03, 1.0, 0.98], np.float32)
    grain = 1.0 + 0.09 * smooth_noise(rng, canvas.shape, 2.2) + 0.05 * fractal_noise(rng, canvas.shape, 60.0, 3)
    joint = np.exp(-(inside**2) / np.float32(2 * 0.011**2)) * np.float32(rng.uniform(0.0, 0.4))
    gain = 1.0 - joint * (1.0 - cover)
    colour = base[None, None, :] * (grain * (1.0 - joint))[..., None]
    return np.asarray(gain, np.float32), np.asarray(colour, np.float32), np.asarray(cover * 0.93, np.float32)


def _manhole(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    radius = np.sqrt(canvas.along_m**2 + canvas.left_m**2)
    cover = smooth_step(0.5 * np.float32(item.length_m) - radius, -0.004, 0.004)
    iron = np.array([0.92, 0.95, 1.0], np.float32) * np.float32(
        float(np.mean(style.base_bgr)) * rng.uniform(0.45, 1.05)
    )
    pitch = np.float32(2.0 * np.pi / rng.uniform(0.05, 0.08))
    studs = np.sin(canvas.along_m * pitch) * np.sin(canvas.left_m * pitch)
    ring = np.exp(-((radius - 0.42 * item.length_m) ** 2) / np.float32(2 * 0.007**2))
    tone = 1.0 + 0.2 * np.sign(studs) * (radius < 0.38 * item.length_m) - 0.5 * ring
    seat = np.exp(-((radius - 0.5 * item.length_m) ** 2) / np.float32(2 * 0.012**2))
    gain = 1.0 - 0.35 * seat
    colour = iron[None, None, :] * (tone * (1.0 + 0.06 * smooth_noise(rng, canvas.shape, 3.0)))[..., None]
    return np.asarray(gain, np.float32), np.asarray(colour, np.float32), cover


def _tyre_mark(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    drift = 0.12 * np.sin(canvas.along_m / np.float32(item.length_m) * np.float32(rng.uniform(1.0, 3.0)))
    marks = np.zeros(canvas.shape, np.float32)
    tracks = (-0.75, 0.75) if item.variant < 0.7 else (-0.75,)
    for track in tracks:
        across = np.abs(canvas.left_m - np.float32(track) - drift)
        groove = 1.0 + 0.25 * np.cos(across * np.float32(2.0 * np.pi / 0.045))
        marks += smooth_step(0.10 - across, 0.0, 0.03) * groove
    ends = smooth_step(0.5 * np.float32(item.length_m) - np.abs(canvas.along_m), 0.0, 0.25 * item.length_m)
    patchy = smooth_step(fractal_noise(rng, canvas.shape, 90.0, 4), -1.2, 0.8)
    gain = 1.0 - np.float32(rng.uniform(0.12, 0.36)) * marks * ends * patchy
    return _gain_only(gain)


def _oil_stain(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    radius = np.sqrt((canvas.along_m / (0.5 * item.length_m)) ** 2 + (canvas.left_m / (0.5 * item.width_m)) ** 2)
    soft = smooth_step(1.0 - radius + 0.3 * fractal_noise(rng, canvas.shape, 25.0, 3), 0.0, 0.7)
    return _gain_only(1.0 - np.float32(rng.uniform(0.2, 0.5)) * soft)


def _wet_spot(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    radius = np.sqrt((canvas.along_m / (0.5 * item.length_m)) ** 2 + (canvas.left_m / (0.5 * item.width_m)) ** 2)
    edge = smooth_step(1.0 - radius + 0.3 * fractal_noise(rng, canvas.shape, 60.0, 4), 0.0, 0.16)
    return _gain_only(1.0 - np.float32(rng.uniform(0.22, 0.42)) * edge)


def _leaves(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    gain, alpha = np.ones(canvas.shape, np.float32), np.zeros(canvas.shape, np.uint8)
    colour = np.zeros((*canvas.shape, 3), np.float32)
    rows, columns = canvas.shape
    tones = np.array([[28, 62, 92], [38, 92, 128], [30, 78, 72], [48, 120, 160]], np.float32)
    for _ in range(int(rng.integers(15, 90))):
        centre = (int(rng.normal(0.5, 0.2) * columns), int(rng.uniform(0.05, 0.95) * rows))
        axes = (int(rng.integers(3, 8)), int(rng.integers(2, 5)))
        tone = tones[int(rng.integers(len(tones)))] * float(rng.uniform(0.6, 1.2))
        turn = float(rng.uniform(0.0, 180.0))
        cv2.ellipse(colour, centre, axes, turn, 0.0, 360.0, tone.tolist(), -1)
        cv2.ellipse(alpha, centre, axes, turn, 0.0, 360.0, 255, -1)
    return gain, colour, np.asarray(alpha, np.float32) / np.float32(270.0)


def _seal_strip(rng: np.random.Generator, item: Distractor, style: RoadStyle, canvas: Canvas) -> _Painting:
    """Paint a crack that was filled soundly: a smooth dark wandering band."""
    steps = max(4, int(item.length_m / 0.4))
    wander = np.cumsum(rng.normal(0.0, 0.06, steps))
    wander = np.clip(wander - wander.mean(), -0.45 * item.width_m, 0.45 * item.width_m)
    places = np.interp(
        canvas.along_m[:, 0], np.linspace(-0.5 * item.length_m, 0.5 * item.length_m, steps), wander
    ).astype(np.float32)
    across = np.abs(canvas.left_m - places[:, None]) + 0.006 * smooth_noise(rng, canvas.shape, 14.0)
    half = np.float32(rng.uniform(0.03, 0.06))
    ends = smooth_step(0.5 * np.float32(item.length_m) - np.abs(canvas.along_m), 0.0, 0.05)
    cover = smooth_step(half - across, -0.004, 0.006) * ends
    tar = np.array(style.base_bgr, np.float32) * np.float32(rng.uniform(0.35, 0.6))
    colour = np.broadcast_to(tar, (*canvas.shape, 3)).astype(np.float32)
    return np.ones(canvas.shape, np.float32), colour, np.asarray(0.9 * cover, np.float32)


def _gain_only(gain: Field) -> _Painting:
    nothing = np.zeros((), np.float32)  # spread out, it takes no room
    return (
        np.asarray(gain, np.float32),
        np.broadcast_to(nothing, (*gain.shape, 3)),
        np.broadcast_to(nothing, gain.shape),
    )


_PAINTERS: dict[DistractorKind, Callable[[np.random.Generator, Distractor, RoadStyle, Canvas], _Painting]] = {
    "patch": _patch,
    "manhole": _manhole,
    "tyre_mark": _tyre_mark,
    "oil_stain": _oil_stain,
    "leaves": _leaves,
    "wet_spot": _wet_spot,
    "seal_strip": _seal_strip,
}
