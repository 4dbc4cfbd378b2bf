"""What a roadside detector may find, by class name, and how large such a thing is in the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SignKind = Literal["prohibitory", "danger", "mandatory", "other"]
HeadState = Literal["off", "red", "red_yellow", "yellow", "green"]

SIGNAL_STATES: dict[str, HeadState] = {
    "traffic_light_off": "off",
    "traffic_light_red": "red",
    "traffic_light_red_yellow": "red_yellow",
    "traffic_light_yellow": "yellow",
    "traffic_light_green": "green",
}
SIGN_KINDS: dict[str, SignKind] = {
    "traffic_sign_prohibitory": "prohibitory",
    "traffic_sign_danger": "danger",
    "traffic_sign_mandatory": "mandatory",
    "traffic_sign_other": "other",
}
ROADSIDE_CLASSES = (*SIGNAL_STATES, *SIGN_KINDS)
"""Class names of a roadside detector, in the order in which the ledger numbers them."""


@dataclass(frozen=True, slots=True)
class TypicalSize:
    """How tall a thing stands in the picture, in metres, before anything was measured.

    Attributes:
        height_m: The most common height of its box.
        error_fraction: 1 sigma, of ``height_m``.
    """

    height_m: float
    error_fraction: float


_SIGN_SIZES: dict[str, TypicalSize] = {
    "traffic_sign_prohibitory": TypicalSize(0.60, 0.20),
    "traffic_sign_danger": TypicalSize(0.78, 0.20),
    "traffic_sign_mandatory": TypicalSize(0.60, 0.20),
    "traffic_sign_other": TypicalSize(0.65, 0.35),
}
_HEAD_SIZE = TypicalSize(0.95, 0.20)


def typical_size(class_name: str) -> TypicalSize:
    """Give the size to expect of a class.

    Plates: VwV-StVO, to sections 39 to 43, III 3: size 1 to 3 is 420, 600 or 750 mm across for discs and 630, 900 or
    1260 mm a side for triangles, size 2 from 20 to 80 km/h; a triangle of 900 mm is 780 mm tall. The spread covers the
    other two sizes at 1 to 2 sigma; ``other`` has plates of any form. Heads: three lenses of 200 mm in their chambers
    (EN 12368) are 0.9 to 1.0 m tall; lenses of 300 mm, 1.2 m and more, lie within 1.5 sigma.

    Raises:
        KeyError: No roadside class has that name.
    """
    return _HEAD_SIZE if class_name in SIGNAL_STATES else _SIGN_SIZES[class_name]
