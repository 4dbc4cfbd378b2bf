"""The gate on real pictures, where the development pack is there; benchmarks/quality_gate.py has the figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.footage.stills import decode_picture
from vision.quality import assess
from vision.types import Frame, Image

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")


def _frames(clip: str, numbers: slice | list[int]) -> Iterator[Image]:
    info = probe(DATA / "footage" / f"{clip}.mp4")
    for frame in read_frames(info, info.frame_pts_ns[numbers]):
        assert isinstance(frame, Frame)
        yield frame.image


def _stills(name: str, step: int) -> Iterator[Image]:
    for path in sorted((DATA / name / "images").rglob("*.jpg"))[::step]:
        yield decode_picture(path)


@pytest.mark.parametrize(
    ("clip", "step"),
    [
        ("road_br386_survey_run", 5),
        ("potholes_waterfilled_walk", 25),
        ("dashcam_highway_good_road", 20),
        ("dashcam_highway_signs", 60),
    ],
)
def test_real_drives_are_kept(clip: str, step: int) -> None:
    assert [assess(image).reason for image in _frames(clip, slice(None, None, step))] == [None] * len(
        range(0, len(probe(DATA / "footage" / f"{clip}.mp4").frame_pts_ns), step)
    )


@pytest.mark.parametrize(("name", "step"), [("road_br_dnit", 8), ("pothole_seg", 3), ("road_in_ahilyanagar", 3)])
def test_real_road_pictures_are_kept(name: str, step: int) -> None:
    reasons = [assess(image).reason for image in _stills(name, step)]
    assert len(reasons) > 30
    assert sum(reason is not None for reason in reasons) < 0.01 * len(reasons)


def test_a_phone_screen_in_the_middle_of_a_drive_is_refused_and_its_neighbours_are_not() -> None:
    reasons = [assess(image).reason for image in _frames("road_in_ahilyanagar_drive_a", [102, 103, 104, 105, 106])]
    assert reasons == [None, None, "not_a_road", None, None]


def test_bottles_on_a_bench_are_no_road() -> None:
    assert {assess(image).reason for image in _frames("bottles_on_bench", slice(None, None, 100))} == {"not_a_road"}


def test_real_pictures_that_are_spoiled_are_refused() -> None:
    kernel = np.full((1, 31), 1 / 31, np.float32)
    rng = np.random.default_rng(0)
    caught = dict.fromkeys(("too_dark", "overexposed", "blurred", "blocked_lens"), 0)
    pictures = list(_stills("road_br_dnit", 40))
    for image in pictures:
        hand = image.copy()
        hand[:, : int(0.8 * image.shape[1])] = 70
        spoiled = {
            "too_dark": np.clip(image * 0.08 + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8),
            "overexposed": np.clip(image * 4.0, 0, 255).astype(np.uint8),
            "blurred": np.asarray(cv2.filter2D(image, -1, kernel), np.uint8),
            "blocked_lens": hand,
        }
        for reason, picture in spoiled.items():
            caught[reason] += assess(picture).reason == reason
    assert all(count > 0.85 * len(pictures) for count in caught.values()), (caught, len(pictures))
