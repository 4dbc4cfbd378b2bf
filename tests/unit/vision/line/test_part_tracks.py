from __future__ import annotations

import numpy as np

from vision.line.belt import learn_belt
from vision.line.part_tracks import PartEvent, PartTracker
from vision.plant import Region
from vision.types import Frame, Image

REGION = Region(0.1, 0.1, 0.9, 0.9)
STEP_NS = 40_000_000


def _picture(lefts: list[int], seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).integers(-6, 7, (120, 320, 3))
    image = 60 + noise
    for left in lefts:
        image[40:80, max(left, 0) : max(left + 50, 0)] = 170
    return image.astype(np.uint8)


def _track(passes: list[list[int]]) -> list[PartEvent]:
    tracker = PartTracker("right", learn_belt([_picture([], n) for n in range(5)], REGION))
    events = []
    for index, lefts in enumerate(passes):
        events += tracker.observe(Frame("footage", index * STEP_NS, _picture(lefts, index)))
    return events + tracker.finish()


def test_each_part_enters_and_leaves_once() -> None:
    events = _track([[8 * n - 60, 8 * n - 200] for n in range(80)])
    assert [(event.kind, event.number) for event in events] == [
        ("entered", 1), ("entered", 2), ("left", 1), ("left", 2),
    ]  # fmt: skip
    assert all(event.entered_pts_ns < event.last_pts_ns for event in events)


def test_an_empty_belt_has_no_parts() -> None:
    assert _track([[] for _ in range(20)]) == []


def test_what_flashes_up_for_a_frame_is_no_part() -> None:
    assert _track([[], [], [100], [], [], *([[]] * 20)]) == []


def test_a_part_still_in_sight_at_the_end_is_told() -> None:
    events = _track([[8 * n] for n in range(10)])
    assert [event.kind for event in events] == ["entered", "left"]


def test_what_comes_back_against_the_travel_is_another_thing() -> None:
    there = [[8 * n] for n in range(15)]
    put_back = [[60]] * 6
    events = _track(there + put_back)
    assert [(event.kind, event.number) for event in events if event.kind == "entered"] == [
        ("entered", 1), ("entered", 2),
    ]  # fmt: skip


def test_a_view_is_whole_only_clear_of_the_regions_edges() -> None:
    tracker = PartTracker("right", learn_belt([_picture([], n) for n in range(5)], REGION))
    whole = []
    for index in range(40):
        frame = Frame("footage", index * STEP_NS, _picture([8 * index - 60], index))
        tracker.observe(frame)
        whole += [view.whole for view in tracker.in_view(frame)]
    assert whole[0] is False
    assert True in whole
    assert len({view.key for view in tracker.in_view(frame)}) <= 1
