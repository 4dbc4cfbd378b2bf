"""What lies where on a simulated road, by seed: the planted defects, and what only looks like one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vision.simulation.furniture import PlannedSign, PlannedSignal
from vision.simulation.random_streams import random_stream
from vision.simulation.road_style import RoadStyle, plan_style
from vision.simulation.route import Route, make_route

MARGIN_M = 50.0
"""Road before the first and after the last metre driven."""

DefectState = Literal["new", "grown", "mended", "same"]
DistractorKind = Literal["patch", "manhole", "tyre_mark", "oil_stain", "leaves", "wet_spot", "seal_strip"]
RoadsideKind = Literal["tree", "bush", "pole", "post"]

_CLASS_SHARES = {
    "longitudinal_crack": 0.16,
    "transverse_crack": 0.14,
    "alligator_crack": 0.17,
    "pothole": 0.41,
    "surface_damage": 0.12,
}
# Kind -> (a number for each 100 m of road, clearance from defects along the road in metres).
Crowding = Mapping[DistractorKind, float]
_DISTRACTOR_RATES: dict[DistractorKind, tuple[float, float]] = {
    "patch": (2.0, 2.5),
    "manhole": (0.6, 2.0),
    "tyre_mark": (1.0, 0.0),
    "oil_stain": (1.6, 1.2),
    "leaves": (1.2, 0.8),
    "wet_spot": (0.9, 1.5),
    "seal_strip": (0.8, 1.5),
}
_NEAR_SHARE = 0.15
_DRIVEN_LANE_SHARE = 0.68


@dataclass(frozen=True, slots=True)
class PlantedDefect:
    """One defect as planned; its exact outline follows from ``shape_seed`` when it is drawn.

    Attributes:
        defect_id: Stays the same over passes and months.
        class_name: One of ``CLASS_NAMES``.
        along_m: Middle, from the route's first point.
        lateral_m: Middle, left of the centre line positive.
        length_m: Nominal extent along the road.
        width_m: Nominal extent across it.
        depth_mm: Greatest depth of a pothole; 0 for others.
        water: Whether the hole stands full of water.
        variant: In [0, 1): look within the class (deep or delaminated hole, sealed or open crack, ...).
        state: Against the same road at month 0.
        shape_seed: Of its outline and texture.
    """

    defect_id: str
    class_name: str
    along_m: float
    lateral_m: float
    length_m: float
    width_m: float
    depth_mm: float
    water: bool
    variant: float
    state: DefectState
    shape_seed: int


@dataclass(frozen=True, slots=True)
class Distractor:
    """Something on the surface that is no defect; fields as in ``PlantedDefect``."""

    kind: DistractorKind
    along_m: float
    lateral_m: float
    length_m: float
    width_m: float
    variant: float
    shape_seed: int


@dataclass(frozen=True, slots=True)
class RoadsideObject:
    """A thing that stands beside the road, and throws a shadow when the sun shines.

    Attributes:
        kind: What.
        along_m: Foot.
        lateral_m: Foot.
        height_m: Over the ground.
        shape_seed: Of its look.
    """

    kind: RoadsideKind
    along_m: float
    lateral_m: float
    height_m: float
    shape_seed: int


@dataclass(frozen=True, slots=True)
class RoadLayout:
    """A whole road: the driven stretch is ``MARGIN_M`` to ``route.length_m - MARGIN_M``."""

    seed: int
    route: Route
    style: RoadStyle
    defects: tuple[PlantedDefect, ...]
    distractors: tuple[Distractor, ...]
    roadside: tuple[RoadsideObject, ...]
    signs: tuple[PlannedSign, ...] = ()
    signals: tuple[PlannedSignal, ...] = ()


def plan_road(
    seed: int, length_m: float, defects: int, months_later: int = 0, crowding: Crowding | None = None
) -> RoadLayout:
    """Plan a road and what is on it.

    Args:
        seed: Of everything.
        length_m: Driven length; the route is ``2 * MARGIN_M`` longer.
        defects: Planted at month 0.
        months_later: Age of the road since then.
        crowding: By kind, a factor on the usual number of things that are no defect; those lie nearer to defects, too.
    """
    route = make_route(seed, length_m + 2.0 * MARGIN_M)
    style = plan_style(seed)
    planted = _plan_defects(seed, style, length_m, defects)
    aged = _age(seed, style, length_m, planted, months_later)
    patches = tuple(_mending_patch(defect) for defect in aged if defect.state == "mended")
    distractors = _plan_distractors(seed, style, length_m, planted, crowding or {})
    return RoadLayout(seed, route, style, aged, distractors + patches, _plan_roadside(seed, style, route.length_m))


def _plan_defects(seed: int, style: RoadStyle, length_m: float, count: int) -> tuple[PlantedDefect, ...]:
    if count == 0:
        return ()
    rng = random_stream(seed, "defects")
    usable = length_m - 9.0
    order = np.arange(count) + rng.uniform(0.12, 0.88, count)
    along = MARGIN_M + 6.0 + order * usable / count
    planned: list[PlantedDefect] = []
    for index in range(count):
        place = float(along[index])
        if planned and rng.random() < _NEAR_SHARE:
            before = planned[-1]
            place = min(before.along_m + 0.5 * before.length_m + float(rng.uniform(1.0, 2.5)), place)
        planned.append(_plan_defect(seed, style, f"d{index:04d}", place, "same"))
    return tuple(planned)


def _plan_defect(seed: int, style: RoadStyle, defect_id: str, along_m: float, state: DefectState) -> PlantedDefect:
    rng = random_stream(seed, "defect", defect_id)
    names = list(_CLASS_SHARES)
    class_name = names[int(rng.choice(len(names), p=list(_CLASS_SHARES.values())))]
    length, width = _extent(rng, class_name, style.lane_width_m)
    variant, wet = float(rng.random()), float(rng.random())
    depth = 0.0
    if class_name == "pothole":
        depth = float(np.clip(rng.lognormal(np.log(45.0), 0.45), 14.0, 120.0))
    return PlantedDefect(
        defect_id=defect_id,
        class_name=class_name,
        along_m=along_m,
        lateral_m=_lateral(rng, class_name, style.lane_width_m, width),
        length_m=length,
        width_m=width,
        depth_mm=depth,
        water=class_name == "pothole" and wet < 0.28,
        variant=variant,
        state=state,
        shape_seed=int(rng.integers(2**31)),
    )


def _extent(rng: np.random.Generator, class_name: str, lane_m: float) -> tuple[float, float]:
    if class_name == "pothole":
        width = float(np.clip(rng.lognormal(np.log(0.50), 0.42), 0.15, 1.2))
        return float(np.clip(width * rng.lognormal(0.05, 0.25), 0.15, 1.6)), width
    if class_name == "longitudinal_crack":
        return float(rng.uniform(1.8, 9.0)), float(rng.uniform(0.15, 0.45))
    if class_name == "transverse_crack":
        return float(rng.uniform(0.12, 0.35)), float(rng.uniform(1.2, lane_m - 0.2))
    if class_name == "alligator_crack":
        return float(rng.uniform(1.2, 4.5)), float(rng.uniform(0.7, 1.7))
    return float(rng.uniform(0.6, 3.0)), float(rng.uniform(0.5, 1.6))


def _lateral(rng: np.random.Generator, class_name: str, lane_m: float, width_m: float) -> float:
    side = -1.0 if rng.random() < _DRIVEN_LANE_SHARE else 1.0
    middle = side * lane_m / 2.0
    room = max(0.0, lane_m / 2.0 - width_m / 2.0 - 0.12)
    if class_name == "transverse_crack":
        return middle + float(rng.uniform(-0.5, 0.5)) * room
    if rng.random() < 0.65:  # in a wheel path, where loads make them
        offset = float(rng.choice([-0.85, 0.85])) + float(rng.normal(0.0, 0.15))
    else:
        offset = float(rng.uniform(-room, room))
    return middle + float(np.clip(offset, -room, room))


def _age(
    seed: int, style: RoadStyle, length_m: float, planted: tuple[PlantedDefect, ...], months: int
) -> tuple[PlantedDefect, ...]:
    """Let months pass: each defect's fate has a threshold of its own, so that a later month never undoes an earlier."""
    if months == 0:
        return planted
    share = 1.0 - float(np.exp(-months / 8.0))
    aged = [_age_one(random_stream(seed, "fate", defect.defect_id), defect, share) for defect in planted]
    rng = random_stream(seed, "later")
    for index in range(max(1, round(0.5 * len(planted)))):
        place, moment = MARGIN_M + 6.0 + float(rng.random()) * (length_m - 9.0), float(rng.random())
        free = all(abs(place - other.along_m) > 2.0 + other.length_m for other in aged)
        if moment < 0.6 * share and free:
            aged.append(_plan_defect(seed, style, f"n{index:04d}", place, "new"))
    return tuple(aged)


def _age_one(rng: np.random.Generator, defect: PlantedDefect, share: float) -> PlantedDefect:
    fate, pace = float(rng.random()), float(rng.uniform(0.25, 0.7))
    if fate < 0.35 * share:
        return replace(defect, state="mended")
    if fate > 1.0 - 0.5 * share:
        growth = 1.0 + pace * share
        return replace(
            defect,
            state="grown",
            length_m=defect.length_m * growth,
            width_m=defect.width_m * (growth if defect.class_name != "transverse_crack" else 1.0),
            depth_mm=defect.depth_mm * growth,
        )
    return defect


def _mending_patch(defect: PlantedDefect) -> Distractor:
    rng = random_stream(defect.shape_seed, "mending")
    length = defect.length_m + float(rng.uniform(0.25, 0.6))
    width = defect.width_m + float(rng.uniform(0.25, 0.5))
    return Distractor("patch", defect.along_m, defect.lateral_m, length, width, 0.15, defect.shape_seed)


def _plan_distractors(
    seed: int, style: RoadStyle, length_m: float, planted: tuple[PlantedDefect, ...], crowding: Crowding
) -> tuple[Distractor, ...]:
    found: list[Distractor] = []
    for kind, (per_100_m, clearance) in _DISTRACTOR_RATES.items():
        rng = random_stream(seed, "distractor", kind)
        factor = crowding.get(kind, 1.0)
        for _ in range(int(rng.poisson(factor * per_100_m * length_m / 100.0))):
            item = _plan_distractor(rng, kind, style, MARGIN_M + float(rng.uniform(0.0, length_m)))
            if all(_apart(item, other) > clearance / factor for other in planted) and not (
                kind in ("patch", "manhole") and any(_apart(item, other) < 0.5 for other in found)
            ):
                found.append(item)
    return tuple(found)


def _apart(item: Distractor, other: PlantedDefect | Distractor) -> float:
    """Give the gap along the road, in metres; negative where the two stand side by side."""
    return abs(item.along_m - other.along_m) - 0.5 * (item.length_m + other.length_m)


def _plan_distractor(rng: np.random.Generator, kind: DistractorKind, style: RoadStyle, along_m: float) -> Distractor:
    lane, side = style.lane_width_m, -1.0 if rng.random() < 0.6 else 1.0
    sizes: dict[DistractorKind, tuple[float, float]] = {
        "patch": (float(rng.uniform(0.6, 6.0)), float(rng.uniform(0.5, lane - 0.5))),
        "manhole": (0.66, 0.66),
        "tyre_mark": (float(rng.uniform(4.0, 14.0)), 1.75),
        "oil_stain": (float(rng.uniform(0.2, 1.2)), float(rng.uniform(0.15, 0.5))),
        "leaves": (float(rng.uniform(1.0, 6.0)), float(rng.uniform(0.5, 2.0))),
        "wet_spot": (float(rng.uniform(0.6, 3.0)), float(rng.uniform(0.4, 1.2))),
        "seal_strip": (float(rng.uniform(2.0, 9.0)), float(rng.uniform(0.3, 2.2))),
    }
    length, width = sizes[kind]
    room = max(0.0, lane / 2.0 - width / 2.0 - 0.1)
    offset = float(rng.uniform(-room, room))
    if kind == "leaves":  # they gather where no wheels pass
        offset = side * (lane / 2.0 - float(rng.uniform(0.0, 0.6)))
    return Distractor(
        kind, along_m, side * lane / 2.0 + offset, length, width, float(rng.random()), int(rng.integers(2**31))
    )


def _plan_roadside(seed: int, style: RoadStyle, route_m: float) -> tuple[RoadsideObject, ...]:
    rng = random_stream(seed, "roadside")
    found: list[RoadsideObject] = []
    edge = style.paved_half_width_m
    density = {side: float(rng.choice([0.015, 0.05, 0.12])) for side in (-1.0, 1.0)}
    for side in (-1.0, 1.0):
        for _ in range(int(rng.poisson(density[side] * (route_m + 150.0)))):
            along, away = float(rng.uniform(0.0, route_m + 150.0)), float(edge + 3.0 + rng.exponential(6.0))
            kind: RoadsideKind = "tree" if rng.random() < 0.6 else "bush"
            height = float(rng.uniform(4.0, 11.0)) if kind == "tree" else float(rng.uniform(0.8, 2.6))
            found.append(RoadsideObject(kind, along, side * away, height, int(rng.integers(2**31))))
    pole_side = float(rng.choice([-1.0, 1.0]))
    if rng.random() < 0.6:
        places = np.arange(rng.uniform(0, 40), route_m + 150.0, rng.uniform(35.0, 50.0))
        found += [RoadsideObject("pole", float(along), pole_side * (edge + 2.2), 8.0, 0) for along in places]
    if rng.random() < 0.7:
        for along in np.arange(rng.uniform(0, 25), route_m + 150.0, 25.0):
            found.extend(RoadsideObject("post", float(along), side * (edge + 0.7), 1.0, 0) for side in (-1.0, 1.0))
    return tuple(found)
