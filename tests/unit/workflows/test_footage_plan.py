"""Footage that can't be used is told once, by name, with what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vision.camera import Camera, default_camera
from vision.errors import FootageError, TelemetryError
from vision.sampling import Every
from workflows.footage_plan import PlanRequest, beside_to_row, plan_footages

REQUEST = PlanRequest((), None, None, Every.parse("3m"))
ONE_POINT = (
    '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    '<trkpt lat="50.1" lon="8.0"><time>2026-05-01T10:00:00Z</time></trkpt></trkseg></trk></gpx>'
)


@dataclass
class Notes:
    """Progress that keeps what it was told in passing."""

    said: list[str] = field(default_factory=list)

    def start(self, stage: str, total: int) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, message: str) -> None:
        self.said.append(message)


def test_the_only_footage_ends_the_run_and_is_not_told_twice(tmp_path: Path) -> None:
    notes = Notes()
    with pytest.raises(FootageError, match=r"nowhere\.mp4"):
        plan_footages([tmp_path / "nowhere.mp4"], REQUEST, notes)
    assert notes.said == []


def test_of_several_each_is_named_as_it_is_left_out(tmp_path: Path) -> None:
    notes = Notes()
    with pytest.raises(FootageError, match="none of 2 footages can be used"):
        plan_footages([tmp_path / "one.mp4", tmp_path / "two.mp4"], REQUEST, notes)
    assert ["one.mp4" in notes.said[0], "two.mp4" in notes.said[1]] == [True, True]


@pytest.mark.parametrize("named", [True, False], ids=["named", "found beside it"])
def test_a_track_that_is_none_is_named_with_its_footage(tmp_path: Path, named: bool) -> None:
    picture, track = tmp_path / "road.png", tmp_path / ("track.gpx" if named else "road.gpx")
    Image.new("RGB", (64, 48), "grey").save(picture)
    track.write_text(ONE_POINT, encoding="utf-8")
    request = PlanRequest((track,) if named else (), None, None, Every.parse("3m"))
    with pytest.raises(TelemetryError) as refused:
        plan_footages([picture], request, Notes())
    assert str(refused.value).startswith(f"{picture}: {track.name} has 1 usable point")
    assert ("without positions: move road.gpx away" in str(refused.value)) is not named


@given(
    height_m=st.floats(1.0, 3.0), pitch_deg=st.floats(0.0, 15.0), fov_deg=st.floats(30.0, 110.0),
    ahead_m=st.floats(1.0, 60.0), lateral_m=st.floats(2.5, 12.0), over_road_m=st.floats(1.4, 6.0),
)  # fmt: skip
def test_every_plate_that_the_picture_shows_stands_above_the_row(
    height_m: float, pitch_deg: float, fov_deg: float, ahead_m: float, lateral_m: float, over_road_m: float
) -> None:
    focal_px = 960.0 / math.tan(math.radians(fov_deg / 2.0))
    camera = Camera(1920, 1080, focal_px, height_m, pitch_deg, 0.0, 0.0, 0.0, 0.0, "file")
    pitch = math.radians(pitch_deg)
    down_m = height_m - over_road_m
    depth_m = ahead_m * math.cos(pitch) + down_m * math.sin(pitch)
    column = 960.0 + focal_px * lateral_m / depth_m
    row = 540.0 + focal_px * (down_m * math.cos(pitch) - ahead_m * math.sin(pitch)) / depth_m
    if depth_m > 0.0 and column < 1920.0:
        assert row < (beside_to_row(camera) or 1080)


def test_where_nobody_knows_the_camera_the_whole_picture_is_looked_at() -> None:
    assert beside_to_row(default_camera(1920, 1080)) is None
