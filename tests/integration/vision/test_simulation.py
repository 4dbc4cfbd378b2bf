import hashlib
import json
import resource
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import cv2
import gpxpy
import numpy as np
import pytest
import yaml
from pyproj import Geod

from vision.errors import StoreError
from vision.simulation.drive import SimulatedDrive
from vision.simulation.light import plan_light
from vision.simulation.options import CLASS_NAMES, ConditionName, RoadSimulation
from vision.simulation.projection import project_to_image
from vision.simulation.render import RoadRenderer
from vision.simulation.training_frames import TRAINED_CLASS_NAMES, write_training_frames
from workflows.evaluate_pipeline import read_truth
from workflows.simulate import simulate_road

SMALL = RoadSimulation(seed=3, length_m=40.0, defects=6, width_px=320, height_px=180, fps=10)


@pytest.fixture(scope="module")
def drive_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_road(SMALL, tmp_path_factory.mktemp("drive"))


def features(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "truth.geojson").read_text())["features"]
    return found


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_five_files_are_there_and_nothing_else(drive_dir: Path) -> None:
    assert set(digests(drive_dir)) == {"drive.mp4", "drive.gpx", "camera.toml", "site.toml", "truth.geojson"}


def test_the_video_is_h264_of_the_asked_size_length_and_time(drive_dir: Path) -> None:
    with av.open(str(drive_dir / "drive.mp4")) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (320, 180)
        keyframes = [float(frame.time) for frame in frames if frame.key_frame]
        created = datetime.fromisoformat(container.metadata["creation_time"])
    assert len(frames) == round(40.0 / 13.9 * 10)
    assert float(frames[-1].time - frames[0].time) == pytest.approx((len(frames) - 1) / 10)
    assert max(later - earlier for earlier, later in pairwise(keyframes)) <= 1.0
    points = gpxpy.parse((drive_dir / "drive.gpx").read_text()).tracks[0].segments[0].points
    assert points[0].time is not None
    assert (created - points[0].time.astimezone(UTC)).total_seconds() == 2.0


def test_the_track_follows_the_route_within_its_noise(drive_dir: Path) -> None:
    points = gpxpy.parse((drive_dir / "drive.gpx").read_text()).tracks[0].segments[0].points
    line = tomllib.loads((drive_dir / "site.toml").read_text())["route"][0]["centre_line"]
    geod = Geod(ellps="WGS84")
    nearest = [min(geod.inv(p.longitude, p.latitude, x, y)[2] for x, y in line) for p in points]
    assert np.median(nearest) < 8.0
    length_m = sum(geod.inv(*a, *b)[2] for a, b in pairwise(line))
    assert length_m == pytest.approx(140.0, abs=0.5)  # 50 m beyond either end of the drive


def test_camera_and_site_files_say_what_a_person_would_measure(drive_dir: Path) -> None:
    camera = tomllib.loads((drive_dir / "camera.toml").read_text())["camera"]
    assert 1.2 <= camera["height_m"] <= 1.6
    assert 4.0 <= camera["pitch_deg"] <= 9.0
    assert 60.0 <= camera["horizontal_fov_deg"] <= 75.0
    assert (camera["roll_deg"], camera["width_px"], camera["height_px"]) == (0.0, 320, 180)
    assert set(camera["errors"]) == {"height_m", "pitch_deg"}
    site = tomllib.loads((drive_dir / "site.toml").read_text())
    assert site["site"]["kind"] == "road"
    assert {"name", "start_chainage_m", "lane_width_m", "centre_line"} <= set(site["route"][0])


def test_truth_places_agree_with_chainage_and_the_centre_line(drive_dir: Path) -> None:
    route = tomllib.loads((drive_dir / "site.toml").read_text())["route"][0]
    line = route["centre_line"]
    geod = Geod(ellps="WGS84")
    defects = [one for one in features(drive_dir) if not one["properties"]["distractor"]]  # type: ignore[index]
    assert len(defects) == 6
    for defect in defects:
        longitude, latitude = defect["geometry"]["coordinates"]  # type: ignore[index]
        known = defect["properties"]
        assert known["class_name"] in CLASS_NAMES  # type: ignore[index]
        assert known["area_m2"] > 0.0  # type: ignore[index]
        index = int((known["chainage_m"] - route["start_chainage_m"]) // 5.0)  # type: ignore[index]
        azimuth, _, _ = geod.inv(*line[index], *line[index + 1])
        foot = geod.fwd(*line[index], azimuth, known["chainage_m"] - route["start_chainage_m"] - 5.0 * index)  # type: ignore[index]
        place = geod.fwd(foot[0], foot[1], azimuth - 90.0, known["lateral_m"])  # type: ignore[index]
        assert geod.inv(place[0], place[1], longitude, latitude)[2] < 0.15


def test_two_runs_give_the_same_files(drive_dir: Path, tmp_path: Path) -> None:
    assert digests(simulate_road(SMALL, tmp_path)) == digests(drive_dir)


def test_frames_show_the_defects_where_truth_says_and_nowhere_else() -> None:
    drive = SimulatedDrive(replace(SMALL, width_px=960, height_px=540))
    light = plan_light(SMALL.seed, 1, "day")
    damaged = RoadRenderer(drive.layout, light, drive.camera, 1)
    sound = RoadRenderer(replace(drive.layout, defects=()), light, drive.camera, 1)
    seen = 0
    for index in (3, 12, 21):
        view = drive.motion.view(index, drive.camera)
        images = [renderer.render(view, 13.9, index).astype(int) for renderer in (damaged, sound)]
        change = np.abs(images[0] - images[1]).max(axis=2)
        near = np.zeros(change.shape, np.uint8)
        for patch in damaged.drawn_defects.values():
            u, v = project_to_image(drive.layout.route, view, patch.outline[:, 0], patch.outline[:, 1])
            ahead = patch.outline[:, 0].min() - view.along_m
            if np.isfinite(u).all() and 3.0 < ahead < 18.0:
                own = np.zeros(change.shape, np.uint8)
                cv2.fillPoly(own, [np.round(np.stack([u, v], axis=1)).astype(np.int32)], 1)
                assert own.sum() == 0 or change[own == 1].max() > 15
                seen += int(own.any())
            if np.isfinite(u).all():
                rim = np.round(np.stack([u, v], axis=1)).astype(np.int32)
                cv2.fillPoly(near, [rim], 1)
                cv2.polylines(near, [rim], True, 1, 41)
            else:  # under the camera
                near[-120:] = 1
        assert (change[near == 0] > 15).mean() < 1e-4  # but for a loose stone
    assert seen >= 3


def planted(options: RoadSimulation) -> list[object]:
    found = SimulatedDrive(options).truth()["features"]
    return [one for one in found if not one["properties"]["distractor"]]


@pytest.mark.parametrize("change", [{"fps": 25}, {"condition": "rain"}, {"width_px": 640, "height_px": 360}])
def test_the_planted_defects_do_not_depend_on_how_the_road_is_filmed(change: dict[str, object]) -> None:
    assert planted(replace(SMALL, **change)) == planted(SMALL)  # type: ignore[arg-type]


def test_signs_and_signals_leave_defects_and_what_reads_them_alone(drive_dir: Path, tmp_path: Path) -> None:
    furnished = replace(SMALL, signs=5, signals=2)
    assert planted(furnished) == planted(SMALL)
    found = SimulatedDrive(furnished).truth()["features"]
    assert {one["properties"]["kind"] for one in found if one["properties"]["distractor"]} >= {"sign", "signal"}
    path = tmp_path / "truth.geojson"
    path.write_text(json.dumps({"features": found}))
    assert read_truth(path) == read_truth(drive_dir / "truth.geojson")


def test_the_lamps_in_the_frames_follow_the_timeline_in_the_truth() -> None:
    drive = SimulatedDrive(replace(SMALL, length_m=80.0, signals=4, width_px=960, height_px=540))
    plain = SimulatedDrive(replace(SMALL, length_m=80.0, width_px=960, height_px=540))
    assert drive.motion.along_m.tolist() == plain.motion.along_m.tolist()
    signals = [one["properties"] for one in drive.truth()["features"] if one["properties"].get("kind") == "signal"]
    assert signals
    for known in signals:
        spans = known["timeline"]
        assert all(earlier[1] == later[0] and earlier[2] != later[2] for earlier, later in pairwise(spans))
        for start, end, state in spans:
            assert drive.lamps(0.5 * (start + end))[known["defect_id"]].state == state
        if known["fault"] == "lens_dark":
            assert not any(known["lens"] in state for _, _, state in spans)


def test_a_second_pass_shows_the_same_defects_in_another_drive() -> None:
    second = SimulatedDrive(replace(SMALL, pass_number=2))
    first = SimulatedDrive(SMALL)
    assert planted(replace(SMALL, pass_number=2)) == planted(SMALL)
    assert second.camera == first.camera
    assert second.start > first.start
    assert np.abs(second.motion.lateral_m - first.motion.lateral_m).max() > 0.02
    assert np.abs(second.render(5).astype(int) - first.render(5).astype(int)).mean() > 3.0


def test_a_drive_months_later_has_light_and_receiver_noise_of_its_own() -> None:
    later, first = SimulatedDrive(replace(SMALL, months_later=6)), SimulatedDrive(SMALL)
    assert (later.start - first.start).days > 150
    assert later.camera == first.camera
    shift = np.hypot(later.fixes.east_m[:2] - first.fixes.east_m[:2], later.fixes.north_m[:2] - first.fixes.north_m[:2])
    assert shift.min() > 0.05


@pytest.mark.parametrize("condition", ["day", "night", "rain", "low_sun"])
def test_each_condition_looks_its_part(condition: ConditionName) -> None:
    drive = SimulatedDrive(replace(SMALL, condition=condition))
    frame = drive.render(4)
    np.testing.assert_array_equal(frame, drive.render(4))
    assert frame.shape == (180, 320, 3)
    day = SimulatedDrive(SMALL).render(4)
    sky, sky_by_day = frame[:20].mean(), day[:20].mean()
    if condition == "night":
        assert sky < 0.3 * sky_by_day
    if condition == "low_sun":
        blinding = frame[..., 2] >= 245  # where the sun burns the picture out, warmer than any cloud
        assert blinding.mean() > 0.005
        assert (frame[blinding, 2].astype(int) - frame[blinding, 0]).mean() > 15
    if condition == "rain":
        spread = frame[:20].astype(int).max(axis=2) - frame[:20].min(axis=2)
        assert np.median(spread) < 45  # grey, not blue


def test_training_frames_make_a_yolo_set_that_is_the_same_each_time(tmp_path: Path) -> None:
    counts = [write_training_frames(tmp_path / name, range(2), 3) for name in ("a", "b")]
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) > 0
    assert yaml.safe_load((tmp_path / "a" / "data.yaml").read_text())["names"] == list(TRAINED_CLASS_NAMES)
    images = sorted((tmp_path / "a" / "images" / "train").glob("*.jpg"))
    assert len(images) == 6
    rows = 0
    for image in images:
        assert image.read_bytes() == (tmp_path / "b" / "images" / "train" / image.name).read_bytes()
        height, width = cv2.imread(str(image)).shape[:2]
        for line in (tmp_path / "a" / "labels" / "train" / f"{image.stem}.txt").read_text().splitlines():
            class_id, *values = line.split()
            outline = np.array(values, float).reshape(-1, 2)
            assert 0 <= int(class_id) < len(TRAINED_CLASS_NAMES)
            assert len(outline) >= 3
            assert outline.min() >= 0.0
            assert outline.max() <= 1.0
            assert np.ptp(outline * [width, height], axis=0).max() >= 10.0
            rows += 1
    assert rows == sum(counts[0].values())


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="taken"):
        simulate_road(SMALL, tmp_path / "taken")


def test_a_full_disk_leaves_nothing_unfinished(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the system refuses larger files, as a full disk would
    try:
        with pytest.raises(StoreError, match="room"):
            simulate_road(SMALL, tmp_path / "drive")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "drive").iterdir()) == []
