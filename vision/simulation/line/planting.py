"""Plant defects in the face of a part, each with its exact outline: scratch, pit, stain, crack, chipped edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.line.face import Face, FaceLight, Points, Window
from vision.simulation.line.options import DefectKind
from vision.simulation.random_streams import Field, fractal_noise, ring_noise, smooth_noise, smooth_step

_TRIES = 40
_STRENGTHS = (1.0, 1.7, 2.8, 4.5)
_PAD_PX = 6
_LINE_POINTS = 28
_STAINS_BGR = ((0.10, 0.22, 0.38), (0.06, 0.07, 0.08), (0.16, 0.26, 0.34), (0.30, 0.36, 0.30), (0.10, 0.15, 0.45))


@dataclass(frozen=True, slots=True)
class PlantedDefect:
    """A defect as it was planted.

    Attributes:
        kind: What it is.
        outline_mm: Closed outline in part coordinates.
        length_mm: Longer side of the smallest box, of any direction, round the outline.
        width_mm: Area by length of a scratch or crack; the box's shorter side otherwise.
        area_mm2: Of the outline.
        contrast: Mean difference in grey levels (0-255) that it makes to the lit face.
    """

    kind: DefectKind
    outline_mm: Points
    length_mm: float
    width_mm: float
    area_mm2: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A defect to plant.

    Attributes:
        kind: What it is.
        length_mm: About its longer side.
        least_contrast: Grey levels (0-255) by which it must differ from the sound face, on average.
        picture_px: Raster pixels a pixel of the camera's picture.
    """

    kind: DefectKind
    length_mm: float
    least_contrast: float
    picture_px: float


def plant_defect(face: Face, wanted: Wanted, light: FaceLight, rng: np.random.Generator) -> PlantedDefect | None:
    """Plant one defect where there is room; None where there is none, or it can't be made to show.

    A defect that doesn't show against the finish is planted again, deeper.
    """
    coverage = _COVERAGES[wanted.kind](face, wanted, rng)
    if coverage is None:
        return None
    outline = _outline(coverage)
    if outline is None:
        return None
    window = _window(coverage)
    kept = [layer[window].copy() for layer in (face.albedo, face.relief, face.gloss, face.alpha)]
    before, marked = face.shaded(light, window), coverage[window] > 0.5
    mark = _MARKS[wanted.kind]
    state = rng.bit_generator.state
    contrast = 0.0
    for strength in _STRENGTHS:
        rng.bit_generator.state = state
        mark(face, coverage, window, strength, rng)
        change = np.abs(_visible(face.shaded(light, window)) - _visible(before)).mean(axis=2)
        change = np.maximum(change, 255.0 * 0.5 * np.abs(face.alpha[window] - kept[3]))
        contrast = float(change[marked].mean())
        if contrast >= wanted.least_contrast:
            break
        for layer, old in zip((face.albedo, face.relief, face.gloss, face.alpha), kept, strict=True):
            layer[window] = old
    else:
        return None
    face.take(coverage, round(2 * wanted.picture_px) + 2)
    return _measured(face, wanted.kind, outline, contrast)


def _visible(shade: Field) -> Field:
    return np.asarray(np.clip(shade, 0.0, 1.0) * np.float32(255.0), np.float32)


def _measured(face: Face, kind: DefectKind, outline_px: NDArray[np.float32], contrast: float) -> PlantedDefect:
    outline = face.to_mm(outline_px)
    area = float(cv2.contourArea(outline.astype(np.float32)))
    sides = sorted(cv2.minAreaRect(outline.astype(np.float32))[1])
    length = float(sides[1])
    width = area / length if kind in ("scratch", "crack") else float(sides[0])
    return PlantedDefect(kind, outline, length, width, area, contrast)


def _outline(coverage: Field) -> NDArray[np.float32] | None:
    """Give the outline of the largest covered piece in raster positions, at a quarter of a pixel."""
    rows, cols = np.nonzero(coverage > 0.05)
    if not len(rows):
        return None
    top, left = int(rows.min()), int(cols.min())
    piece = np.pad(coverage[top : rows.max() + 1, left : cols.max() + 1], 2)
    fine = cv2.resize(piece, None, fx=4.0, fy=4.0, interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours((fine >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    largest = cv2.approxPolyDP(max(contours, key=cv2.contourArea), 1.2, closed=True)[:, 0, :].astype(np.float32)
    if len(largest) < 3:
        return None
    return np.asarray((largest + np.float32(0.5)) / np.float32(4.0) - np.float32(2.0) + [left, top], np.float32)


def _window(coverage: Field) -> Window:
    rows, cols = np.nonzero(coverage > 0.02)
    return (
        slice(max(0, int(rows.min()) - _PAD_PX), int(rows.max()) + 1 + _PAD_PX),
        slice(max(0, int(cols.min()) - _PAD_PX), int(cols.max()) + 1 + _PAD_PX),
    )


# Where a defect lies -----------------------------------------------------------------------------------------------


def _free(face: Face) -> NDArray[np.bool_]:
    return np.asarray((face.taken == 0) & (face.alpha > 0.99))


def _random_free_mm(face: Face, free: NDArray[np.bool_], rng: np.random.Generator) -> Points | None:
    places = np.flatnonzero(free.ravel())
    if not len(places):
        return None
    row, column = divmod(int(places[int(rng.integers(len(places)))]), free.shape[1])
    return np.asarray(face.to_mm(np.array([[column + 0.5, row + 0.5]]))[0])


def _place(
    face: Face, rng: np.random.Generator, draw: Callable[[Points], Points], cover: Callable[[Points], Field]
) -> Field | None:
    """Draw shapes round free places until one lies on free ground alone."""
    free = _free(face)
    for _ in range(_TRIES):
        centre = _random_free_mm(face, free, rng)
        if centre is None:
            return None
        points = draw(centre)
        at = np.floor(face.to_px(points)).astype(int)
        inside = (at >= 1).all() and (at[:, 0] < free.shape[1] - 1).all() and (at[:, 1] < free.shape[0] - 1).all()
        if inside and free[at[:, 1], at[:, 0]].all():
            coverage = cover(points)
            if free[coverage > 0.3].all():
                return coverage
    return None


def _scratch(face: Face, wanted: Wanted, rng: np.random.Generator) -> Field | None:
    width_px = float(np.clip(rng.lognormal(np.log(1.6), 0.35), 0.9, 3.6)) * wanted.picture_px
    taper = np.clip(4.0 * (1.0 - np.abs(np.linspace(-1.0, 1.0, _LINE_POINTS))), 0.45, 1.0)
    bend = float(rng.normal(0.0, 0.16))

    def draw(centre: Points) -> Points:
        angle = float(rng.uniform(0.0, np.pi))
        along = np.linspace(-0.5, 0.5, _LINE_POINTS)
        aside = bend * (along**2 - 0.08) + 0.006 * np.cumsum(rng.standard_normal(_LINE_POINTS)) / np.sqrt(_LINE_POINTS)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.asarray(centre + wanted.length_mm * np.stack([along, aside], axis=1) @ turn)

    return _place(face, rng, draw, lambda line: face.stroked(line, width_px * taper))


def _crack(face: Face, wanted: Wanted, rng: np.random.Generator) -> Field | None:
    width_px = float(np.clip(rng.lognormal(np.log(1.5), 0.3), 0.9, 3.2)) * wanted.picture_px
    widths = width_px * np.linspace(1.25, 0.5, _LINE_POINTS)
    wild = float(rng.uniform(0.5, 1.0))

    def draw(centre: Points) -> Points:
        heading = float(rng.uniform(0.0, 2.0 * np.pi))
        turns = (
            heading + wild * smooth_noise(rng, (_LINE_POINTS, 1), 3.0)[:, 0] * 0.75 + rng.normal(0, 0.25, _LINE_POINTS)
        )
        steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(0.5, 1.5, (_LINE_POINTS, 1))
        line = np.cumsum(steps, axis=0)
        line *= wanted.length_mm / max(float(np.linalg.norm(line[-1] - line[0])), 1e-6)
        return np.asarray(centre + line - line.mean(axis=0))

    def cover(line: Points) -> Field:
        coverage = face.stroked(line, widths)
        if rng.random() < 0.45:
            coverage = np.maximum(coverage, face.stroked(*_branch(line, 0.7 * width_px, wanted.length_mm, rng)))
        return coverage

    return _place(face, rng, draw, cover)


def _branch(
    line: Points, width_px: float, length_mm: float, rng: np.random.Generator
) -> tuple[Points, NDArray[np.float64]]:
    root = int(rng.integers(_LINE_POINTS // 4, 3 * _LINE_POINTS // 4))
    ahead = line[root + 1] - line[root - 1]
    heading = float(np.arctan2(ahead[1], ahead[0])) + float(rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 1.1))
    count = 10
    turns = heading + rng.normal(0.0, 0.35, count)
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * length_mm * float(rng.uniform(0.12, 0.3)) / count
    branch = np.concatenate([line[root : root + 1], line[root] + np.cumsum(steps, axis=0)])
    return branch, width_px * np.linspace(1.0, 0.5, count + 1)


def _pit(face: Face, wanted: Wanted, rng: np.random.Generator) -> Field | None:
    return _blob(face, wanted, rng, float(rng.uniform(0.65, 1.0)), float(rng.uniform(0.03, 0.10)))


def _stain(face: Face, wanted: Wanted, rng: np.random.Generator) -> Field | None:
    return _blob(face, wanted, rng, float(rng.uniform(0.35, 0.95)), float(rng.uniform(0.08, 0.2)))


def _blob(face: Face, wanted: Wanted, rng: np.random.Generator, slim: float, ragged: float) -> Field | None:
    radius = 1.0 + ragged * np.clip(ring_noise(rng, 64, 9, 1.1), -2.2, 2.2)
    turn = float(rng.uniform(0.0, np.pi))
    angle = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    ring = 0.5 * wanted.length_mm * radius[:, None] * np.stack([np.cos(angle), slim * np.sin(angle)], axis=1)
    ring = ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return _place(face, rng, lambda centre: centre + ring, lambda points: face.filled([points]))


def _chipped_edge(face: Face, wanted: Wanted, rng: np.random.Generator) -> Field | None:
    """Give a bite out of the outer edge, where nothing else is."""
    solid = np.asarray(face.alpha > 0.5).astype(np.uint8)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    rim = max(contours, key=cv2.contourArea)[:, 0, :].astype(np.float64)
    half_px = 0.5 * wanted.length_mm * face.px_per_mm
    deep = float(rng.uniform(0.22, 0.55)) * 2.0 * half_px
    inner = np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, 5))
    busy = np.asarray((face.taken > 0) & (inner > 5.0 + 0.02 * min(face.shape)))
    for _ in range(_TRIES):
        middle = rim[int(rng.integers(len(rim)))]
        angle = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
        jag = 1.0 + 0.11 * ring_noise(rng, 48, 14, 0.7)
        normal = _inward(np.asarray(inner, np.float32), middle)
        along = np.array([-normal[1], normal[0]])
        ring = (
            middle + (half_px * jag * np.cos(angle))[:, None] * along + (deep * jag * np.sin(angle))[:, None] * normal
        )
        coverage = face.filled([face.to_mm(ring)]) * face.alpha
        if not (busy & (coverage > 0.3)).any() and float(coverage.sum()) > 0.5 * half_px * deep:
            return coverage
    return None


def _inward(inner: NDArray[np.floating], at: Points) -> Points:
    """Give the direction into the part from a place on its rim."""
    column, row = (int(value) for value in at)
    reach = 9
    patch = inner[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    rows, cols = np.mgrid[: patch.shape[0], : patch.shape[1]]
    weight = patch + 1e-6
    pull = np.array([float((cols * weight).sum()), float((rows * weight).sum())]) / float(weight.sum())
    pull -= [column - max(0, column - reach), row - max(0, row - reach)]
    return np.asarray(pull / max(float(np.linalg.norm(pull)), 1e-6))


# What it looks like ------------------------------------------------------------------------------------------------


def _mark_scratch(face: Face, coverage: Field, window: Window, strength: float, rng: np.random.Generator) -> None:
    groove = np.asarray(cv2.GaussianBlur(coverage[window], (0, 0), 0.7), np.float32)
    face.relief[window] -= np.float32(rng.uniform(0.5, 1.3) * strength) * groove
    bright = rng.random() < 0.62
    tone = float(rng.uniform(0.72, 0.95) if bright else rng.uniform(0.04, 0.2))
    uneven = np.clip(0.75 + 0.3 * smooth_noise(rng, groove.shape, 14.0), 0.25, 1.0).astype(np.float32)
    share = coverage * np.float32(min(0.95, rng.uniform(0.25, 0.6) * strength))
    share[window] *= uneven
    face.blend((tone, tone, tone), share, window)


def _mark_crack(face: Face, coverage: Field, window: Window, strength: float, rng: np.random.Generator) -> None:
    groove = np.asarray(cv2.GaussianBlur(coverage[window], (0, 0), 0.8), np.float32)
    face.relief[window] -= np.float32(rng.uniform(0.3, 0.8) * strength) * groove
    dark = float(rng.uniform(0.02, 0.08))
    face.blend((dark, dark, dark), coverage * np.float32(min(1.0, rng.uniform(0.6, 0.9) * strength)), window)
    face.gloss[window] *= 1.0 - coverage[window]


def _mark_pit(face: Face, coverage: Field, window: Window, strength: float, rng: np.random.Generator) -> None:
    inside = np.asarray(cv2.distanceTransform((coverage[window] > 0.5).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    radius = max(1.0, float(inside.max()))
    bowl: Field = smooth_step(inside, 0.0, 0.9 * radius)
    rough = fractal_noise(rng, bowl.shape, max(2.0, 0.5 * radius), 2) * np.float32(0.12 * radius)
    face.relief[window] -= bowl * (np.float32(rng.uniform(0.35, 0.8) * strength * radius) + rough)
    dark = float(rng.uniform(0.03, 0.12))
    deep = smooth_step(inside, 0.0, 0.45 * radius) * np.float32(min(0.95, rng.uniform(0.3, 0.7) * strength))
    share = np.zeros_like(coverage)
    share[window] = deep
    face.blend((dark, dark, dark * 1.1), share, window)
    face.gloss[window] *= 1.0 - bowl * np.float32(0.8)


def _mark_stain(face: Face, coverage: Field, window: Window, strength: float, rng: np.random.Generator) -> None:
    size = float(np.sqrt(coverage.sum()))
    soft = np.asarray(cv2.GaussianBlur(coverage[window], (0, 0), max(0.8, 0.06 * size)), np.float32)
    blotch = np.clip(0.85 + 0.3 * fractal_noise(rng, soft.shape, max(3.0, 0.3 * size), 3), 0.35, 1.2)
    rim = np.asarray(cv2.GaussianBlur(coverage[window], (0, 0), max(1.0, 0.10 * size)), np.float32)
    rim = soft * (1.0 - rim) * np.float32(rng.uniform(0.0, 1.6))  # a drop dries darkest at its edge
    share = np.zeros_like(coverage)
    opacity = np.float32(rng.uniform(0.22, 0.5) * strength)
    share[window] = np.clip(opacity * (soft * blotch + rim), 0.0, 0.92)
    tone = np.array(_STAINS_BGR[int(rng.integers(len(_STAINS_BGR)))]) * rng.uniform(0.7, 1.3)
    face.blend(tone.tolist(), share, window)
    face.gloss[window] *= 1.0 - np.float32(0.6) * share[window]


def _mark_chipped_edge(face: Face, coverage: Field, window: Window, strength: float, rng: np.random.Generator) -> None:
    """Break material off: gone near the old rim, a rough facet further in."""
    covered = coverage[window]
    inside = np.asarray(cv2.distanceTransform((face.alpha[window] > 0.5).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    deepest = max(1.0, float(inside[covered > 0.5].max()))
    wander = smooth_noise(rng, covered.shape, max(3.0, 0.4 * deepest)) * np.float32(0.1 * deepest)
    gone_to = np.float32(rng.uniform(0.15, 0.75) * deepest)
    gone = covered * (1.0 - smooth_step(inside + wander, float(gone_to) - 1.0, float(gone_to) + 1.0))
    facets = fractal_noise(rng, covered.shape, max(3.0, 0.45 * deepest), 3, 0.6)
    slope = np.clip((deepest - inside) * np.float32(rng.uniform(0.2, 0.6)), 0.0, None)
    face.relief[window] += covered * (np.float32(0.12 * deepest * strength) * facets - slope)
    tone = float(rng.uniform(0.5, 0.85) if rng.random() < 0.65 else rng.uniform(0.12, 0.25))
    face.blend((tone, tone, tone), coverage * np.float32(min(0.9, rng.uniform(0.35, 0.7) * strength)), window)
    face.gloss[window] *= 1.0 - covered
    face.alpha[window] *= 1.0 - gone


_COVERAGES: dict[DefectKind, Callable[[Face, Wanted, np.random.Generator], Field | None]] = {
    "scratch": _scratch,
    "pit": _pit,
    "stain": _stain,
    "crack": _crack,
    "chipped_edge": _chipped_edge,
}
_MARKS: dict[DefectKind, Callable[[Face, Field, Window, float, np.random.Generator], None]] = {
    "scratch": _mark_scratch,
    "pit": _mark_pit,
    "stain": _mark_stain,
    "crack": _mark_crack,
    "chipped_edge": _mark_chipped_edge,
}
