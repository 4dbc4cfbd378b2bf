from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from vision.errors import InputError
from vision.line.belt import Belt, belt_at_start
from vision.line.station_inspector import StationEyes
from vision.line.station_stage import FinishedPart
from vision.live.queue import LiveFrame
from vision.live.station import LiveEvent, LiveLooking, LiveStation
from vision.plant import PartClass, Region, Station
from vision.types import Frame, Image

STEP_NS = 100_000_000
STATION = Station(
    "S2",
    "Line A",
    "Conveyor C-07",
    "high",
    "housing",
    Region(0.1, 0.1, 0.9, 0.9),
    None,
    "right",
    "count",
    surface=False,
)


def picture(lefts: list[int], seed: int, width: int = 320) -> Image:
    image = 60 + np.random.default_rng(seed).integers(-6, 7, (120, width, 3))
    for left in lefts:
        image[40:80, max(left, 0) : max(left + 50, 0)] = 170
    return image.astype(np.uint8)


def frame(index: int, lefts: list[int], connection: int = 0, width: int = 320) -> LiveFrame:
    shown = Frame("camera", index * STEP_NS, picture(lefts, index, width))
    return LiveFrame(shown, float(index), datetime(2026, 3, 2, 6, 0, tzinfo=UTC), connection)


def live_station(said: list[str]) -> LiveStation:
    def find(first: list[Frame]) -> Belt:
        belt = belt_at_start([one.image for one in first], STATION.region)
        if belt is None:
            raise InputError("never empty")
        return belt

    return LiveStation(LiveLooking(STATION, PartClass("housing", ()), StationEyes()), find, said.append)


def parts(events: list[LiveEvent]) -> list[tuple[int, int]]:
    """Give the number of each part that became certain, and the index of the frame that made it so."""
    return [
        (one.what.part.number, one.frame.frame.pts_ns // STEP_NS)
        for one in events
        if isinstance(one.what, FinishedPart)
    ]


def test_the_belt_is_learnt_from_the_first_seconds_and_they_are_looked_at_too() -> None:
    station = live_station([])
    events = [event for n in range(60) for event in station.observe(frame(n, [10 * n - 100]))]
    assert len(station.pts_ns) == 60
    ((number, certain),) = parts(events)
    assert number == 1
    assert certain < 50


def test_parts_in_sight_when_the_camera_goes_away_are_judged_and_not_taken_for_those_after_it() -> None:
    station = live_station([])
    events = [event for n in range(60) for event in station.observe(frame(n, [8 * n - 300]))]
    events += station.interrupt()
    assert parts(events) == [(1, 59)]
    assert station.interrupt() == []
    back = [event for n in range(60, 80) for event in station.observe(frame(n, [180], connection=1))]
    assert parts(back + station.interrupt()) == [(2, 79)]


def test_a_camera_that_was_back_before_anyone_looked_parts_its_frames_as_well() -> None:
    station = live_station([])
    events = [event for n in range(60) for event in station.observe(frame(n, [8 * n - 300]))]
    events += [event for n in range(60, 70) for event in station.observe(frame(n, [180], connection=1))]
    events += station.interrupt()
    assert [number for number, _ in parts(events)] == [1, 2]


def test_frames_of_another_size_are_counted_told_once_and_not_looked_at() -> None:
    said: list[str] = []
    station = live_station(said)
    for n in range(40):
        station.observe(frame(n, []))
    for n in range(40, 45):
        station.observe(frame(n, [], width=200))
    station.observe(frame(45, []))
    assert (len(station.pts_ns), station.refused) == (41, 5)
    assert len(said) == 1
    assert "200 x 120" in said[0]


def test_a_belt_that_is_not_empty_at_first_ends_it() -> None:
    station = live_station([])
    for n in range(30):
        assert station.observe(frame(n, [100])) == []
    with pytest.raises(InputError, match="never empty"):
        station.observe(frame(30, [100]))
