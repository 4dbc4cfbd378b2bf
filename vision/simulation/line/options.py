"""What to simulate on a factory line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from vision.errors import ConfigError

DefectKind = Literal["scratch", "pit", "stain", "crack", "chipped_edge"]
DEFECT_KINDS: tuple[DefectKind, ...] = get_args(DefectKind)
"""What is planted, in the order of the surface model's class ids."""

MarkerKind = Literal["qr", "aruco", "apriltag", "none"]
MARKER_KINDS: tuple[MarkerKind, ...] = get_args(MarkerKind)


@dataclass(frozen=True, slots=True)
class LineSimulation:
    """A line to simulate.

    Attributes:
        seed: Equal seeds give equal lines.
        parts: That pass the camera.
        marker: Code that each part carries.
        fps: Frames a second.
        mm_per_px: Of the picture at the belt.
        width_px: Of the picture.
        height_px: Of the picture.
    """

    seed: int = 0
    parts: int = 20
    marker: MarkerKind = "qr"
    fps: int = 10
    mm_per_px: float = 0.25
    width_px: int = 960
    height_px: int = 544

    def __post_init__(self) -> None:
        if self.parts < 1 or self.fps < 1:
            raise ConfigError(f"a line needs a part and a frame a second: parts = {self.parts}, fps = {self.fps}")
        if self.marker not in MARKER_KINDS:
            raise ConfigError(f"marker is {self.marker!r}; write one of {', '.join(MARKER_KINDS)}")
