"""Real clips of several cameras, where the development pack is there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from vision.footage.decode import read_frames
from vision.footage.discover import discover
from vision.footage.probe import probe
from vision.footage.segments import split
from vision.types import Frame

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")

CLIPS = (
    "bottles_on_bench",
    "dashcam_highway_good_road",
    "dashcam_highway_signs",
    "potholes_waterfilled_walk",
    "road_br386_survey_run",
    "road_in_ahilyanagar_drive_a",
)


@pytest.mark.parametrize("clip", CLIPS)
def test_sampled_frames_equal_those_of_a_plain_decode(clip: str) -> None:
    info = probe(DATA / "footage" / f"{clip}.mp4")
    wanted = info.frame_pts_ns[3:220:7]
    given = list(read_frames(info, wanted, decode_threads=1))
    with av.open(info.path) as container:
        for number, decoded in zip(range(220), container.decode(video=0), strict=False):
            if number >= 3 and (number - 3) % 7 == 0 and (number - 3) // 7 < len(given):
                frame = given[(number - 3) // 7]
                assert isinstance(frame, Frame)
                assert frame.pts_ns == info.frame_pts_ns[number]
                assert np.array_equal(frame.image, decoded.to_ndarray(format="bgr24"))


def test_a_survey_run_has_the_frames_of_its_chainage_file() -> None:
    info = probe(DATA / "footage" / "road_br386_survey_run.mp4")
    rows = (DATA / "footage" / "road_br386_survey_run.chainage.csv").read_text(encoding="utf-8").splitlines()
    assert len(info.frame_pts_ns) == len(rows) - 1 == 255
    assert set(np.diff(info.frame_pts_ns)) == {250_000_000}
    assert (info.width_px, info.height_px) == (960, 600)


def test_a_dashcam_states_when_it_recorded() -> None:
    info = probe(DATA / "footage" / "dashcam_highway_good_road.mp4")
    assert info.recorded_at == datetime(2016, 8, 28, 21, 16, 8, tzinfo=UTC)


def test_a_folder_of_geotagged_stills_is_one_footage_on_its_exif_clock() -> None:
    (folder,) = discover([DATA / "telemetry" / "exif_sequence_drive_a"])
    info = probe(folder)
    assert (info.kind, info.clock) == ("images", "exif")
    assert info.recorded_at is not None
    frames = list(read_frames(info, info.frame_pts_ns[:3]))
    assert all(isinstance(f, Frame) and f.image.shape == (info.height_px, info.width_px, 3) for f in frames)
    segments = split(info, info.frame_pts_ns)
    assert sum(len(s.sample_pts_ns) for s in segments) == len(info.frame_pts_ns)


def test_all_clips_of_a_folder_are_found_and_their_sidecars_are_not() -> None:
    assert [p.stem for p in discover([DATA / "footage"])] == list(CLIPS)
