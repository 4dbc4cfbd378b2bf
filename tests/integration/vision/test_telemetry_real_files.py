"""Real telemetry files and the clips that they belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.builders_position import make_examined
from vision.coverage import coverage_bins, covered_length_m
from vision.footage.probe import probe
from vision.sampling import Every, plan_samples
from vision.telemetry.read import find_sidecar, read_track
from vision.trajectory import Trajectory, fit_trajectory
from vision.types import Float, FootageInfo

DRIVE = "road_in_ahilyanagar_drive_a"
RUN = "road_br386_survey_run"


def geographic(trajectory: Trajectory, info: FootageInfo) -> tuple[Float, Float]:
    poses = trajectory.at_many(info.frame_pts_ns)
    assert poses.valid.all()
    located = trajectory.frame.to_geographic(poses.x_m, poses.y_m)
    assert located is not None
    return located


def test_a_phone_drive_is_placed_along_its_gpx(shared: Path) -> None:
    info = probe(shared / "data" / "footage" / f"{DRIVE}.mp4")
    track = read_track(shared / "data" / "footage" / f"{DRIVE}.gpx")
    trajectory = fit_trajectory(track, info)
    assert "start together" in trajectory.offset_note
    assert track.latitude_deg is not None
    assert track.longitude_deg is not None
    assert track.utc_ns is not None
    fix_frames = np.round((track.utc_ns - track.utc_ns[0]) / 3e9).astype(int)
    latitude, longitude = geographic(trajectory, info)
    off_m = np.hypot(*trajectory.frame.to_local(latitude[fix_frames], longitude[fix_frames])
                     - np.array(trajectory.frame.to_local(track.latitude_deg, track.longitude_deg)))  # fmt: skip
    assert np.median(off_m) < 1.0
    assert off_m.max() < 6.0
    poses = trajectory.at_many(info.frame_pts_ns)
    # West along State Highway 10, about 1.9 km in 7 minutes.
    assert poses.distance_m[-1] == pytest.approx(1914, abs=15)
    assert np.all(np.abs(poses.heading_deg - 270.0) < 40.0)
    assert 0.7 < np.median(poses.error_m) < 3.0


def test_gpx_and_csv_of_one_drive_agree(shared: Path) -> None:
    info = probe(shared / "data" / "footage" / f"{DRIVE}.mp4")
    folder = shared / "data" / "footage"
    sidecar = find_sidecar(folder / f"{DRIVE}.mp4")
    assert sidecar == folder / f"{DRIVE}.frames.csv"
    by_gpx, by_csv = (
        geographic(fit_trajectory(read_track(path), info), info) for path in (folder / f"{DRIVE}.gpx", sidecar)
    )
    assert np.allclose(by_gpx, by_csv, atol=1e-8)


def test_geotagged_stills_of_the_drive_lie_on_its_path(shared: Path) -> None:
    stills = shared / "data" / "telemetry" / "exif_sequence_drive_a"
    assert find_sidecar(stills) == stills
    info = probe(stills)
    latitude, longitude = geographic(fit_trajectory(read_track(stills), info), info)
    drive = probe(shared / "data" / "footage" / f"{DRIVE}.mp4")
    trajectory = fit_trajectory(read_track(shared / "data" / "footage" / f"{DRIVE}.gpx"), drive)
    path = np.stack(trajectory.frame.to_local(*geographic(trajectory, drive)), axis=1)
    here = np.stack(trajectory.frame.to_local(latitude, longitude), axis=1)
    nearest_m = np.min(np.hypot(*(here[:, None, :] - path[None, :, :]).transpose(2, 0, 1)), axis=1)
    assert len(nearest_m) == 30
    assert nearest_m.max() < 12.0  # frames of the clip are up to 22 m apart


def test_a_survey_run_is_placed_by_its_chainage_with_its_gaps(shared: Path) -> None:
    folder = shared / "data" / "footage"
    info = probe(folder / f"{RUN}.mp4")
    sidecar = find_sidecar(folder / f"{RUN}.mp4")
    assert sidecar == folder / f"{RUN}.chainage.csv"
    track = read_track(sidecar)
    trajectory = fit_trajectory(track, info)
    poses = trajectory.at_many(info.frame_pts_ns)
    assert trajectory.frame.route == "386RS124739"
    assert track.chainage_m is not None
    assert np.array_equal(poses.x_m, track.chainage_m)
    assert poses.heading_deg == pytest.approx(np.full(255, 90.0))
    samples = plan_samples(info, Every.parse("3m"), trajectory.distance_at(info.frame_pts_ns))
    bins = coverage_bins(info.footage_id, make_examined(samples), trajectory, None)
    undriven = {one.start_m for one in bins if one.state == "not_driven"}
    # No still between 29860 and 29940 m, nor between 30765 and 30806 m.
    assert {29880.0 + 10 * k for k in range(6)} <= undriven
    assert {30780.0, 30790.0, 30800.0} <= undriven
    assert covered_length_m(bins)["valid"] == pytest.approx(1460, abs=20)


def test_each_gpx_sample_is_read_and_fits_footage_of_its_length(shared: Path) -> None:
    for path in sorted((shared / "data" / "telemetry" / "gpx").glob("*.gpx")):
        track = read_track(path)
        assert track.utc_ns is not None
        assert np.all(np.diff(track.utc_ns) > 0)


def test_each_geotagged_image_has_its_place(shared: Path) -> None:
    expected = {
        "DSC00001_street_hdr-as300.jpg": (45.516903, -122.572765),
        "adobe_coords_xmp_gps.jpg": (-0.070267, 34.381935),
        "exiftool_GPS.jpg": (54.989667, -1.914167),
        "exiftool_GoPro.jpg": (40.658419, -73.993354),
    }
    for name, place in expected.items():
        track = read_track(shared / "data" / "telemetry" / "exif" / name)
        assert track.latitude_deg is not None
        assert track.longitude_deg is not None
        assert (track.latitude_deg[0], track.longitude_deg[0]) == pytest.approx(place, abs=1e-6)
