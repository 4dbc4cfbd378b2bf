"""Footage that can't be used is told once, by name, with what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from vision.errors import FootageError, TelemetryError
from vision.sampling import Every
from workflows.footage_plan import PlanRequest, plan_footages

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
