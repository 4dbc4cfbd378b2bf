"""Signs and signals before a camera whose place nobody knows: followed by their boxes, judged all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.builders_roadside import CAMERA, cycling, make_roadside
from vision.calibration import Calibration
from vision.roadside.kinds import ROADSIDE_CLASSES, SIGNAL_STATES
from vision.roadside.looks import CropLook
from vision.roadside.sightings import RoadsideJudging, roadside_sightings
from vision.types import ExaminedFrame, FrameQuality, RoadsideFrame

CLASS_OF_STATE = {state: name for name, state in SIGNAL_STATES.items()}
HEAD = CropLook(20.0, 0.5, 12.0, leaves=0.0, lamps=0.9)
SIGN = CropLook(40.0, 0.5, 12.0, colour=0.8, rim_gaps=0.0, leaves=0.0, foreign=0.0, soil=0.02)


def test_a_fixed_camera_sees_the_dark_lens_and_says_no_place() -> None:
    lamps, frames = cycling(dark={"green"}), []
    for row in range(75 * 5):
        pts_ns = row * 200_000_000
        head = ROADSIDE_CLASSES.index(CLASS_OF_STATE[lamps(pts_ns / 1e9)])
        boxes = [np.array([400.0, 100.0, 420.0, 160.0]), np.array([800.0, 200.0, 840.0, 240.0])]
        found = make_roadside(pts_ns, boxes, [head, ROADSIDE_CLASSES.index("traffic_sign_prohibitory")])
        faded = replace(SIGN, colour=0.2)
        frames.append(ExaminedFrame(pts_ns, FrameQuality(None, 9.0, 90.0), None, RoadsideFrame(found, (HEAD, faded))))
    found_all = roadside_sightings(CAMERA, [], frames, None, Calibration(), RoadsideJudging())
    assert {one.class_name for one in found_all.sightings} == {"signal_lens_dark", "sign_faded"}
    assert all(one.place is None for one in found_all.sightings)
    assert found_all.counts == {"signals_faulty": 1, "signs_faulty": 1}
    lens = next(one for one in found_all.sightings if one.class_name == "signal_lens_dark")
    assert lens.condition is not None
    assert lens.condition.startswith("Green never lit while its turn came")
    assert len(lens.frames) == len(frames)
