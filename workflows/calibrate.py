"""Calibrate a detector: on simulated drives with known truth, which tracks were defects?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vision.calibration import Calibration
from vision.camera import read_camera
from vision.detectors.load import DetectorConfig
from vision.examine import ExamineSegments, SegmentWork
from vision.footage.probe import probe
from vision.footage.segments import split
from vision.ground_tracks import same_kind
from vision.protocols import Resources
from vision.quality import QualityLimits
from vision.sampling import Every, plan_samples
from vision.sightings import SightingRules, ground_sightings
from vision.simulation.options import ConditionName, RoadSimulation
from vision.telemetry.read import read_track
from vision.training.calibrate import LabelledTrack, fit_calibration
from vision.trajectory import fit_trajectory
from vision.types import ExaminedFrame, Place, Pose, Sighting
from workflows.progress import Progress
from workflows.simulate import simulate_road

CALIBRATION_SEEDS = range(200_000, 300_000)
"""Neither trained on (100,000 up) nor evaluated on (0 up)."""

_NEAR_M = 1.5
_CONDITIONS: tuple[ConditionName, ...] = ("day", "day", "day", "low_sun", "rain")


def calibrate(detector: DetectorConfig, drives: int, length_m: float, progress: Progress) -> Calibration:
    """Simulate drives without GPS noise, track what the detector sees, and fit probabilities to the truth.

    Raises:
        InputError: Too few tracks came out.
    """
    stage = ExamineSegments(detector, QualityLimits(), Resources())
    stage.setup()
    labelled: list[LabelledTrack] = []
    progress.start("calibrate", drives)
    for seed in CALIBRATION_SEEDS[:drives]:
        condition = _CONDITIONS[seed % len(_CONDITIONS)]
        options = RoadSimulation(seed=seed, length_m=length_m, defects=int(length_m / 10), condition=condition)
        with tempfile.TemporaryDirectory() as scratch:
            simulate_road(replace(options, gps_noise_m=0.0), Path(scratch))
            labelled.extend(_label(Path(scratch), stage))
        progress.advance()
    return fit_calibration(labelled, f"{len(labelled)} tracks of {drives} simulated drives", detector.yolo.mask_logit)


def _label(folder: Path, stage: ExamineSegments) -> list[LabelledTrack]:
    info = probe(folder / "drive.mp4")
    trajectory = fit_trajectory(read_track(folder / "drive.gpx"), info)
    camera = read_camera(folder / "camera.toml", info.width_px, info.height_px)
    samples = plan_samples(info, Every.parse("3m"), trajectory.distance_at(info.frame_pts_ns))
    works = [SegmentWork(info, segment, None) for segment in split(info, samples)]
    examined = [frame for result in stage.process(works) for frame in result.frames]
    placed: list[tuple[Pose, ExaminedFrame]] = [
        (pose, frame) for frame in examined if (pose := trajectory.at(frame.pts_ns)).valid
    ]

    def place(point_m: np.ndarray[tuple[int, ...], np.dtype[np.float64]], error_m: float, pose: Pose) -> Place:
        return Place(float(point_m[1]), float(point_m[0]), error_m)  # local metres; only distances matter here

    rules = SightingRules(min_confidence=0.0)
    sightings, _ = ground_sightings(camera, placed, place, Calibration(), rules)
    truth = []
    for feature in json.loads((folder / "truth.geojson").read_text(encoding="utf-8"))["features"]:
        own = feature["properties"]
        name = own.get("kind") if own.get("distractor") else own["class_name"]
        if name == "patch" or not own.get("distractor"):
            longitude_deg, latitude_deg = feature["geometry"]["coordinates"]
            x_m, y_m = trajectory.frame.to_local(latitude_deg, longitude_deg)
            truth.append((str(name), x_m, y_m, float(own["length_m"])))
    return [
        LabelledTrack(
            sighting.class_name,
            tuple(frame.confidence for frame in sighting.frames),
            sighting.frames_expected,
            _is_true(sighting, truth),
        )
        for sighting in sightings
    ]


def _is_true(sighting: Sighting, truth: Sequence[tuple[str, float, float, float]]) -> bool:
    place = sighting.place
    if place is None or place.latitude_deg is None or place.longitude_deg is None:
        raise ValueError("calibration drives have positions")
    return any(
        same_kind(sighting.class_name, name)
        and np.hypot(place.longitude_deg - x_m, place.latitude_deg - y_m) <= _NEAR_M + 0.5 * length_m
        for name, x_m, y_m, length_m in truth
    )
