"""Following things by their boxes, at the few frames a second that an inspection looks at."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.box_tracks import BoxTrack, track_by_box
from vision.camera import Camera
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_openvino import OpenVinoYolo
from vision.ground_plane import image_points
from vision.types import Detections, ExaminedFrame, Frame, FrameQuality

NAMES = ("crack", "pothole")
SIZE = (640, 360)
Boxes = list[tuple[tuple[float, float, float, float], int]]


def make_frame(time_s: float, boxes: Boxes, refused: bool = False) -> ExaminedFrame:
    pts_ns = round(time_s * 1e9)
    if refused:
        return ExaminedFrame(pts_ns, FrameQuality("blurred", 3.0, 90.0), None)
    detections = Detections(
        footage_id="walk",
        pts_ns=pts_ns,
        xyxy=np.array([xyxy for xyxy, _ in boxes], np.float32).reshape(-1, 4),
        confidence=np.full(len(boxes), 0.3, np.float32),
        class_id=np.array([class_id for _, class_id in boxes], np.int64),
        class_names=NAMES,
        outlines=tuple(np.zeros((0, 2), np.float32) for _ in boxes),
    )
    return ExaminedFrame(pts_ns, FrameQuality(None, 200.0, 110.0), detections)


def approach(time_s: float, left_px: float = 250.0) -> tuple[float, float, float, float]:
    """Give the box of a puddle that someone walks up to: 90 px wide, 40 px lower every half second."""
    top, width = 40.0 + 80.0 * time_s, 90.0 + 20.0 * time_s
    return left_px, top, left_px + width, top + 0.35 * width


def times(track: BoxTrack) -> list[float]:
    return [pts_ns / 1e9 for pts_ns, _ in track.views]


def test_a_pothole_walked_up_to_is_one_though_its_boxes_do_not_overlap() -> None:
    boxes = [approach(0.5 * step) for step in range(7)]
    assert boxes[0][3] < boxes[1][1]
    tracks = track_by_box([make_frame(0.5 * step, [(box, 1)]) for step, box in enumerate(boxes)], SIZE)
    assert [track.class_name for track in tracks] == ["pothole"]
    assert times(tracks[0]) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


@pytest.mark.parametrize("gap", ["missed", "refused"])
def test_a_frame_without_it_does_not_make_two_of_it(gap: str) -> None:
    frames = []
    for step in range(7):
        seen: Boxes = [] if step == 3 else [(approach(0.5 * step), 1)]
        frames.append(make_frame(0.5 * step, seen, refused=step == 3 and gap == "refused"))
    tracks = track_by_box(frames, SIZE)
    assert [len(track.views) for track in tracks] == [6]


def test_one_missed_in_its_second_frame_is_still_one() -> None:
    frames = [make_frame(0.0, []), make_frame(0.5, [(approach(0.5), 1)]), make_frame(1.0, [])]
    frames += [make_frame(0.5 * step, [(approach(0.5 * step), 1)]) for step in (3, 4, 5)]
    assert len(track_by_box(frames, SIZE)) == 1


def test_two_side_by_side_stay_two() -> None:
    frames = []
    for step in range(6):
        pair: Boxes = [(approach(0.5 * step, left), 1) for left in (60.0, 360.0)]
        frames.append(make_frame(0.5 * step, pair if step % 2 else pair[::-1]))
    tracks = track_by_box(frames, SIZE)
    assert [len(track.views) for track in tracks] == [6, 6]
    for track in tracks:
        rows = [row for _, row in track.views]
        assert rows in ([0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0])


def test_a_crack_in_the_same_place_is_no_view_of_a_pothole() -> None:
    frames = [make_frame(0.5 * step, [(approach(0.5 * step), step % 2)]) for step in range(6)]
    tracks = track_by_box(frames, SIZE)
    assert {track.class_name for track in tracks} == set(NAMES)
    for track in tracks:
        assert {round(2 * time_s) % 2 for time_s in times(track)} == {NAMES.index(track.class_name)}


def test_a_thing_that_comes_back_much_later_is_another() -> None:
    still = (200.0, 100.0, 300.0, 140.0)
    frames = [make_frame(0.5 * step, [(still, 1)] if step in (0, 1, 12, 13) else []) for step in range(14)]
    assert [times(track) for track in track_by_box(frames, SIZE)] == [[0.0, 0.5], [6.0, 6.5]]


def test_at_full_rate_neighbours_are_kept_apart() -> None:
    frames = []
    for step in range(20):
        row: Boxes = [((20.0 + 45 * i, 100.0 + step, 55.0 + 45 * i, 125.0 + step), 1) for i in range(8)]
        frames.append(make_frame(step / 25.0, row))
    tracks = track_by_box(frames, SIZE)
    assert [len(track.views) for track in tracks] == [20] * 8
    assert all(len({row for _, row in track.views}) == 1 for track in tracks)


def test_nothing_gives_nothing() -> None:
    assert track_by_box([], SIZE) == []
    assert track_by_box([make_frame(0.0, []), make_frame(0.5, [], refused=True)], SIZE) == []


corner = st.floats(min_value=0.0, max_value=500.0)
side = st.floats(min_value=0.5, max_value=140.0)
box = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), corner, corner, side, side)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(box, st.integers(0, 1)), max_size=6), max_size=8))
def test_every_detection_is_in_one_track_of_its_class_and_a_track_has_one_view_a_frame(found: list[Boxes]) -> None:
    frames = [make_frame(0.5 * step, boxes) for step, boxes in enumerate(found)]
    tracks = track_by_box(frames, SIZE)
    views = [view for track in tracks for view in track.views]
    assert sorted(views) == sorted(
        (frame.pts_ns, row) for frame in frames for row in range(len(frame.detections or ()))
    )
    assert [track.views[0] for track in tracks] == sorted(track.views[0] for track in tracks)
    for track in tracks:
        assert len({pts_ns for pts_ns, _ in track.views}) == len(track.views)
        assert list(track.views) == sorted(track.views)
        assert {found[round(pts_ns / 5e8)][row][1] for pts_ns, row in track.views} == {NAMES.index(track.class_name)}


def walk(seed: int) -> tuple[list[ExaminedFrame], list[list[tuple[int, int]]]]:
    """Walk over a road full of potholes with a camera in a shaking hand; give what each pothole's views truly are."""
    generator = np.random.default_rng(seed)
    places = generator.uniform([0.0, -3.0], [28.0, 3.0], (14, 2))
    sizes = generator.uniform(0.15, 0.5, (14, 2))
    ring = np.stack([np.cos(np.linspace(0, 6.1, 14)), np.sin(np.linspace(0, 6.1, 14))], axis=1)
    frames: list[ExaminedFrame] = []
    truth: list[list[tuple[int, int]]] = [[] for _ in places]
    for step in range(36):
        camera = Camera(*SIZE, 457.0, 1.5, 22.0 + generator.normal(0, 0.8), 0.0, 0.0, 0.0, 0.0, "file")
        boxes: Boxes = []
        for index, (place, size) in enumerate(zip(places, sizes, strict=True)):
            ahead = place - np.array([0.6 * step, 0.0])
            if not 0.8 < ahead[0] < 6.0 or generator.random() > 0.9:
                continue
            pixels = image_points(camera, ahead + ring * size)
            low, high = np.clip(pixels.min(axis=0), 0, SIZE), np.clip(pixels.max(axis=0), 0, SIZE)
            if (high - low).min() > 5:
                truth[index].append((round(step * 5e8), len(boxes)))
                boxes.append(((float(low[0]), float(low[1]), float(high[0]), float(high[1])), 1))
        frames.append(make_frame(0.5 * step, boxes))
    return frames, [views for views in truth if len(views) > 1]


def test_a_walk_over_many_potholes_counts_them_nearly_right() -> None:
    walks = [walk(seed) for seed in range(4)]
    tracks_of_things, things, followed, right = 0, 0, 0, 0
    for frames, truth in walks:
        tracks = track_by_box(frames, SIZE)
        named = {view: index for index, track in enumerate(tracks) for view in track.views}
        tracks_of_things += sum(len({named[view] for view in views}) for views in truth)
        things += len(truth)
        steps = {pair for track in tracks for pair in pairwise(track.views)}
        followed += len(steps)
        right += len(steps & {pair for views in truth for pair in pairwise(views)})
    assert things > 40
    assert tracks_of_things / things < 1.4  # ultralytics' own settings give 5.7
    assert right / followed > 0.9


def test_a_parked_car_walked_past_is_one_thing(shared: Path, tmp_path: Path) -> None:
    detector = OpenVinoYolo(shared / "weights" / "yolov8n-seg-coco.pt", tmp_path, YoloConfig(confidence=0.25), 1)
    frames: list[ExaminedFrame] = []
    with av.open(str(shared / "data" / "footage" / "potholes_waterfilled_walk.mp4")) as container:
        for decoded in container.decode(video=0):
            time_s = float(decoded.time or 0.0)
            if time_s > 10.3:
                break
            if time_s >= 6.0 + 0.5 * len(frames):
                image = np.asarray(decoded.to_ndarray(format="bgr24"), np.uint8)
                pts_ns = round(time_s * 1e9)
                found = detector.detect([Frame("walk", pts_ns, image)])[0]
                frames.append(ExaminedFrame(pts_ns, FrameQuality(None, 200.0, 110.0), found))
    cars = [track for track in track_by_box(frames, SIZE) if track.class_name == "car"]
    longest = max(cars, key=lambda track: len(track.views))
    assert times(longest)[-1] - times(longest)[0] >= 3.0
    assert sum(len(track.views) > 2 for track in cars) == 1
