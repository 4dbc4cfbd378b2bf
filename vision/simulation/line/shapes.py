"""Shapes of simulated parts: housings, plates, flanges and brackets, as outlines in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from vision.simulation.line.face import Points

Shape = Literal["housing", "plate", "flange", "bracket"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


@dataclass(frozen=True, slots=True)
class PartShape:
    """What all parts of a class have in common.

    Attributes:
        shape: Kind of part.
        outline_mm: Closed outline round the part's middle.
        holes_mm: Closed outlines of holes that go through.
        blind_mm: (x, y, radius) of holes that don't: drilled, countersunk.
        pocket_mm: Closed outline of a milled pocket or a raised pad; None without.
        bevel_mm: Width of the bevelled edge.
    """

    shape: Shape
    outline_mm: Points
    holes_mm: tuple[Points, ...]
    blind_mm: tuple[tuple[float, float, float], ...]
    pocket_mm: Points | None
    bevel_mm: float


def plan_shape(rng: np.random.Generator, length_mm: float, shape: Shape | None = None) -> PartShape:
    """Draw a part's shape.

    Args:
        rng: Where chance comes from.
        length_mm: Longer side of its box.
        shape: Its kind; drawn as well if None.
    """
    kind = shape or SHAPES[int(rng.choice(len(SHAPES), p=(0.36, 0.3, 0.18, 0.16)))]
    width = length_mm * float(1.0 if kind == "flange" else rng.uniform(0.5, 0.85))
    half = 0.5 * np.array([length_mm, width])
    if kind == "flange":
        outline = circle((0.0, 0.0), 0.5 * length_mm)
    elif kind == "bracket":
        outline = _bracket(rng, half)
    else:
        share = rng.uniform(0.06, 0.22) if kind == "housing" else rng.uniform(0.01, 0.08)
        outline = rounded_box(half, float(share * width))
    holes, blind = _holes(rng, kind, half)
    pocket = None
    if kind == "housing" and rng.random() < 0.6:
        pocket = rounded_box(half * rng.uniform(0.5, 0.72), float(0.06 * width))
    return PartShape(kind, outline, holes, blind, pocket, length_mm * float(rng.uniform(0.006, 0.02)))


def circle(centre: tuple[float, float], radius: float, points: int = 72) -> Points:
    """Give a circle as (points, 2)."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    return np.asarray(np.array(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def rounded_box(half: np.ndarray, radius: float) -> Points:
    """Give a box round the origin with rounded corners.

    Args:
        half: Half its width and height.
        radius: Of its corners.
    """
    corners = []
    for quarter, sign in enumerate(((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))):
        angle = np.linspace(0.0, 0.5 * np.pi, 9) + quarter * 0.5 * np.pi
        arc = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        corners.append((half - radius) * np.array(sign) + arc)
    return np.concatenate(corners)


def _bracket(rng: np.random.Generator, half: np.ndarray) -> Points:
    notch = half * rng.uniform(0.7, 1.1, 2)
    x, y = half
    points = np.array([[-x, -y], [x, -y], [x, y - notch[1]], [x - notch[0], y - notch[1]], [x - notch[0], y], [-x, y]])
    return np.asarray(points * rng.choice([-1.0, 1.0], 2))


def _holes(
    rng: np.random.Generator, kind: Shape, half: np.ndarray
) -> tuple[tuple[Points, ...], tuple[tuple[float, float, float], ...]]:
    radius = float(min(half) * rng.uniform(0.05, 0.12))
    places: list[tuple[float, float]] = []
    through: list[Points] = []
    if kind == "flange":
        through.append(circle((0.0, 0.0), float(half[0] * rng.uniform(0.2, 0.4))))
        count, ring = int(rng.integers(3, 9)), half[0] * float(rng.uniform(0.66, 0.78))
        start = float(rng.uniform(0.0, 6.28))
        turns = start + np.arange(count) * 2.0 * np.pi / count
        places = [(float(ring * np.cos(turn)), float(ring * np.sin(turn))) for turn in turns]
        radius = float(half[0] * rng.uniform(0.04, 0.08))
    elif kind == "bracket":
        places = [(0.0, 0.0)] if rng.random() < 0.3 else []
    else:
        inset = half - 2.2 * radius
        places = [(float(x * inset[0]), float(y * inset[1])) for x in (-1, 1) for y in (-1, 1)]
        if rng.random() < 0.25:
            places = places[:: int(rng.integers(2, 4))]
    if rng.random() < 0.5:
        return (*through, *(circle(place, radius, 40) for place in places)), ()
    return tuple(through), tuple((x, y, radius) for x, y in places)
