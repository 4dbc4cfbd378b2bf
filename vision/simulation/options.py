"""What a simulated drive is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vision.errors import ConfigError

ConditionName = Literal["day", "night", "rain", "low_sun"]

CLASS_NAMES = ("longitudinal_crack", "transverse_crack", "alligator_crack", "pothole", "surface_damage")
"""Distress that is planted, by the road model's class ids."""

SOUND_CLASS_NAMES = ("patch", "manhole")
"""What lies on a road and is no distress by itself, but looks like one; the road model's next class ids."""

USUAL_DEFECTS = 24


def most_defects(length_m: float) -> int:
    """Give how many defects a road of some length holds: one every two metres."""
    return max(1, int(length_m / 2.0))


def usual_defects(length_m: float) -> int:
    """Give how many defects are planted where nobody says: 24, or as many as a short road holds."""
    return min(USUAL_DEFECTS, most_defects(length_m))


@dataclass(frozen=True, slots=True)
class RoadSimulation:
    """Options of one drive; the road's surface follows from ``seed``, ``length_m`` and ``defects`` alone.

    Attributes:
        seed: Of the road, and with ``pass_number`` of the drive.
        length_m: Driven length.
        defects: Planted over both lanes and the driven length, before any months have passed.
        condition: Light and weather.
        gps_noise_m: Horizontal radial RMS error (DRMS) of the fixes.
        pass_number: Another drive over the same road: other light, wander, shake and GPS noise.
        months_later: Time for defects to grow, be mended, or appear.
        width_px: Of the video; even.
        height_px: Of the video; even.
        fps: Frames a second.
        speed_mps: Mean speed.
        signs: Traffic signs along the driven length.
        signals: Signal heads along the driven length.

    Raises:
        ConfigError: A value makes no sense.
    """

    seed: int
    length_m: float = 300.0
    defects: int = USUAL_DEFECTS
    condition: ConditionName = "day"
    gps_noise_m: float = 2.0
    pass_number: int = 1
    months_later: int = 0
    width_px: int = 1280
    height_px: int = 720
    fps: int = 30
    speed_mps: float = 13.9
    signs: int = 0
    signals: int = 0

    def __post_init__(self) -> None:
        limits = {
            "length_m": (20.0, 20_000.0),
            "defects": (0, most_defects(self.length_m)),
            "gps_noise_m": (0.0, 100.0),
            "pass_number": (1, 1000),
            "months_later": (0, 600),
            "width_px": (160, 7680),
            "height_px": (120, 4320),
            "fps": (1, 240),
            "speed_mps": (0.5, 60.0),
            "signs": (0, int(self.length_m / 5.0)),
            "signals": (0, int(self.length_m / 20.0)),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"simulated road: {name} = {getattr(self, name)} must lie from {low} to {high}")
        if self.width_px % 2 or self.height_px % 2:
            raise ConfigError(f"simulated road: {self.width_px}x{self.height_px} must be even in both, as H.264 needs")

    @property
    def drive_number(self) -> int:
        """Tell drives over one road apart: light, motion and receiver noise follow from it."""
        return self.pass_number + 1001 * self.months_later

    @property
    def duration_s(self) -> float:
        """Length of the footage."""
        return self.length_m / self.speed_mps
