"""Builders of signs, signal heads and the light on them."""

from typing import Any

from vision.simulation.furniture import PlannedSign, PlannedSignal
from vision.simulation.light import DriveLight
from vision.simulation.surface_patch import Sunlight


def make_sign(**overrides: Any) -> PlannedSign:
    known: dict[str, Any] = {
        "sign_id": "t0000",
        "kind": "prohibitory",
        "motif": "limit",
        "text": "50",
        "condition": "sound",
        "along_m": 70.0,
        "lateral_m": -6.0,
        "height_m": 2.4,
        "size_m": 0.75,
        "lean_deg": 0.0,
        "turn_deg": 0.0,
        "obscured_share": 0.0,
        "shade": 1.0,
        "shape_seed": 5,
    }
    return PlannedSign(**known | overrides)


def make_signal(**overrides: Any) -> PlannedSignal:
    known: dict[str, Any] = {
        "signal_id": "h0000",
        "fault": "none",
        "lens": None,
        "stuck_state": None,
        "along_m": 70.0,
        "lateral_m": -5.0,
        "height_m": 2.8,
        "post_lateral_m": -5.0,
        "green_s": 12.0,
        "yellow_s": 3.0,
        "red_s": 20.0,
        "red_yellow_s": 1.0,
        "moment": 0.3,
        "led_flicker": False,
        "sun_glare": False,
        "shape_seed": 7,
    }
    return PlannedSignal(**known | overrides)


def make_light(**overrides: Any) -> DriveLight:
    known: dict[str, Any] = {
        "condition": "day",
        "sun": Sunlight(-1.0, 0.0, 0.8, 0.5),
        "exposure_s": 1.0 / 2000.0,
        "brightness": 1.0,
        "contrast": 1.0,
        "white_balance_bgr": (1.0, 1.0, 1.0),
        "saturation": 1.0,
        "noise": 1.0,
        "softness_px": 0.5,
        "vignette": 0.1,
        "haze_m": 1e6,
        "drift": 0.0,
        "clouds": 0.2,
    }
    return DriveLight(**known | overrides)
