"""From a footage's examined frames to its sightings and its coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.box_tracks import track_by_box
from vision.calibration import Calibration
from vision.coverage import coverage_bins
from vision.errors import LocationError
from vision.roadside.sightings import JudgedThing, RoadsideJudging, Tally, roadside_sightings
from vision.sightings import PlaceOf, SightingRules, evidence_order, ground_sightings, sighting_frame, sighting_id
from vision.site import Site
from vision.trajectory import NO_HEADING_DEG, Trajectory
from vision.types import CoverageBin, ExaminedFrame, Float, Place, Pose, Sighting
from workflows.footage_plan import FootagePlan


@dataclass(frozen=True, slots=True)
class Located:
    """What one footage shows.

    Attributes:
        sightings: By time.
        coverage: Its own bins.
        left_out: Tracks whose calibrated confidence was too low to be a candidate.
        beside: Signs and signals, sound ones too; None where none were looked for.
    """

    sightings: tuple[Sighting, ...]
    coverage: tuple[CoverageBin, ...]
    left_out: int
    beside: tuple[JudgedThing, ...] | None = None

    @property
    def beside_counts(self) -> Counter[Tally]:
        """Signs and signals by what was made of them."""
        return Counter(thing.tally for thing in self.beside or ())


@dataclass(frozen=True, slots=True)
class RoadsideEyes:
    """How signs and signals are judged, where they are looked for."""

    calibration: Calibration
    judging: RoadsideJudging


def locate(
    plan: FootagePlan,
    examined: Sequence[ExaminedFrame],
    site: Site | None,
    calibration: Calibration,
    rules: SightingRules,
    roadside: RoadsideEyes | None = None,
) -> Located:
    """Join detections into sightings: on the ground where the camera's place is known, by box where it isn't."""
    coverage = tuple(coverage_bins(plan.info.footage_id, examined, plan.trajectory, site))
    placed: list[tuple[Pose, ExaminedFrame]] = []
    unplaced: list[ExaminedFrame] = []
    for frame in examined:
        pose = plan.trajectory.at(frame.pts_ns) if plan.trajectory is not None else None
        if pose is not None and pose.valid and pose.heading_error_deg < NO_HEADING_DEG:
            placed.append((pose, frame))
        else:
            unplaced.append(frame)
    sightings: list[Sighting] = []
    left_out = 0
    place_of = _namer(plan.trajectory, site) if plan.trajectory is not None else None
    if place_of is not None and placed:
        on_ground, left_out = ground_sightings(plan.camera, placed, place_of, calibration, rules)
        sightings.extend(on_ground)
    if unplaced:
        by_box, dropped = _box_sightings(plan, unplaced, calibration, rules)
        sightings.extend(by_box)
        left_out += dropped
    beside = None
    if roadside is not None:
        found = roadside_sightings(plan.camera, placed, unplaced, place_of, roadside.calibration, roadside.judging)
        sightings.extend(found.sightings)
        beside = found.things
    sightings.sort(key=lambda sighting: (sighting.frames[0].pts_ns, sighting.sighting_id))
    return Located(tuple(sightings), coverage, left_out, beside)


def _namer(trajectory: Trajectory, site: Site | None) -> PlaceOf:
    frame = trajectory.frame

    def place(point_m: Float, position_error_m: float, pose: Pose) -> Place:
        x_m, y_m = float(point_m[0]), float(point_m[1])
        if frame.kind == "chainage":
            route, chainage_m = frame.section_at(x_m)
            forward = np.sin(np.radians(pose.heading_deg)) >= 0
            return Place(
                None, None, position_error_m, route, chainage_m, y_m, None, "forward" if forward else "backward"
            )
        coordinates = frame.to_geographic(x_m, y_m)
        if coordinates is None:
            raise LocationError("a geographic frame must give coordinates")
        latitude_deg, longitude_deg = coordinates
        on_route = site.locate(latitude_deg, longitude_deg, pose.heading_deg) if site is not None else None
        if on_route is None:
            return Place(latitude_deg, longitude_deg, position_error_m, heading_deg=pose.heading_deg)
        return Place(
            latitude_deg,
            longitude_deg,
            position_error_m,
            on_route.route,
            on_route.chainage_m,
            on_route.lateral_m,
            pose.heading_deg,
            on_route.carriageway,
        )

    return place


def _box_sightings(
    plan: FootagePlan, frames: Sequence[ExaminedFrame], calibration: Calibration, rules: SightingRules
) -> tuple[list[Sighting], int]:
    """Make sightings without a place: footage, time and frame say where."""
    by_time = {frame.pts_ns: frame for frame in frames}
    sightings: list[Sighting] = []
    left_out = 0
    for track in track_by_box(frames, (plan.info.width_px, plan.info.height_px)):
        views = [sighting_frame(by_time[pts_ns], row, None) for pts_ns, row in track.views]
        span = [f for f in frames if views[0].pts_ns <= f.pts_ns <= views[-1].pts_ns and f.quality.reason is None]
        expected = max(len(span), len(views))
        confidence = calibration.probability(track.class_name, [view.confidence for view in views], expected)
        if confidence < rules.min_confidence:
            left_out += 1
            continue
        first_pts_ns, first_row = track.views[0]
        sightings.append(
            Sighting(
                sighting_id=sighting_id(plan.info.footage_id, track.class_name, first_pts_ns, first_row),
                footage_id=plan.info.footage_id,
                class_name=track.class_name,
                confidence=confidence,
                frames=tuple(views),
                frames_expected=expected,
                evidence_pts_ns=evidence_order(views, rules.evidence_frames),
                place=None,
            )
        )
    return sightings, left_out
