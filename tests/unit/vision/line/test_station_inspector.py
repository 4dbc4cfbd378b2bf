from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.builders_anomaly import BlockStatistics, make_texture, with_blob
from vision.anomaly.fit import AnomalyTraining, fit_anomaly
from vision.anomaly.pictures import read_pictures
from vision.line.belt import Box, learn_belt
from vision.line.part_picture import part_jpegs, plain_jpeg
from vision.line.station_inspector import AnomalyEye, InspectedPart, StationEyes, StationInspector
from vision.line.surface_eye import Mark, box_outline
from vision.plant import Limit, PartClass, Region, Station
from vision.types import Frame, Image

REGION = Region(0.05, 0.1, 0.95, 0.9)
STATION = Station("S2", "Line A", "Conveyor", "high", "plate", REGION, 0.5, "right", "count", True)
PLATE = PartClass("plate", (Limit("scratch", "medium", max_length_mm=10.0),))
STEP_PX = 12


class SteadyEye:
    """Sees a scratch of so many pixels in the middle of every part."""

    def __init__(self, length_px: float) -> None:
        self.length_px = length_px

    def look(self, frame: Frame, parts: Sequence[Box]) -> list[list[Mark]]:
        marks = []
        for left, top, right, bottom in parts:
            x, y = (left + right) / 2, (top + bottom) / 2
            box = (x - self.length_px / 2, y - 2.0, x + self.length_px / 2, y + 2.0)
            marks.append([Mark("scratch", 0.9, box, box_outline(box))])
        return marks


def belt_picture(seed: int) -> Image:
    return np.random.default_rng(seed).integers(52, 62, (160, 480, 3)).astype(np.uint8)


def passing(part: Image) -> list[Frame]:
    """A part that enters on the left and leaves on the right."""
    frames = []
    for index, left in enumerate(range(-100, 490, STEP_PX)):
        image = belt_picture(index)
        shown = image[32 : 32 + part.shape[0], max(left, 0) : max(left + part.shape[1], 0)]
        shown[:] = part[:, max(-left, 0) : max(-left, 0) + shown.shape[1]]
        frames.append(Frame("footage", index * 100_000_000, image))
    return frames


def inspect(part: Image, eyes: StationEyes) -> InspectedPart:
    belt = learn_belt([belt_picture(1000 + n) for n in range(6)], REGION)
    inspector = StationInspector(STATION, PLATE, belt, eyes)
    events = [event for frame in passing(part) for event in inspector.observe(frame)] + inspector.finish()
    (only,) = [event for event in events if isinstance(event, InspectedPart)]
    return only


def test_a_part_is_judged_once_against_its_limits_with_its_size_in_mm() -> None:
    bad = inspect(make_texture(1), StationEyes(SteadyEye(30.0)))
    assert bad.verdict.verdict == "reject"
    assert bad.verdict.breaches[0].reason == "scratch: 15.0 mm long, at most 10 mm allowed"
    assert bad.looks >= 5
    good = inspect(make_texture(1), StationEyes(SteadyEye(12.0)))
    assert good.verdict.verdict == "ok"
    assert [one.defect.length_mm for one in good.defects] == [6.0]


def test_a_check_that_cant_be_made_makes_no_good_part() -> None:
    part = inspect(make_texture(1), StationEyes(unmade=("no surface model",)))
    assert (part.verdict.verdict, part.verdict.reasons) == ("not_assessable", ("no surface model",))


def test_what_is_unlike_normal_parts_is_flagged_and_shown(tmp_path: Path) -> None:
    cut_out = [plain_jpeg(inspect(make_texture(100 + n), StationEyes())) for n in range(20)]
    for number, jpeg in enumerate(cut_out):
        assert jpeg is not None
        (tmp_path / f"{number:02d}.jpg").write_bytes(jpeg)
    normal = read_pictures(tmp_path)
    backbone = BlockStatistics()
    model = fit_anomaly(normal, backbone, AnomalyTraining("S2", image_size_px=96))
    eyes = StationEyes(SteadyEye(12.0), AnomalyEye(model, backbone))
    usual, odd = inspect(make_texture(7), eyes), inspect(with_blob(make_texture(7)), eyes)
    assert (usual.anomalous, odd.anomalous) == (False, True)
    assert usual.heat is None
    assert len(part_jpegs(odd)) == 2
    assert len(part_jpegs(usual)) == 1
