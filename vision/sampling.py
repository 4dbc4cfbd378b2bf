"""Chooses which frames to examine: by metres travelled where that is known, else by time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vision.errors import ConfigError
from vision.types import Float, FootageInfo, Int, frozen

FALLBACK_INTERVAL_S = 0.5
"""Where the distance isn't known: 7 m at 50 km/h, so that a place stays in view for two frames or more."""


@dataclass(frozen=True, slots=True)
class Every:
    """How often to examine a frame.

    Attributes:
        interval: Metres or seconds between examined frames; 0 for all.
        unit: What the interval counts; ``all`` takes every frame.
    """

    interval: float
    unit: Literal["m", "s", "all"]

    def __post_init__(self) -> None:
        if self.unit != "all" and not (math.isfinite(self.interval) and self.interval > 0):
            raise ConfigError(f"every {self.interval} {self.unit}: the interval must be more than 0")

    @classmethod
    def parse(cls, text: str) -> Every:
        """Read ``3m``, ``1.5m``, ``0.5s`` or ``all``.

        Raises:
            ConfigError: The text is none of these.
        """
        if text.strip() == "all":
            return cls(0.0, "all")
        match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(m|s)\s*", text)
        if match is None:
            raise ConfigError(f"every {text!r}: write metres (3m), seconds (0.5s) or all")
        return cls(float(match[1]), "m" if match[2] == "m" else "s")

    def __str__(self) -> str:
        """Write it as it is parsed."""
        return "all" if self.unit == "all" else f"{self.interval:g}{self.unit}"


DEFAULT_EVERY = Every(3.0, "m")


def plan_samples(
    info: FootageInfo, every: Every, distance_m: Float | None, fallback_s: float = FALLBACK_INTERVAL_S
) -> Int:
    """Give the times of the frames to examine.

    The frame nearest to each multiple of the interval is taken, so standing still costs nothing. Frames that lie an
    interval or more apart are all taken.

    Args:
        info: The footage.
        every: The interval.
        distance_m: (N,) cumulative metres at every frame of ``info``, NaN where not known, or None where nothing is.
        fallback_s: Seconds between frames where metres are asked for and not known.

    Returns:
        (M,) int64, ascending, read-only: times out of ``info.frame_pts_ns``.

    Raises:
        ConfigError: The fallback interval isn't more than 0.
    """
    if not fallback_s > 0:
        raise ConfigError(f"sampling every {fallback_s} s: the interval must be more than 0")
    pts_ns = info.frame_pts_ns
    if every.unit == "all" or len(pts_ns) == 1:
        return frozen(pts_ns)
    step_s = np.diff(pts_ns) / 1e9
    if every.unit == "s":
        return frozen(pts_ns[_nearest_to_multiples(step_s / every.interval)])
    steps = step_s / fallback_s
    if distance_m is not None:
        step_m = np.diff(np.asarray(distance_m, dtype=np.float64))
        known = np.isfinite(step_m)
        steps[known] = np.maximum(step_m[known], 0.0) / every.interval
    return frozen(pts_ns[_nearest_to_multiples(steps)])


def _nearest_to_multiples(steps: Float) -> Int:
    """Give the indices of the frames nearest to each whole number of intervals, counted from the first frame.

    Args:
        steps: (N - 1,) intervals between each frame and the next.
    """
    # Two intervals already take both frames: a jump in a track must not make a list as long as the jump.
    progress = np.concatenate(([0.0], np.cumsum(np.minimum(steps, 2.0))))
    # Sums of decimal fractions end a hair below the whole number that they mean.
    whole = np.arange(math.floor(progress[-1] + 1e-6) + 1, dtype=np.float64)
    after = np.clip(np.searchsorted(progress, whole - 1e-9), 1, len(progress) - 1)
    nearer_before = whole - progress[after - 1] <= progress[after] - whole
    chosen = np.zeros(len(progress), dtype=bool)
    chosen[np.where(nearer_before, after - 1, after)] = True
    far_apart = steps >= 1.0 - 1e-9
    chosen[:-1] |= far_apart
    chosen[1:] |= far_apart
    return np.flatnonzero(chosen)
