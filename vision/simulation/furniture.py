"""Which traffic signs and signal heads stand along a simulated road, and what is wrong with them, by seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from vision.simulation.random_streams import random_stream
from vision.simulation.road_style import RoadStyle

SignKind = Literal["prohibitory", "danger", "mandatory", "other"]
SignCondition = Literal["sound", "faded", "bent", "leaning", "graffiti", "obscured", "plate_missing", "dirty"]
SignalFault = Literal["none", "lens_dark", "all_dark", "flashing", "stuck", "seen_from_behind"]
SignalState = Literal["off", "red", "red_yellow", "yellow", "green"]
Lens = Literal["red", "yellow", "green"]
_Name = TypeVar("_Name", bound=str)

_KIND_SHARES: dict[SignKind, float] = {"prohibitory": 0.36, "danger": 0.22, "mandatory": 0.14, "other": 0.28}
_CONDITION_SHARES: dict[SignCondition, float] = {
    "sound": 0.50,
    "faded": 0.09,
    "bent": 0.07,
    "leaning": 0.08,
    "graffiti": 0.08,
    "obscured": 0.08,
    "plate_missing": 0.04,
    "dirty": 0.06,
}
_FAULT_SHARES: dict[SignalFault, float] = {
    "none": 0.46,
    "lens_dark": 0.18,
    "all_dark": 0.12,
    "flashing": 0.08,
    "stuck": 0.08,
    "seen_from_behind": 0.08,
}
_MOTIFS: dict[SignKind, tuple[str, ...]] = {
    "prohibitory": (
        *("limit",) * 7,
        "no_overtaking",
        "no_lorries_overtaking",
        "no_vehicles",
        "no_lorries",
        "weight_limit",
    ),
    "danger": ("exclamation", "bend_left", "bend_right", "bumps", "roadworks", "deer", "children", "crossroads"),
    "mandatory": ("straight", "turn_right", "turn_left", "keep_right", "keep_left", "roundabout", "straight_or_right"),
    "other": (*("priority",) * 3, "stop", "yield", "no_entry", "end_of_limits", *("direction",) * 2, "name"),
}
_LIMITS = ("20", "30", "50", "60", "70", "80", "100", "120")
_WEIGHTS = ("2,8t", "3,5t", "5,5t", "7,5t", "12t")
_PLACES = ("ALTDORF", "BIRKENAU", "MOORSEE", "NEUHAUS", "OBERFELD", "STEINBACH", "LINDEN", "WALDECK", "HOHENAU")
_ROADS = ("MILL LANE", "STATION RD", "CHURCH ST", "RIVER ROAD", "HIGH STREET", "PARK WAY")
_PLATE_SIZES_M = (0.6, 0.75, 0.9)


@dataclass(frozen=True, slots=True)
class PlannedSign:
    """A traffic sign on its post; it faces traffic in the direction of rising chainage.

    Attributes:
        sign_id: Stays the same over passes.
        kind: As detectors are taught.
        motif: What the plate shows, such as ``limit`` or ``priority``.
        text: What can be read on it; None where nothing can.
        condition: What is wrong with it.
        along_m: Foot of the post.
        lateral_m: Foot of the post, left of the centre line positive.
        height_m: Middle of the plate over the ground, the post upright.
        size_m: Height of the plate.
        lean_deg: Tilt of the post to the right, as the driver sees it.
        turn_deg: Of the plate about its post, anticlockwise from above, from facing straight against traffic.
        obscured_share: Of the plate that foliage hides.
        shade: Display brightness against a plate in the open.
        shape_seed: Of its wear and of what hides it.
    """

    sign_id: str
    kind: SignKind
    motif: str
    text: str | None
    condition: SignCondition
    along_m: float
    lateral_m: float
    height_m: float
    size_m: float
    lean_deg: float
    turn_deg: float
    obscured_share: float
    shade: float
    shape_seed: int


@dataclass(frozen=True, slots=True)
class PlannedSignal:
    """A signal head with three lenses, on a post or on an arm over the lane.

    Attributes:
        signal_id: Stays the same over passes.
        fault: What is wrong with it; ``seen_from_behind`` is no fault.
        lens: The lens that never lights, of a ``lens_dark`` fault.
        stuck_state: What a ``stuck`` head shows.
        along_m: Of head and post.
        lateral_m: Of the head, left of the centre line positive.
        height_m: Middle of the head over the ground.
        post_lateral_m: Of the post; the head hangs on an arm where it differs.
        green_s: Length of the green phase.
        yellow_s: Length of the yellow phase.
        red_s: Length of the red phase, before red and yellow together.
        red_yellow_s: Length of red and yellow together.
        moment: In [0, 1): chooses which phases a drive meets.
        led_flicker: Whether its lamps are LEDs whose pulses beat against the shutter.
        sun_glare: Whether the sun shines into its lenses.
        shape_seed: Of its look.
    """

    signal_id: str
    fault: SignalFault
    lens: Lens | None
    stuck_state: SignalState | None
    along_m: float
    lateral_m: float
    height_m: float
    post_lateral_m: float
    green_s: float
    yellow_s: float
    red_s: float
    red_yellow_s: float
    moment: float
    led_flicker: bool
    sun_glare: bool
    shape_seed: int


def plan_signs(seed: int, style: RoadStyle, start_m: float, length_m: float, count: int) -> tuple[PlannedSign, ...]:
    """Spread signs over a stretch of road: most on the right verge, about half of them sound.

    Args:
        seed: Of the road.
        style: Of the road.
        start_m: Where the stretch begins.
        length_m: Of the stretch.
        count: How many.
    """
    rng = random_stream(seed, "signs")
    along = start_m + (np.arange(count) + rng.uniform(0.1, 0.9, count)) * length_m / max(count, 1)
    return tuple(plan_sign(seed, style, f"t{index:04d}", float(along[index])) for index in range(count))


def plan_sign(seed: int, style: RoadStyle, sign_id: str, along_m: float) -> PlannedSign:
    """Plan one sign."""
    rng = random_stream(seed, "sign", sign_id)
    kind = _choose(rng, _KIND_SHARES)
    condition = _choose(rng, _CONDITION_SHARES)
    motif = _MOTIFS[kind][int(rng.integers(len(_MOTIFS[kind])))]
    side = -1.0 if rng.random() < 0.82 else 1.0
    size = float(rng.choice(_PLATE_SIZES_M)) if motif not in ("direction", "name") else float(rng.uniform(0.4, 0.6))
    lean = float(rng.normal(0.0, 1.0))
    if condition == "leaning":
        lean = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(12.0, 35.0))
    return PlannedSign(
        sign_id=sign_id,
        kind=kind,
        motif=motif,
        text=_text(rng, motif),
        condition=condition,
        along_m=along_m,
        lateral_m=side * (style.paved_half_width_m + float(rng.uniform(0.9, 2.2))),
        height_m=float(rng.uniform(2.0, 2.5)) + 0.5 * size,
        size_m=size,
        lean_deg=lean,
        turn_deg=float(rng.normal(0.0, 5.0)),
        obscured_share=float(rng.uniform(0.4, 0.8)) if condition == "obscured" else 0.0,
        shade=float(rng.choice([1.0, rng.uniform(0.55, 0.95)])),
        shape_seed=int(rng.integers(2**31)),
    )


def _text(rng: np.random.Generator, motif: str) -> str | None:
    choices = {
        "limit": _LIMITS,
        "weight_limit": _WEIGHTS,
        "stop": ("STOP",),
        "name": _ROADS,
        "direction": tuple(f"{place} {distance}" for place in _PLACES for distance in (3, 5, 8, 12, 24)),
    }.get(motif)
    index = int(rng.integers(2**31))
    return choices[index % len(choices)] if choices else None


def plan_signals(seed: int, style: RoadStyle, start_m: float, length_m: float, count: int) -> tuple[PlannedSignal, ...]:
    """Spread signal heads over a stretch of road; arguments as in ``plan_signs``."""
    rng = random_stream(seed, "signals")
    along = start_m + (np.arange(count) + rng.uniform(0.35, 0.9, count)) * length_m / max(count, 1)
    return tuple(plan_signal(seed, style, f"h{index:04d}", float(along[index])) for index in range(count))


def plan_signal(seed: int, style: RoadStyle, signal_id: str, along_m: float) -> PlannedSignal:
    """Plan one signal head.

    Phases are those of small junctions: RiLSA 2015 (FGSV) has 3 s of yellow up to 50 km/h, 4 s up to 60,
    5 s up to 70, and 1 s of red and yellow together.
    """
    rng = random_stream(seed, "signal", signal_id)
    fault = _choose(rng, _FAULT_SHARES)
    side = 1.0 if fault == "seen_from_behind" else -1.0
    post = side * (style.paved_half_width_m + float(rng.uniform(0.7, 1.3)))
    overhead = bool(rng.random() < 0.3)
    lenses: tuple[Lens, ...] = ("red", "yellow", "green")
    stuck: tuple[SignalState, ...] = ("yellow", "red", "green", "red_yellow")
    lens, state = lenses[int(rng.integers(3))], stuck[int(rng.choice(4, p=[0.5, 0.2, 0.15, 0.15]))]
    return PlannedSignal(
        signal_id=signal_id,
        fault=fault,
        lens=lens if fault == "lens_dark" else None,
        stuck_state=state if fault == "stuck" else None,
        along_m=along_m,
        lateral_m=side * 0.5 * style.lane_width_m if overhead else post,
        height_m=float(rng.uniform(5.2, 5.7)) if overhead else float(rng.uniform(2.6, 3.1)),
        post_lateral_m=post,
        green_s=float(rng.uniform(8.0, 28.0)),
        yellow_s=float(rng.choice([3.0, 4.0, 5.0])),
        red_s=float(rng.uniform(14.0, 40.0)),
        red_yellow_s=1.0,
        moment=float(rng.random()),
        led_flicker=bool(rng.random() < 0.25),
        sun_glare=bool(rng.random() < 0.12),
        shape_seed=int(rng.integers(2**31)),
    )


def _choose(rng: np.random.Generator, shares: dict[_Name, float]) -> _Name:
    names = list(shares)
    weights = np.array(list(shares.values()))
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]
