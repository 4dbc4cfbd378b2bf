"""What to simulate on a factory line."""

from __future__ import annotations

from typing import Literal, get_args

DefectKind = Literal["scratch", "pit", "stain", "crack", "chipped_edge"]
DEFECT_KINDS: tuple[DefectKind, ...] = get_args(DefectKind)
"""What is planted, in the order of the surface model's class ids."""

MarkerKind = Literal["qr", "aruco", "apriltag", "none"]
MARKER_KINDS: tuple[MarkerKind, ...] = get_args(MarkerKind)
