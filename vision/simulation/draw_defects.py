"""Draw a planted defect of any class."""

from __future__ import annotations

from collections.abc import Callable

from vision.simulation.crack import draw_alligator, draw_single_crack
from vision.simulation.pothole import draw_pothole
from vision.simulation.ravelling import draw_surface_damage
from vision.simulation.road_layout import PlantedDefect
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import Sunlight, SurfacePatch

_DRAWERS: dict[str, Callable[[PlantedDefect, RoadStyle, Sunlight], SurfacePatch]] = {
    "longitudinal_crack": draw_single_crack,
    "transverse_crack": draw_single_crack,
    "alligator_crack": draw_alligator,
    "pothole": draw_pothole,
    "surface_damage": draw_surface_damage,
}


def draw_defect(defect: PlantedDefect, style: RoadStyle, sun: Sunlight) -> SurfacePatch:
    """Draw one defect; the patch carries its true outline."""
    return _DRAWERS[defect.class_name](defect, style, sun)
