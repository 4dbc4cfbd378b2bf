"""Faults of signs and signals with their place; the sound and the healthy are counted and no findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.builders_roadside import CAMERA, Lamps, Thing, cycling, flashing, see, steady, straight
from vision.calibration import Calibration
from vision.roadside.kinds import ROADSIDE_CLASSES, SIGNAL_STATES
from vision.roadside.looks import CropLook
from vision.roadside.sightings import RoadsideFound, RoadsideJudging, roadside_sightings
from vision.types import ExaminedFrame, Float, FrameQuality, Place, Pose, RoadsideFrame

SOUND = CropLook(40.0, 0.5, 12.0, colour=0.8, rim_gaps=0.0, leaves=0.0, foreign=0.0, soil=0.02)
HEAD = CropLook(20.0, 0.5, 12.0, leaves=0.0, lamps=0.9)
CLASS_OF_STATE = {state: name for name, state in SIGNAL_STATES.items()}


def place_of(point_m: Float, position_error_m: float, pose: Pose) -> Place:
    return Place(None, None, position_error_m, "B7", float(point_m[1]), float(point_m[0]))


def examined(
    things: Sequence[Thing],
    drive: Sequence[tuple[int, Pose]],
    looks: Callable[[int], CropLook],
    lamps: dict[int, Lamps] | None = None,
    **overrides: Any,
) -> list[tuple[Pose, ExaminedFrame]]:
    frames, owner = see(things, drive, np.random.default_rng(4), **overrides)
    out = []
    for pose, found in frames:
        numbers = [owner[found.pts_ns, row] for row in range(len(found))]
        ids = found.class_id.copy()
        for row, number in enumerate(numbers):
            if lamps is not None and number in lamps:
                ids[row] = ROADSIDE_CLASSES.index(CLASS_OF_STATE[lamps[number](found.pts_ns / 1e9)])
        beside = RoadsideFrame(replace(found, class_id=ids), tuple(looks(number) for number in numbers))
        out.append((pose, ExaminedFrame(found.pts_ns, FrameQuality(None, 100.0, 110.0), None, beside)))
    return out


def find(frames: list[tuple[Pose, ExaminedFrame]], judging: RoadsideJudging | None = None) -> RoadsideFound:
    return roadside_sightings(CAMERA, frames, [], place_of, Calibration(), judging or RoadsideJudging())


def test_a_faded_sign_is_a_sighting_in_its_place_and_a_sound_one_is_counted() -> None:
    things = [Thing("traffic_sign_prohibitory", (4.0, 45.0, 2.2)), Thing("traffic_sign_danger", (4.5, 75.0, 2.3), 0.78)]
    frames = examined(things, straight(), lambda number: replace(SOUND, colour=0.3) if number == 0 else SOUND)
    found = find(frames)
    (sighting,) = found.sightings
    assert sighting.class_name == "sign_faded"
    assert found.counts == {"signs_faulty": 1, "signs_sound": 1}
    assert sighting.place is not None
    assert sighting.place.chainage_m == pytest.approx(45.0, abs=2.0)
    assert sighting.place.lateral_m == pytest.approx(4.0, abs=1.0)
    assert sighting.place.position_error_m >= 1.5  # the pose's own error is in it
    assert sighting.condition is not None
    assert "sound signs of its kind have 52%" in sighting.condition
    assert "retroreflectivity: not assessable from daylight video" in sighting.condition
    assert set(sighting.evidence_pts_ns) <= {frame.pts_ns for frame in sighting.frames}


@pytest.mark.parametrize(
    ("lamps", "class_name"),
    [
        (cycling(dark={"yellow"}), "signal_lens_dark"),
        (steady("off"), "signal_dark"),
        (flashing("yellow", 1.0), "signal_flashing"),
    ],
)
def test_a_signal_is_followed_through_its_states(lamps: Lamps, class_name: str) -> None:
    def shifted(time_s: float) -> Any:
        return lamps(time_s + 46.0)  # 5 s of green are left, then 3 s of yellow

    heads = [
        Thing("traffic_light_red", (4.0, 90.0, 2.6), 0.95, 0.35),
        Thing("traffic_light_red", (0.5, 90.0, 5.5), 0.95, 0.35),
    ]
    drive = straight(160, 0.6, speed_mps=6.0)
    found = find(examined(heads, drive, lambda _: HEAD, {0: shifted, 1: cycling()}))
    assert [one.class_name for one in found.sightings] == [class_name]
    assert found.counts["signals_faulty"] == 1
    assert found.counts["signals_not_assessable"] + found.counts["signals_healthy"] == 1
    (sighting,) = found.sightings
    assert sighting.place is not None
    assert sighting.place.chainage_m == pytest.approx(90.0, abs=3.0)


def test_a_rerun_gives_the_same_ids_and_each_fault_its_own() -> None:
    looks = replace(SOUND, foreign=0.3, soil=0.5)
    frames = examined([Thing("traffic_sign_mandatory", (4.0, 45.0, 2.2))], straight(), lambda _: looks)
    first, again = find(frames).sightings, find(frames).sightings
    assert {one.class_name for one in first} == {"sign_graffiti", "sign_dirty"}
    assert [one.sighting_id for one in first] == [one.sighting_id for one in again]
    assert len({one.sighting_id for one in first}) == 2


def test_what_is_seen_once_or_hardly_believed_is_left_out() -> None:
    thing = [Thing("traffic_sign_mandatory", (4.0, 45.0, 2.2))]
    faded = replace(SOUND, colour=0.1)
    frames = examined(thing, straight(), lambda _: faded)
    assert find(frames[8:9]).counts == {}
    assert find(frames, RoadsideJudging(min_confidence=0.9)).counts == {}
    assert find(frames).counts == {"signs_faulty": 1}


def test_frames_without_a_roadside_look_say_nothing() -> None:
    bare = [(pose, ExaminedFrame(pts_ns, FrameQuality(None, 1.0, 1.0), None)) for pts_ns, pose in straight()]
    assert find(bare) == RoadsideFound((), ())
