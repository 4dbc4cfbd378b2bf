"""The truth about signs and signal heads as GeoJSON: condition, fault, and what was lit while they were in view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.simulation.camera_motion import DriveMotion
from vision.simulation.furniture import PlannedSign, PlannedSignal
from vision.simulation.projection import CameraModel
from vision.simulation.road_layout import RoadLayout
from vision.simulation.signal_evidence import told_of
from vision.simulation.signal_program import SignalProgram
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.truth import place_feature

_STEP_S = 0.05
_LEAST_SIDE_PX = 8.0
_LEAST_SHARE_IN_FRAME = 0.5
_HEAD_PX = 12.0
"""A smaller head's lenses are under 4 px across: what they show can't be told from its picture."""
_LEAST_CLEAR_SHARE = 0.95


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
    clear = _sights(furniture, camera, motion, _HEAD_PX, _LEAST_CLEAR_SHARE)
    features = []
    for sign in layout.signs:
        if sign.sign_id in sights:
            properties = _sign_properties(sign, sights[sign.sign_id])
            features.append(place_feature(layout, sign.along_m, sign.lateral_m, properties))
    for signal in layout.signals:
        if signal.signal_id in sights:
            name = signal.signal_id
            properties = _signal_properties(signal, programs[name], sights[name], clear.get(name))
            features.append(place_feature(layout, signal.along_m, signal.lateral_m, properties))
    return features


def _sights(
    furniture: StandingFurniture,
    camera: CameraModel,
    motion: DriveMotion,
    least_px: float = _LEAST_SIDE_PX,
    least_share: float = _LEAST_SHARE_IN_FRAME,
) -> dict[str, _Sight]:
    """Tell when the box about each plate and head was large enough and in the frame by its larger part."""
    interval = float(np.median(np.diff(motion.time_s))) if len(motion.time_s) > 1 else _STEP_S
    step = max(1, round(_STEP_S / interval))
    frame = np.array([camera.width_px, camera.height_px] * 2, np.float64)
    found: dict[str, _Sight] = {}
    for index in range(0, len(motion.time_s), step):
        start, length = float(motion.time_s[index]), step * interval
        for name, box in furniture.boxes(motion.view(index, camera)).items():
            cut = np.clip(box, 0.0, frame)
            (wide, tall), whole = cut[2:] - cut[:2], float(np.prod(box[2:] - box[:2]))
            if max(wide, tall) >= least_px and wide * tall >= least_share * whole:
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


def _signal_properties(
    signal: PlannedSignal, program: SignalProgram, sight: _Sight, clear: _Sight | None
) -> dict[str, Any]:
    behind = signal.fault == "seen_from_behind"
    timeline = [] if behind else program.timeline(sight.start_s, sight.end_s)
    told = told_of(signal, program, (clear.start_s, clear.end_s) if clear is not None else None)
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
        "dark_lens_due_s": round(told.dark_due_s, 2),
        "fault_shows": told.shows,
        "lenses_in_question": sorted(told.lenses),
        "seconds_in_view": round(sight.seconds, 2),
        "seconds_clear": round(clear.seconds, 2) if clear is not None else 0.0,
    }
