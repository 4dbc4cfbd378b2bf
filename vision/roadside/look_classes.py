"""What one picture of a sign or a signal head can show: the classes of the looks networks, in their order."""

from __future__ import annotations

from typing import Literal

SignLook = Literal["sound", "faded", "bent", "leaning", "graffiti", "obscured", "plate_missing", "dirty"]
HeadLook = Literal["off", "red", "red_yellow", "yellow", "green", "behind", "nothing"]

SIGN_LOOKS: tuple[SignLook, ...] = (
    "sound", "faded", "bent", "leaning", "graffiti", "obscured", "plate_missing", "dirty",
)  # fmt: skip
HEAD_LOOKS: tuple[HeadLook, ...] = ("off", "red", "red_yellow", "yellow", "green", "behind", "nothing")
