"""One part: its face with what is sound on it and what is not, turned into a picture that can be laid on a belt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.simulation.line.face import Face, FaceLight, Points, blank_face
from vision.simulation.line.features import (
    add_dust,
    add_label,
    add_machined_features,
    add_oil_film,
    add_text,
    box_outline_mm,
    find_room,
    paste,
)
from vision.simulation.line.finishes import FinishPlan, apply_finish, plan_finish
from vision.simulation.line.markers import marker_picture
from vision.simulation.line.options import MarkerKind
from vision.simulation.line.planting import PlantedDefect, Wanted, plant_defect
from vision.simulation.line.shapes import PartShape, Shape, plan_shape
from vision.simulation.random_streams import Field, random_stream

_FINE_BELOW_PX = 520.0
_FINE, _COARSE = 2.0, 1.4


@dataclass(frozen=True, slots=True)
class PartSeries:
    """What the parts of a class have in common.

    Attributes:
        shape: Outline and holes.
        finish: Of the metal.
        mm_per_px: Of the camera's picture, at the part.
        text_mm: Height of the letters on it; 0 without.
        label_mm: Width and height of a printed label; None without.
        dust: Specks on a part, on average.
        oil_share: Share of parts with a film of oil.
        marker_mm: Side of the code with its quiet zone.
        seed: Of the series.
    """

    shape: PartShape
    finish: FinishPlan
    mm_per_px: float
    text_mm: float
    label_mm: tuple[float, float] | None
    dust: float
    oil_share: float
    marker_mm: float
    seed: int


@dataclass(frozen=True, slots=True)
class PartPicture:
    """A finished part.

    Attributes:
        face: Its layers.
        shade: (H, W, 3) float32 BGR of the lit face, 0 to 1 and above where it shines.
        defects: As planted.
        marker_mm: Closed outline of its code; None without.
    """

    face: Face
    shade: Field
    defects: tuple[PlantedDefect, ...]
    marker_mm: Points | None


def plan_series(
    seed: int, length_mm: float, mm_per_px: float, shape: Shape | None = None, marker: MarkerKind = "none"
) -> PartSeries:
    """Draw what a series of parts looks like.

    Args:
        seed: Of the series.
        length_mm: Longer side of a part.
        mm_per_px: Of the camera's picture.
        shape: Kind of part; drawn if None.
        marker: Code that the parts carry.
    """
    rng = random_stream(seed, "series")
    planned = plan_shape(rng, length_mm, shape)
    side_px = length_mm / mm_per_px
    text = float(np.clip(rng.uniform(0.05, 0.1) * length_mm, 7.0 * mm_per_px, 40.0 * mm_per_px))
    label = (length_mm * float(rng.uniform(0.18, 0.32)), length_mm * float(rng.uniform(0.1, 0.18)))
    cells = {"qr": 27, "aruco": 8, "apriltag": 10, "none": 0}[marker]
    return PartSeries(
        shape=planned,
        finish=plan_finish(rng, mm_per_px),
        mm_per_px=mm_per_px,
        text_mm=text if rng.random() < 0.6 else 0.0,
        label_mm=label if rng.random() < 0.25 and side_px > 160 else None,
        dust=float(rng.choice([0.0, rng.uniform(2.0, 40.0)])),
        oil_share=float(rng.choice([0.0, 0.0, rng.uniform(0.2, 1.0)])),
        marker_mm=cells * mm_per_px * (5.0 if marker == "qr" else 7.0),
        seed=seed,
    )


def make_part(
    series: PartSeries,
    wanted: Sequence[Wanted],
    light: FaceLight,
    rng: np.random.Generator,
    marker: tuple[MarkerKind, str] | None = None,
) -> PartPicture:
    """Make one part of a series.

    Args:
        series: What it has in common with the others.
        wanted: Defects to plant, in raster pixels of ``raster_scale``; those without room are left out.
        light: On its face.
        rng: Where the part's own chance comes from.
        marker: Kind and payload of its code.
    """
    scale = raster_scale(series)
    face = blank_face(series.shape.outline_mm, series.shape.holes_mm, scale / series.mm_per_px, series.shape.bevel_mm)
    apply_finish(face, series.finish, rng)
    common = random_stream(series.seed, "features")  # every part of a series is drilled and lettered alike
    add_machined_features(face, series.shape, common)
    outline = _put_marker(face, series, marker, common) if marker and marker[0] != "none" else None
    if series.label_mm is not None:
        add_label(face, common, series.label_mm)
    if series.text_mm:
        add_text(face, common, series.text_mm)
    if rng.random() < series.oil_share:
        add_oil_film(face, rng)
    add_dust(face, rng, int(rng.poisson(series.dust)), scale)
    planted = [plant_defect(face, one, light, rng) for one in wanted]
    return PartPicture(face, face.shaded(light), tuple(one for one in planted if one is not None), outline)


def raster_scale(series: PartSeries) -> float:
    """Give the raster pixels of a part's face to a pixel of the camera's picture."""
    side_px = float(np.ptp(series.shape.outline_mm, axis=0).max()) / series.mm_per_px
    return _FINE if side_px < _FINE_BELOW_PX else _COARSE


def _put_marker(
    face: Face, series: PartSeries, marker: tuple[MarkerKind, str], common: np.random.Generator
) -> Points | None:
    side = round(series.marker_mm * face.px_per_mm)
    place = find_room(face, common, side, side)
    if place is None:
        return None
    paste(face, place, marker_picture(*marker, side))
    return box_outline_mm(face, place, side, side)
