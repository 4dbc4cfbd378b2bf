"""What is to be done with each footage, settled before any frame is examined: times, places, camera, samples."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vision.camera import Camera, read_camera
from vision.camera_estimate import estimate_camera
from vision.camera_height import FramePair, estimate_height
from vision.errors import Failure, FootageError, InputError, TelemetryError
from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.footage.segments import split
from vision.ground_plane import image_points
from vision.lane_keeping import keep_to_lane
from vision.sampling import Every, plan_samples
from vision.site import Site
from vision.telemetry.read import find_sidecar, read_track
from vision.trajectory import Trajectory, fit_trajectory
from vision.types import FootageInfo, Frame, Image, Int, Segment
from workflows.progress import Progress

_CAMERA_FRAMES = 36
_GATE_FAR_M = 25.0
_DETECT_FAR_M = 26.0
_BESIDE_LOW_M, _BESIDE_OFFSET_M = 1.4, 2.5
"""The lower edge of a plate, over the road, and how far beside the lens it stands at least. VwV-StVO, to sections 39 to
43, III 13 a, hangs plates 2 m over the ground; what leans or was hit hangs lower."""

_BESIDE_DIP = math.radians(3.0)
"""A road that falls away ahead has its signs below the horizon."""

_BESIDE_WORTH = 0.9  # of the picture's height: cutting off less saves nothing
_PAIR_ATTEMPTS = 20
_PAIR_M = (2.0, 7.0)
_PAIR_TURN_DEG = 3.0


@dataclass(frozen=True, slots=True)
class FootagePlan:
    """One footage, ready to be examined.

    Attributes:
        info: What the probe found.
        name: File or folder name, for people.
        trajectory: None where the footage carries no position.
        position_note: Where positions come from, and how their clock was fitted; or that there are none.
        telemetry_sha256: Of the telemetry file; None without.
        camera: File, estimate or default.
        segments: All of them, with the frames to examine.
        ground_rows: Picture rows of the road ahead, for the quality gate.
        detect_from_row: First picture row that the detector need see.
        beside_to_row: Picture row below which no sign or signal stands; None where nobody knows.
    """

    info: FootageInfo
    name: str
    trajectory: Trajectory | None
    position_note: str
    telemetry_sha256: str | None
    camera: Camera
    segments: tuple[Segment, ...]
    ground_rows: tuple[int, int] | None
    detect_from_row: int
    beside_to_row: int | None = None

    @property
    def sampled(self) -> int:
        """Frames that are to be examined."""
        return sum(len(segment.sample_pts_ns) for segment in self.segments)

    def examination_key(self, settings_key: str) -> str:
        """Name the work on this footage by everything that can change its detections."""
        samples = hashlib.sha256(np.concatenate([s.sample_pts_ns for s in self.segments]).tobytes()).hexdigest()
        parts = [settings_key, samples, json.dumps([self.ground_rows, self.detect_from_row, self.beside_to_row])]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the user gave to go with the footage.

    Attributes:
        telemetry: None, one file for all footages, or one for each.
        camera: camera.toml; None to estimate.
        clock_offset_s: Added to the footage's clock; None to fit the clocks.
        every: Which frames to examine.
        site: Whose lanes tell where a vehicle is across the road; None without.
    """

    telemetry: tuple[Path, ...]
    camera: Path | None
    clock_offset_s: float | None
    every: Every
    site: Site | None = None


def plan_footages(
    paths: Sequence[Path], request: PlanRequest, progress: Progress
) -> tuple[list[FootagePlan], list[Failure]]:
    """Plan every footage; one that can't be used becomes a Failure.

    Raises:
        TelemetryError: There are several telemetry files, but not one for each footage.
        ConfigError: The camera file makes no sense.
        InputError: Not one footage can be used; it is the only footage's own error where there is only one.
    """
    if len(request.telemetry) > 1 and len(request.telemetry) != len(paths):
        raise TelemetryError(
            f"{len(request.telemetry)} telemetry files for {len(paths)} footages: give one for all, or one for each"
        )
    plans: list[FootagePlan] = []
    failures: list[Failure] = []
    errors: list[InputError] = []
    for index, path in enumerate(paths):
        telemetry = request.telemetry[index % len(request.telemetry)] if request.telemetry else None
        try:
            plans.append(_plan(path, telemetry, request))
        except InputError as err:
            errors.append(err)
            failures.append(Failure(str(path), None, type(err).__name__, str(err)))
            if len(paths) > 1:  # else it ends the run, which says it
                progress.note(f"left out: {err}")
        progress.advance()
    if not plans:
        if len(errors) == 1:
            raise errors[0]
        raise FootageError(f"none of {len(paths)} footages can be used; the first: {errors[0]}")
    kept = _without_copies(plans, failures)
    failures.extend(
        Failure(plan.info.footage_id, None, "FootageError", one) for plan in kept for one in plan.info.warnings
    )
    return kept, failures


def _without_copies(plans: list[FootagePlan], failures: list[Failure]) -> list[FootagePlan]:
    """Keep one of footages that are the same content under two names."""
    kept: dict[str, FootagePlan] = {}
    for plan in plans:
        first = kept.setdefault(plan.info.footage_id, plan)
        if first is not plan:
            message = f"{plan.info.path} is the same footage as {first.info.path}: inspected once"
            failures.append(Failure(plan.info.path, None, "FootageError", message))
    return list(kept.values())


def _plan(path: Path, telemetry: Path | None, request: PlanRequest) -> FootagePlan:
    info = probe(path)
    found = None if telemetry is not None else find_sidecar(path)
    telemetry = telemetry or found
    trajectory, note, digest = None, "no position: findings are named by footage, time and frame", None
    if telemetry is not None:
        trajectory = _fitted(info, telemetry, request.clock_offset_s, beside=found not in (None, path))
        if request.site is not None:
            trajectory = keep_to_lane(trajectory, request.site)
        note, digest = trajectory.offset_note, _digest(telemetry)
    distance_m = trajectory.distance_at(info.frame_pts_ns) if trajectory is not None else None
    camera = _camera(info, trajectory, request.camera)
    samples = plan_samples(info, request.every, distance_m)
    return FootagePlan(
        info=info,
        name=path.name,
        trajectory=trajectory,
        position_note=note,
        telemetry_sha256=digest,
        camera=camera,
        segments=split(info, samples),
        ground_rows=_ground_rows(camera),
        detect_from_row=_detect_from_row(camera) if trajectory is not None else 0,
        beside_to_row=beside_to_row(camera),
    )


def _fitted(info: FootageInfo, telemetry: Path, clock_offset_s: float | None, *, beside: bool) -> Trajectory:
    """Fit a track to its footage; an error names both, and how to go on without a track that nobody named."""
    try:
        return fit_trajectory(read_track(telemetry), info, clock_offset_s)
    except TelemetryError as err:
        without = f"; without positions: move {telemetry.name} away from beside the footage" if beside else ""
        raise TelemetryError(f"{info.path}: {err}{without}") from err


def _camera(info: FootageInfo, trajectory: Trajectory | None, path: Path | None) -> Camera:
    if path is not None:
        return read_camera(path, info.width_px, info.height_px)
    picked = info.frame_pts_ns[np.linspace(0, len(info.frame_pts_ns) - 1, _CAMERA_FRAMES).astype(int)]
    camera = estimate_camera(_pictures(info, np.unique(picked)), info.width_px, info.height_px)
    return estimate_height(camera, _frame_pairs(info, trajectory)) if trajectory is not None else camera


def _pictures(info: FootageInfo, pts_ns: Int) -> list[Image]:
    return [item.image for item in read_frames(info, pts_ns) if isinstance(item, Frame)]


def _frame_pairs(info: FootageInfo, trajectory: Trajectory) -> list[FramePair]:
    """Give pairs of frames a few metres apart on straight road, spread over the footage."""
    distance_m = trajectory.distance_at(info.frame_pts_ns)
    pairs = []
    for start in np.linspace(0, len(distance_m) - 2, _PAIR_ATTEMPTS).astype(int).tolist():
        beyond = np.flatnonzero(distance_m[start:] >= distance_m[start] + _PAIR_M[0])
        if not len(beyond):
            continue
        stop = start + int(beyond[0])
        times = info.frame_pts_ns[[start, stop]]
        before, after = trajectory.at(int(times[0])), trajectory.at(int(times[1]))
        turn_deg = abs((after.heading_deg - before.heading_deg + 180.0) % 360.0 - 180.0)
        travelled_m = float(distance_m[stop] - distance_m[start])
        if before.valid and after.valid and travelled_m <= _PAIR_M[1] and turn_deg <= _PAIR_TURN_DEG:
            pictures = _pictures(info, times)
            if len(pictures) == 2:
                pairs.append(FramePair(pictures[0], pictures[1], travelled_m))
    return pairs


def _ground_rows(camera: Camera) -> tuple[int, int] | None:
    far_row = image_points(camera, np.array([[_GATE_FAR_M, 0.0]]))[0, 1]
    top = int(np.clip(np.nan_to_num(far_row, nan=0.0), 0, camera.height_px * 0.8))
    return top, camera.height_px


def _detect_from_row(camera: Camera) -> int:
    """Give the row of the farthest road that a defect is placed on, raised by what the pitch may be wrong."""
    if camera.source == "default":
        return 0  # nobody knows where the road begins
    far_row = image_points(camera, np.array([[_DETECT_FAR_M, 0.0]]))[0, 1]
    doubt_px = camera.focal_px * math.radians(2.0 * camera.pitch_error_deg) + 0.02 * camera.height_px
    top = (
        np.nan_to_num(far_row, nan=0.0) - doubt_px - math.tan(math.radians(abs(camera.roll_deg))) * camera.width_px / 2
    )
    return int(np.clip(top, 0.0, 0.6 * camera.height_px))


def beside_to_row(camera: Camera) -> int | None:
    """Give the row of a low plate's lower edge where it leaves the picture sideways, lowered by what may be wrong."""
    if camera.source == "default":
        return None
    nearest_m = _BESIDE_OFFSET_M * 2.0 * camera.focal_px / camera.width_px
    below = math.atan2(camera.height_m + 2.0 * camera.height_error_m - _BESIDE_LOW_M, nearest_m)
    down = math.radians(camera.pitch_deg - 2.0 * camera.pitch_error_deg)
    row = camera.height_px / 2.0 + camera.focal_px * math.tan(max(below, _BESIDE_DIP) - down)
    row += 0.02 * camera.height_px + math.tan(math.radians(abs(camera.roll_deg))) * camera.width_px / 2.0
    return int(max(row, 0.3 * camera.height_px)) if row < _BESIDE_WORTH * camera.height_px else None


def _digest(path: Path) -> str:
    if path.is_dir():
        names = sorted(item.name for item in path.iterdir())
        return hashlib.sha256("|".join(names).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def camera_note(camera: Camera) -> str:
    """Say in a sentence which camera was assumed, and why."""
    origin = {
        "file": "from the camera file",
        "estimated": "pitch estimated from vanishing points, height from the road's motion where that shows",
        "default": "assumed: no camera file was given and the pictures show no clear horizon",
    }[camera.source]
    return (
        f"height {camera.height_m:.2f} ± {camera.height_error_m:.2f} m, "
        f"pitch {camera.pitch_deg:.1f} ± {camera.pitch_error_deg:.1f}° down, "
        f"horizontal field of view {camera.horizontal_fov_deg:.0f}° ({origin})"
    )


def settings_key(parts: dict[str, object]) -> str:
    """Hash settings into a key that names results made under them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def camera_key(camera: Camera) -> str:
    """Name a camera by its values."""
    return settings_key(asdict(camera))
