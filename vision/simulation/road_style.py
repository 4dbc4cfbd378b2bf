"""How a simulated road looks, whatever the light: widths, colours, unevenness, markings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import random_stream

CentreStyle = Literal["double_yellow", "solid_dashed_yellow", "dashed_yellow", "dashed_white", "none"]


@dataclass(frozen=True, slots=True)
class RoadStyle:
    """How a road looks, whatever the light.

    Attributes:
        lane_width_m: Of each of the two lanes.
        shoulder_m: Paved width outside the edge line.
        base_bgr: Mean colour of the asphalt in daylight.
        wheel_path_gain: Brightness of the wheel paths against the rest.
        middle_bgr_gain: Colour of the strip between the wheel paths, against the rest.
        mottle: Strength of the large-scale unevenness, 1 sigma.
        grain: Strength of the aggregate's grain, 1 sigma.
        streaks: Strength of fine streaks along the road against ``mottle``.
        centre: Marking between the lanes.
        edge_line: Whether there are edge lines.
        marking_wear: 0 fresh to 1 almost gone.
        soil_bgr: Colour of verge gravel and of mud in the holes.
        grass_bgr: Colour of the grass.
        barrier: Crash barrier on the right.
    """

    lane_width_m: float
    shoulder_m: float
    base_bgr: tuple[float, float, float]
    wheel_path_gain: float
    middle_bgr_gain: tuple[float, float, float]
    mottle: float
    grain: float
    streaks: float
    centre: CentreStyle
    edge_line: bool
    marking_wear: float
    soil_bgr: tuple[float, float, float]
    grass_bgr: tuple[float, float, float]
    barrier: bool

    @property
    def paved_half_width_m(self) -> float:
        """From the centre line to the pavement's edge."""
        return self.lane_width_m + self.shoulder_m


def plan_style(seed: int) -> RoadStyle:
    """Choose the look of a road."""
    rng = random_stream(seed, "style")
    level = float(rng.choice([rng.uniform(58, 85), rng.uniform(85, 125), rng.uniform(125, 160)], p=[0.4, 0.4, 0.2]))
    warmth = float(rng.normal(0.0, 0.035))
    tint = np.array([1.0 - warmth, 1.0, 1.0 + warmth]) + np.array([rng.normal(0.01, 0.03), 0.0, 0.0])
    dust = rng.uniform(0.0, 0.10)
    centres: tuple[CentreStyle, ...] = (
        "double_yellow",
        "solid_dashed_yellow",
        "dashed_yellow",
        "dashed_white",
        "none",
    )
    return RoadStyle(
        lane_width_m=float(rng.choice([3.0, 3.25, 3.5, 3.6])),
        shoulder_m=float(rng.choice([0.25, 0.6, 1.5, 2.2], p=[0.3, 0.3, 0.25, 0.15])),
        base_bgr=_triple(level * tint),
        wheel_path_gain=float(rng.choice([rng.uniform(0.84, 0.95), rng.uniform(1.03, 1.10)], p=[0.7, 0.3])),
        middle_bgr_gain=_triple(np.array([1.0 - dust, 1.0 - 0.2 * dust, 1.0 + 0.5 * dust]) * rng.uniform(0.94, 1.06)),
        mottle=float(rng.uniform(0.03, 0.08)),
        grain=float(rng.uniform(0.05, 0.13)),
        streaks=float(rng.uniform(0.1, 0.9)),
        centre=centres[int(rng.choice(5, p=[0.27, 0.18, 0.2, 0.25, 0.1]))],
        edge_line=bool(rng.random() < 0.78),
        marking_wear=float(rng.beta(1.6, 2.2)),
        soil_bgr=_triple(
            np.array([70, 95, 120]) * rng.uniform(0.7, 1.25) * np.array([1.0, 1.0, rng.uniform(0.9, 1.2)])
        ),
        grass_bgr=_triple(np.array([42, 96, 84]) * rng.uniform(0.65, 1.2) * np.array([1, 1, rng.uniform(0.75, 1.5)])),
        barrier=bool(rng.random() < 0.3),
    )


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
