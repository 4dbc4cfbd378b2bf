"""Stand signs and signal heads along a planned road, apart from each other and in plain sight."""

from __future__ import annotations

from dataclasses import replace

from vision.simulation.furniture import PlannedSign, PlannedSignal, plan_signals, plan_signs
from vision.simulation.road_layout import MARGIN_M, RoadLayout, RoadsideObject

_FREE_START_M = 15.0
_BESIDE_M = 4.0
"""Least way between posts."""
_SIGHT_M = 50.0


def furnish_road(layout: RoadLayout, signs: int, signals: int) -> RoadLayout:
    """Stand signs and signal heads along the driven stretch, and fell the trees that would hide them.

    Surface and defects stay what they are.

    Args:
        layout: The road.
        signs: How many.
        signals: How many.
    """
    if not signs and not signals:
        return layout
    start, length = MARGIN_M + _FREE_START_M, layout.route.length_m - 2.0 * MARGIN_M - _FREE_START_M
    heads = plan_signals(layout.seed, layout.style, start, length, signals)
    plates = _apart_from(plan_signs(layout.seed, layout.style, start, length, signs), heads)
    feet = [(one.along_m, one.lateral_m) for one in plates] + [(one.along_m, one.post_lateral_m) for one in heads]
    seen = tuple(thing for thing in layout.roadside if not any(_hides(thing, *foot) for foot in feet))
    return replace(layout, signs=plates, signals=heads, roadside=seen)


def _apart_from(signs: tuple[PlannedSign, ...], heads: tuple[PlannedSignal, ...]) -> tuple[PlannedSign, ...]:
    """Move signs on, where one would stand right before a head or another sign."""
    moved: list[PlannedSign] = []
    for sign in signs:
        along = max(sign.along_m, moved[-1].along_m + _BESIDE_M) if moved else sign.along_m
        for head in heads:
            if abs(along - head.along_m) < _BESIDE_M:
                along = head.along_m + _BESIDE_M
        moved.append(replace(sign, along_m=along))
    return tuple(moved)


def _hides(thing: RoadsideObject, along_m: float, lateral_m: float) -> bool:
    """Tell whether a plant's crown, at most half as wide as the plant is high, stands before a post."""
    if thing.kind not in ("tree", "bush") or thing.lateral_m * lateral_m < 0.0:
        return False
    inner = abs(thing.lateral_m) - 0.4 * thing.height_m
    return inner < abs(lateral_m) + 0.6 and -_SIGHT_M < thing.along_m - along_m < 1.0
