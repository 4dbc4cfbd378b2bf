"""Draw cracks: single ones as branching random walks, alligator cracking as a broken net of cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step
from vision.simulation.road_layout import PlantedDefect
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import (
    PIXELS_PER_M,
    Canvas,
    Sunlight,
    SurfacePatch,
    make_canvas,
    mask_outline,
    relief_gain,
)

_OVERSAMPLING = 3
_LEAST_WIDTH_M = 0.001
_SEALED_BELOW = 0.10
"""Share of ``variant`` below which a single crack is sealed over a part of its length."""

Points = NDArray[np.float64]
"""(N, 2) metres (along, left) from the middle of the defect."""


class _Pen:
    """Draws lines of changing width on a finer raster, and gives their coverage of the canvas' pixels."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        rows, columns = canvas.shape
        self._fine = np.zeros((rows * _OVERSAMPLING, columns * _OVERSAMPLING), np.uint8)

    def draw(self, points: Points, widths_m: NDArray[np.float64]) -> None:
        scale = PIXELS_PER_M * _OVERSAMPLING
        rows = (points[:, 0] - float(self._canvas.along_m[0, 0])) * scale
        columns = (float(self._canvas.left_m[0, 0]) - points[:, 1]) * scale
        fixed = np.round(np.stack([columns, rows], axis=1) * 16.0).astype(np.int32)
        thickness = np.maximum(1, np.round(widths_m * scale)).astype(int)
        for start, end, width, width_m in zip(fixed[:-1], fixed[1:], thickness[:-1], widths_m[:-1], strict=True):
            if width_m < _LEAST_WIDTH_M:
                continue
            cv2.line(self._fine, start.tolist(), end.tolist(), 255, int(width), cv2.LINE_8, 4)

    def coverage(self) -> Field:
        """Give the share of each pixel that is crack, (H, W) float32."""
        rows, columns = self._canvas.shape
        small = cv2.resize(self._fine, (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32) / np.float32(255.0)


def draw_single_crack(defect: PlantedDefect, style: RoadStyle, sun: Sunlight) -> SurfacePatch:
    """Draw a longitudinal or transverse crack; its outline is the cracked strip, about 3 cm beyond the crack."""
    canvas = make_canvas(defect.along_m, defect.lateral_m, defect.length_m, defect.width_m, 0.25)
    rng = random_stream(defect.shape_seed, "crack")
    pen = _Pen(canvas)
    lengthwise = defect.class_name == "longitudinal_crack"
    reach, spread = (defect.length_m, defect.width_m) if lengthwise else (defect.width_m, defect.length_m)
    main = _walk(rng, reach, 0.5 * spread)
    mean_width = float(np.clip(rng.lognormal(np.log(0.011), 0.4), 0.005, 0.03))
    widths = _widths(rng, len(main), mean_width)
    pen.draw(main if lengthwise else main[:, ::-1], widths)
    for _ in range(int(rng.poisson(0.4 + (0.6 if lengthwise else 0.2) * reach))):
        branch = _branch(rng, main, 0.5 * spread)
        pen.draw(branch if lengthwise else branch[:, ::-1], _widths(rng, len(branch), 0.6 * mean_width))
    coverage = pen.coverage()
    gain, colour, alpha = _crack_surface(rng, canvas, style, sun, coverage)
    if defect.variant < _SEALED_BELOW:
        _seal(rng, canvas, style, coverage, lengthwise, colour, alpha)
    reached = cv2.dilate((coverage > 0.08).astype(np.uint8), _disc(0.03))
    joined = cv2.morphologyEx(reached, cv2.MORPH_CLOSE, _disc(0.10))
    return SurfacePatch(canvas.row, canvas.column, gain, colour, alpha, mask_outline(joined, canvas, 0.012))


def draw_alligator(defect: PlantedDefect, style: RoadStyle, sun: Sunlight) -> SurfacePatch:
    """Draw alligator cracking; its outline is the edge of the cracked area."""
    canvas = make_canvas(defect.along_m, defect.lateral_m, defect.length_m, defect.width_m, 0.2)
    rng = random_stream(defect.shape_seed, "alligator")
    inside = blob(rng, canvas, defect.length_m, defect.width_m, 0.30)
    pen = _Pen(canvas)
    cell = float(rng.uniform(0.09, 0.24))
    mean_width = float(np.clip(rng.lognormal(np.log(0.0095), 0.35), 0.005, 0.022))
    for start, end in _net(rng, defect, cell):
        middle = 0.5 * (start + end)
        row = int(np.clip((middle[0] - canvas.along_m[0, 0]) * PIXELS_PER_M, 0, canvas.shape[0] - 1))
        column = int(np.clip((canvas.left_m[0, 0] - middle[1]) * PIXELS_PER_M, 0, canvas.shape[1] - 1))
        strength = float(inside[row, column])
        if strength > float(rng.uniform(0.0, 0.55)):
            bent = _bend(rng, start, end)
            pen.draw(bent, _widths(rng, len(bent), mean_width * min(1.0, 0.55 + strength)))
    coverage = pen.coverage()
    gain, colour, alpha = _crack_surface(rng, canvas, style, sun, coverage)
    area = smooth_step(inside, 0.05, 0.5)
    gain *= 1.0 + np.float32(rng.uniform(-0.12, 0.04)) * area
    _lose_pieces(rng, canvas, style, coverage, area, gain)
    closed = cv2.morphologyEx((coverage > 0.08).astype(np.uint8), cv2.MORPH_CLOSE, _disc(0.75 * cell))
    outline = mask_outline(cv2.dilate(closed, _disc(0.02)), canvas, 0.015)
    return SurfacePatch(canvas.row, canvas.column, gain, colour, alpha, outline)


def blob(rng: np.random.Generator, canvas: Canvas, length_m: float, width_m: float, roughness: float) -> Field:
    """Give an irregular area about the middle: 1 in the core, 0 at its edge, below 0 outside."""
    radius = np.sqrt((canvas.along_m / (0.5 * length_m)) ** 2 + (canvas.left_m / (0.5 * width_m)) ** 2)
    noise = fractal_noise(rng, canvas.shape, 0.4 * min(length_m, width_m) * PIXELS_PER_M, 4, 0.6)
    return np.asarray((0.95 - radius + roughness * 0.5 * noise) * 1.6, np.float32)


def _disc(radius_m: float) -> NDArray[np.uint8]:
    size = 2 * max(1, round(radius_m * PIXELS_PER_M)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _walk(rng: np.random.Generator, reach_m: float, sway_m: float) -> Points:
    """Walk from end to end: slow sway, sharp small turns."""
    count = max(8, round(reach_m / 0.035))
    forward = np.linspace(-0.5 * reach_m, 0.5 * reach_m, count) + rng.normal(0.0, 0.006, count)
    slow, medium = _wander(rng, count, 40), _wander(rng, count, 7)
    sway = sway_m * (0.45 * slow + float(rng.uniform(0.06, 0.2)) * medium)
    aside = np.clip(sway, -sway_m, sway_m) + rng.normal(0.0, 0.007, count)
    return np.stack([forward, aside], axis=1)


def _wander(rng: np.random.Generator, count: int, every: int) -> NDArray[np.float64]:
    """Give noise of unit variance with a knot at each ``every``-th of ``count`` places."""
    knots = np.arange(0, count + every, every)
    return np.interp(np.arange(count), knots, rng.standard_normal(len(knots)))


def _branch(rng: np.random.Generator, main: Points, sway_m: float) -> Points:
    start = main[int(rng.integers(len(main)))]
    count = int(rng.integers(4, 16))
    angle = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.35, 1.2)) + np.cumsum(rng.normal(0.0, 0.22, count))
    sign = float(rng.choice([-1.0, 1.0]))
    steps = np.stack([sign * np.cos(angle), np.sin(angle)], axis=1) * 0.035
    points = np.concatenate([start[None], start + np.cumsum(steps, axis=0)])
    points[:, 1] = np.clip(points[:, 1], -sway_m - 0.15, sway_m + 0.15)
    return np.asarray(points, np.float64)


def _widths(rng: np.random.Generator, count: int, mean_m: float) -> NDArray[np.float64]:
    knots = max(3, count // 5)
    wave = np.interp(np.linspace(0, knots - 1, count), np.arange(knots), rng.lognormal(-0.12, 0.6, knots))
    wave *= np.interp(np.linspace(0, knots - 1, count), np.arange(knots), rng.random(knots) > 0.12)  # closed in places
    taper = np.minimum(1.0, np.minimum(np.arange(count) + 1, np.arange(count, 0, -1)) / max(2.0, 0.12 * count))
    return np.asarray(mean_m * wave * (0.35 + 0.65 * taper), np.float64)


def _net(rng: np.random.Generator, defect: PlantedDefect, cell_m: float) -> list[tuple[Points, Points]]:
    """Give the sides of Voronoi cells about a jittered grid that covers the defect."""
    along = np.arange(-0.6 * defect.length_m, 0.6 * defect.length_m + cell_m, cell_m)
    left = np.arange(-0.6 * defect.width_m - cell_m, 0.6 * defect.width_m + cell_m, cell_m)
    grid = np.stack(np.meshgrid(along, left, indexing="ij"), axis=-1).reshape(-1, 2)
    cells = Voronoi(grid + rng.uniform(-0.42, 0.42, grid.shape) * cell_m)
    return [(cells.vertices[a], cells.vertices[b]) for a, b in cells.ridge_vertices if a >= 0 and b >= 0]


def _bend(rng: np.random.Generator, start: Points, end: Points) -> Points:
    count = max(3, int(np.hypot(*(end - start)) / 0.03) + 1)
    line = np.linspace(start, end, count)
    line[1:-1] += rng.normal(0.0, 0.006, (count - 2, 2))
    return np.asarray(line, np.float64)


def _crack_surface(
    rng: np.random.Generator, canvas: Canvas, style: RoadStyle, sun: Sunlight, coverage: Field
) -> tuple[Field, Field, Field]:
    """Light the groove, break its edges and tint them. Gives gain, colour, alpha."""
    near = cv2.GaussianBlur(coverage, (0, 0), 2.2)
    chips = smooth_step(near * 2.2 + 0.28 * smooth_noise(rng, canvas.shape, 3.0), 0.55, 0.85)
    groove = np.clip(np.maximum(coverage, 0.75 * chips), 0.0, 1.0)
    light = relief_gain(np.asarray(-0.008 * groove, np.float32), sun, 0.012)
    core = 1.0 - np.float32(rng.uniform(0.5, 0.78)) * groove
    fringe = 1.0 + np.float32(rng.uniform(-0.12, 0.14)) * np.clip(near * 2.5, 0.0, 1.0) * (1.0 - groove)
    gain = np.asarray((0.45 + 0.55 * light) * core * fringe, np.float32)
    dust = np.array(style.soil_bgr, np.float32)
    colour = np.broadcast_to(dust * 0.45, (*canvas.shape, 3)).astype(np.float32)
    alpha = np.asarray(np.float32(rng.uniform(0.0, 0.4)) * groove, np.float32)
    return gain, colour, alpha


def _lose_pieces(
    rng: np.random.Generator, canvas: Canvas, style: RoadStyle, coverage: Field, area: Field, gain: Field
) -> None:
    """Darken some cells whole, where pieces have come out or sunk. Changes ``gain``."""
    closed = cv2.dilate((coverage > 0.1).astype(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents((1 - closed).astype(np.uint8), connectivity=4)
    tone = 1.0 + rng.normal(0.0, 0.035, count).astype(np.float32)
    lost = rng.random(count) < float(rng.uniform(0.0, 0.06))
    sizes = np.bincount(labels.ravel(), minlength=count)
    tone[lost & (sizes < 0.06 * PIXELS_PER_M**2)] *= np.float32(rng.uniform(0.55, 0.75))
    tone[np.argmax(sizes)] = 1.0
    gain *= 1.0 + (tone[labels] - 1.0) * area


def _seal(
    rng: np.random.Generator,
    canvas: Canvas,
    style: RoadStyle,
    coverage: Field,
    lengthwise: bool,
    colour: Field,
    alpha: Field,
) -> None:
    """Pour a dark band of sealant over a part of the crack. Changes ``colour`` and ``alpha``."""
    band = cv2.GaussianBlur(cv2.dilate(coverage, _disc(0.028)), (0, 0), 2.0)
    band = smooth_step(band + 0.15 * smooth_noise(rng, canvas.shape, 8.0), 0.35, 0.6)
    position = canvas.along_m / np.abs(canvas.along_m).max() if lengthwise else canvas.left_m / canvas.left_m.max()
    side = np.float32(rng.choice([-1.0, 1.0]))
    part = smooth_step(np.asarray(np.broadcast_to(position, canvas.shape) * side, np.float32), 0.1, 0.15)
    cover = band * part * np.float32(0.9)
    tar = np.array(style.base_bgr, np.float32) * np.float32(0.42)
    colour += (tar - colour) * cover[..., None]
    np.maximum(alpha, cover, out=alpha)
