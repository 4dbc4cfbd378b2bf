"""The truth about signs and signal heads as GeoJSON: condition, fault, and what was lit while they were in view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.simulation.camera_motion import DriveMotion
from vision.simulation.furniture import PlannedSign, PlannedSignal, SignalState
from vision.simulation.projection import CameraModel
from vision.simulation.road_layout import RoadLayout
from vision.simulation.signal_program import SignalProgram
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.truth import place_feature

_STEP_S = 0.05
_LEAST_SIDE_PX = 8.0
_LEAST_SHARE_IN_FRAME = 0.5
_LONGEST_PHASE_S: dict[SignalState, float] = {
    "red": 120.0,
    "red_yellow": 2.0,
    "green": 120.0,
    "yellow": 6.0,
    "off": 0.0,
}
"""Longer than any phase in service: RiLSA 2015 (FGSV) caps the cycle at 120 s, yellow at 5 s, red and yellow at 1 s."""
_LEAST_DARK_S = 1.0
_LEAST_FLASHING_S = 2.0
_LEAST_LIT_S = 0.5


@dataclass(frozen=True, slots=True)
class _Sight:
    """When a thing was in view: from its first to its last moment, and how long in all, in seconds of footage."""

    start_s: float
    end_s: float
    seconds: float


def furniture_features(
    layout: RoadLayout,
    furniture: StandingFurniture,
    programs: Mapping[str, SignalProgram],
    camera: CameraModel,
    motion: DriveMotion,
) -> list[dict[str, Any]]:
    """Give a GeoJSON Point feature for each sign, then for each signal head, that a drive passes in view.

    All carry ``distractor: true``: none is a defect of the surface. ``kind`` is ``sign`` or ``signal``. The point is
    the foot of a sign's post, and the place under a head.

    Args:
        layout: The road.
        furniture: What stands along it.
        programs: Of the heads, by signal id.
        camera: As mounted.
        motion: Frames of the drive.
    """
    sights = _sights(furniture, camera, motion)
    features = []
    for sign in layout.signs:
        if sign.sign_id in sights:
            properties = _sign_properties(sign, sights[sign.sign_id])
            features.append(place_feature(layout, sign.along_m, sign.lateral_m, properties))
    for signal in layout.signals:
        if signal.signal_id in sights:
            properties = _signal_properties(signal, programs[signal.signal_id], sights[signal.signal_id])
            features.append(place_feature(layout, signal.along_m, signal.lateral_m, properties))
    return features


def _sights(furniture: StandingFurniture, camera: CameraModel, motion: DriveMotion) -> dict[str, _Sight]:
    """Tell when the box about each plate and head was large enough and at least half inside the frame."""
    interval = float(np.median(np.diff(motion.time_s))) if len(motion.time_s) > 1 else _STEP_S
    step = max(1, round(_STEP_S / interval))
    frame = np.array([camera.width_px, camera.height_px] * 2, np.float64)
    found: dict[str, _Sight] = {}
    for index in range(0, len(motion.time_s), step):
        start, length = float(motion.time_s[index]), step * interval
        for name, box in furniture.boxes(motion.view(index, camera)).items():
            cut = np.clip(box, 0.0, frame)
            (wide, tall), whole = cut[2:] - cut[:2], float(np.prod(box[2:] - box[:2]))
            if max(wide, tall) >= _LEAST_SIDE_PX and wide * tall >= _LEAST_SHARE_IN_FRAME * whole:
                before = found.get(name, _Sight(start, start, 0.0))
                found[name] = _Sight(before.start_s, start + length, before.seconds + length)
    return found


def _sign_properties(sign: PlannedSign, sight: _Sight) -> dict[str, Any]:
    missing = sign.condition == "plate_missing"
    return {
        "defect_id": sign.sign_id,
        "distractor": True,
        "kind": "sign",
        "sign_kind": None if missing else sign.kind,
        "motif": None if missing else sign.motif,
        "text": None if missing else sign.text,
        "condition": sign.condition,
        "height_m": round(sign.height_m, 2),
        "size_m": round(sign.size_m, 2),
        "lean_deg": round(sign.lean_deg, 1),
        "obscured_share": round(sign.obscured_share, 2),
        "seconds_in_view": round(sight.seconds, 2),
    }


def _signal_properties(signal: PlannedSignal, program: SignalProgram, sight: _Sight) -> dict[str, Any]:
    behind = signal.fault == "seen_from_behind"
    timeline = [] if behind else program.timeline(sight.start_s, sight.end_s)
    moments = np.arange(sight.start_s, sight.end_s, _STEP_S)
    due_s = _STEP_S * sum(program.dark_lens_due(float(moment)) for moment in moments)
    return {
        "defect_id": signal.signal_id,
        "distractor": True,
        "kind": "signal",
        "program": signal.fault if signal.fault in ("flashing", "stuck", "all_dark") else "cycling",
        "fault": signal.fault,
        "lens": signal.lens,
        "height_m": round(signal.height_m, 2),
        "led_flicker": signal.led_flicker,
        "sun_glare": signal.sun_glare,
        "timeline": [[round(start, 3), round(end, 3), state] for start, end, state in timeline],
        "dark_lens_due_s": round(due_s, 2),
        "fault_shows": _fault_shows(signal, timeline, sight, due_s),
        "seconds_in_view": round(sight.seconds, 2),
    }


def _fault_shows(
    signal: PlannedSignal, timeline: list[tuple[float, float, SignalState]], sight: _Sight, due_s: float
) -> bool:
    """Tell whether a perfect observer of this approach could name the fault.

    A stuck head must outlast any phase of its state; a dark lens must be due while the head is seen, and another lens
    be seen lit, or the head looks dark as a whole.
    """
    lit_s = sum(end - start for start, end, state in timeline if state != "off")
    if signal.fault == "stuck" and signal.stuck_state is not None:
        return sight.seconds > _LONGEST_PHASE_S[signal.stuck_state]
    if signal.fault == "lens_dark":
        return due_s >= _LEAST_DARK_S and lit_s >= _LEAST_LIT_S
    if signal.fault == "flashing":
        return sight.seconds >= _LEAST_FLASHING_S
    return signal.fault == "all_dark" and sight.seconds >= _LEAST_DARK_S
