"""The values that pass between walkdown's vision parts, and out of them to the rooms that build on it.

Pixel-side arrays are frozen when made: a value that two stages hold can't change under one of them.
Time within footage is ``pts_ns``; windows of time are half-open, ``[start, end)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from vision.errors import InferenceError, InputError
from vision.roadside.looks import CropLook

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Image = NDArray[np.uint8]
"""(H, W, 3) uint8, BGR."""

T = TypeVar("T", bound=np.generic)


def frozen(array: NDArray[T]) -> NDArray[T]:
    """Give a read-only view, so that a shared array can't be written through."""
    view = array.view()
    view.setflags(write=False)
    return view


# --- footage -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FootageInfo:
    """What a probe found, without decoding a picture.

    Attributes:
        footage_id: Hex SHA-256 of the content (for a folder of images: of the images' digests in order).
        path: File or folder, as handed in.
        kind: A video file, still images in order, or what a camera showed live.
        width_px: Of the upright picture, after any rotation flag.
        height_px: Of the upright picture.
        frame_pts_ns: (N,) int64, ascending, from 0: time of every frame since the first.
        keyframe_pts_ns: (K,) int64, ascending: frames that decoding can start from.
        codec: Such as ``h264``; ``jpeg`` or ``png`` for images.
        clock: Where the times come from. ``index`` means that stills carried no time, and 1 s a still is assumed;
            ``arrival``, that a live picture's time is that of its coming.
        recorded_at: Aware UTC time of the first frame, where the file states one.
        image_paths: Files in order, for ``images``.
        warnings: What is wrong with it that doesn't stop the work (frames missing at its end), a sentence each.
    """

    footage_id: str
    path: str
    kind: Literal["video", "images", "live"]
    width_px: int
    height_px: int
    frame_pts_ns: Int
    keyframe_pts_ns: Int
    codec: str
    clock: Literal["container", "exif", "index", "arrival"]
    recorded_at: datetime | None = None
    image_paths: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Time from the first frame to the last."""
        return float(self.frame_pts_ns[-1] - self.frame_pts_ns[0]) / 1e9


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    Attributes:
        footage_id: Where it is from.
        pts_ns: When, since the first frame of the footage.
        image: (H, W, 3) uint8 BGR, upright, read-only.
    """

    footage_id: str
    pts_ns: int
    image: Image


@dataclass(frozen=True, slots=True)
class Segment:
    """A keyframe-aligned stretch of footage: the unit of work, and of resuming.

    Attributes:
        footage_id: Whose stretch.
        index: Order within the footage, from 0.
        start_pts_ns: First moment that belongs to it.
        end_pts_ns: First moment that no longer does.
        sample_pts_ns: (M,) int64: the frames in it that are to be examined.
    """

    footage_id: str
    index: int
    start_pts_ns: int
    end_pts_ns: int
    sample_pts_ns: Int


# --- where the camera was ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TelemetryTrack:
    """Positions as a telemetry file gives them, before they are fitted to footage.

    Exactly one of ``utc_ns``, ``footage_ns`` and ``frame_index`` says when; exactly one of positions and chainage says
    where.

    Attributes:
        source: The reader's name and the file, such as ``gpx drive.gpx``.
        utc_ns: (N,) int64 nanoseconds since 1970 UTC.
        footage_ns: (N,) int64 nanoseconds since the first frame.
        frame_index: (N,) int64 frame numbers.
        latitude_deg: (N,) float64, WGS 84.
        longitude_deg: (N,) float64, WGS 84.
        horizontal_error_m: (N,) float64, 1 sigma radial, NaN where the file says nothing.
        chainage_m: (N,) float64 along ``route``.
        route: Name of the road section that chainage counts along.
        routes: N names, in place of ``route``, where a file covers several sections.
        image_names: N file names, where each position was read from a still: footage made of those stills is matched
            by name, whatever its clock.
    """

    source: str
    utc_ns: Int | None = None
    footage_ns: Int | None = None
    frame_index: Int | None = None
    latitude_deg: Float | None = None
    longitude_deg: Float | None = None
    horizontal_error_m: Float | None = None
    chainage_m: Float | None = None
    route: str | None = None
    routes: tuple[str, ...] | None = None
    image_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if sum(a is not None for a in (self.utc_ns, self.footage_ns, self.frame_index)) != 1:
            raise InputError(f"{self.source}: a track needs exactly one kind of time")
        if (self.latitude_deg is None) == (self.chainage_m is None):
            raise InputError(f"{self.source}: a track needs either positions or chainage")


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera was at one moment, in the local frame of its trajectory.

    Attributes:
        x_m: East of the frame's origin, or chainage in a chainage frame.
        y_m: North of the origin, or 0 in a chainage frame (left of the route is positive).
        heading_deg: Direction of travel, clockwise from the +y axis (north). In a chainage frame, 90: along +x.
        speed_mps: Along the heading.
        distance_m: Travelled since the footage began.
        error_m: 1 sigma radial error of (x, y).
        heading_error_deg: 1 sigma.
        valid: False in a drop-out too long to bridge, before the first fix and after the last: the place is not known.
    """

    x_m: float
    y_m: float
    heading_deg: float
    speed_mps: float
    distance_m: float
    error_m: float
    heading_error_deg: float
    valid: bool


# --- detections --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Detections:
    """What a detector found in one frame, as structure of arrays.

    Attributes:
        footage_id: Where the frame is from.
        pts_ns: When.
        xyxy: (N, 4) float32, pixels of the upright frame, corners.
        confidence: (N,) float32 in [0, 1].
        class_id: (N,) int64 into ``class_names``.
        class_names: The model's classes.
        outlines: N arrays (K, 2) float32: polygon in pixels, or (0, 2) from a model that gives boxes only.
    """

    footage_id: str
    pts_ns: int
    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: Int
    class_names: tuple[str, ...]
    outlines: tuple[NDArray[np.float32], ...]

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        if self.xyxy.shape != (count, 4):
            raise InferenceError(f"boxes have shape {self.xyxy.shape}, expected (N, 4)")
        if not len(self.confidence) == len(self.class_id) == len(self.outlines) == count:
            raise InferenceError(
                f"{count} boxes, {len(self.confidence)} confidences, {len(self.class_id)} classes, "
                f"{len(self.outlines)} outlines: expected as many of each"
            )

    def __len__(self) -> int:
        return len(self.xyxy)


RefusalReason = Literal["too_dark", "overexposed", "blurred", "blocked_lens", "not_a_road", "undecodable"]


@dataclass(frozen=True, slots=True)
class FrameQuality:
    """What the quality gate made of one frame.

    Attributes:
        reason: Why the frame can't be judged; None if it can.
        sharpness: Variance of the Laplacian over the examined ground at a fixed scale, grey levels squared.
        brightness: Mean grey level of the examined ground, 0 to 255.
    """

    reason: RefusalReason | None
    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True)
class RoadsideFrame:
    """What stands beside the road in one frame: signs and signal heads, and what each looked like.

    Attributes:
        detections: Of the roadside detector, over the whole picture.
        looks: One a detection.
    """

    detections: Detections
    looks: tuple[CropLook, ...]

    def __post_init__(self) -> None:
        if len(self.looks) != len(self.detections):
            raise InferenceError(f"{len(self.detections)} roadside boxes, {len(self.looks)} looks: expected as many")


@dataclass(frozen=True, slots=True)
class ExaminedFrame:
    """One sampled frame after the gate and the detectors."""

    pts_ns: int
    quality: FrameQuality
    detections: Detections | None
    """None where the gate refused the frame."""
    roadside: RoadsideFrame | None = None
    """None where the gate refused the frame, or no roadside detector looked at it."""


# --- places and sightings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured quantity with its 1 sigma error, in the unit that the field's name ends in."""

    value: float
    error: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.error)):
            raise InferenceError(f"measure {self.value} ± {self.error} is not finite")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a defect is: the defect's own place, not the camera's.

    Attributes:
        latitude_deg: WGS 84; None where only chainage is known.
        longitude_deg: WGS 84; None where only chainage is known.
        position_error_m: 1 sigma radial.
        route: Road section, where a site or chainage file names one.
        chainage_m: Along the route.
        lateral_m: Left of the route's centre line is positive; None without a route.
        heading_deg: Direction of travel that it was seen in, clockwise from north; None in a chainage frame.
        carriageway: ``forward`` if driven along rising chainage, ``backward`` against it; None without a route.
    """

    latitude_deg: float | None
    longitude_deg: float | None
    position_error_m: float
    route: str | None = None
    chainage_m: float | None = None
    lateral_m: float | None = None
    heading_deg: float | None = None
    carriageway: Literal["forward", "backward"] | None = None


@dataclass(frozen=True, slots=True)
class SightingFrame:
    """One frame's view of a defect.

    Attributes:
        pts_ns: When.
        xyxy: Box in pixels of the upright frame.
        confidence: The detector's.
        outline: Polygon in pixels; empty from a box-only model.
        range_m: Ground distance from the camera; None without geometry.
        sharpness: As the quality gate measured it.
    """

    pts_ns: int
    xyxy: tuple[float, float, float, float]
    confidence: float
    outline: tuple[tuple[float, float], ...]
    range_m: float | None
    sharpness: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """One defect as one footage shows it: a track, located and measured.

    Attributes:
        sighting_id: From footage, class and first frame, so that a rerun gives the same.
        footage_id: Where it was seen.
        class_name: Such as ``pothole``.
        confidence: Calibrated probability that it is what it is called, over all its frames.
        frames: Every view, by time.
        frames_expected: Valid examined frames in which the place was in good view, seen or not; at least len(frames).
        evidence_pts_ns: The best views (nearest, sharpest), best first.
        place: None where the footage carries no position; then footage and time say where.
        area_m2: None without geometry.
        length_m: Along the longest axis.
        width_m: Across it.
        condition: What is wrong with a sign or a signal and how it was told, in sentences; None for other defects.
    """

    sighting_id: str
    footage_id: str
    class_name: str
    confidence: float
    frames: tuple[SightingFrame, ...]
    frames_expected: int
    evidence_pts_ns: tuple[int, ...]
    place: Place | None
    area_m2: Measure | None = None
    length_m: Measure | None = None
    width_m: Measure | None = None
    condition: str | None = None


CoverageState = Literal["valid", "invalid", "not_driven"]


@dataclass(frozen=True, slots=True)
class CoverageBin:
    """Ten metres of road, and whether they were validly seen.

    Attributes:
        start_m: Along the route (chainage), or along the drive where there is no route. ``[start_m, end_m)``.
        end_m: End of the bin.
        route: Road section; None for a bin along the drive.
        state: ``not_driven`` only where a route says that there is road.
        reasons: Refusals that made it invalid, each with its number of frames.
        line: ((longitude, latitude), ...) of the bin; empty without positions.
        footage_id: Whose frames saw it; None where not driven.
        carriageway: Direction along the route; None without a route.
        first_pts_ns: First frame that shows it; None where not driven.
        last_pts_ns: Last frame that shows it.
    """

    start_m: float
    end_m: float
    route: str | None
    state: CoverageState
    reasons: dict[str, int] = field(default_factory=dict)
    line: tuple[tuple[float, float], ...] = ()
    footage_id: str | None = None
    carriageway: Literal["forward", "backward"] | None = None
    first_pts_ns: int | None = None
    last_pts_ns: int | None = None
