"""A simulated line: parts of one class passing a station's camera, equipment beside it, the truth about both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.simulation.line.equipment import WATCH_REGION, PlannedWatch, equipment_picture, plan_watch
from vision.simulation.line.options import DEFECT_KINDS, DefectKind, LineSimulation, MarkerKind
from vision.simulation.line.part import PartPicture, PartSeries, make_part, plan_series, raster_scale
from vision.simulation.line.planting import PlantedDefect, Wanted
from vision.simulation.line.station import Picture, Pose, StationCamera, StationLook, plan_station
from vision.simulation.random_streams import Field, random_stream

LINE_NAME, STATION_NAME, ASSET_NAME, PART_CLASS = "Line A", "S2", "Conveyor C-07", "housing"
REGION = (0.1, 0.2, 0.9, 0.8)
"""Where parts are looked at: left, top, right, bottom as fractions of the picture."""
LIMITS_MM: dict[DefectKind, float] = {"scratch": 10.0, "pit": 4.0, "stain": 10.0, "chipped_edge": 6.0}
"""Greatest allowed length; a crack is never allowed."""

_CLEAR_OF_LIMIT = (0.8, 1.25)
_BELT_ROWS = (0.17, 0.86)
_TAKT_S = 2.0
_FAULTY_SHARE = 0.6
_EXPOSURE_S = 0.002
_TRIES = 12


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One part on the belt.

    Attributes:
        number: From 1, in the order of passing.
        payload: What its code says; None without one.
        along_px: Way of its middle ahead of the first part's, against the belt's travel.
        y_px: Of its middle.
        turn_deg: Of the part.
    """

    number: int
    payload: str | None
    along_px: float
    y_px: float
    turn_deg: float


class SimulatedLine:
    """Parts pass from left to right; all of it follows from the options.

    Attributes:
        options: What was asked for.
        parts: In the order of passing.
        watch: The equipment in the corner.
    """

    def __init__(self, options: LineSimulation) -> None:
        self.options = options
        rng = random_stream(options.seed, "line")
        scale = options.mm_per_px / 0.25
        length_mm = float(rng.uniform(74.0, 90.0)) * scale
        self._camera = StationCamera(_fair_look(plan_station(rng, (options.width_px, options.height_px), options.seed)))
        self._series, self._marked = _series_with_room(options, length_mm, self._camera)
        self._length_px = length_mm / options.mm_per_px
        pitch_px = self._length_px * float(rng.uniform(1.4, 1.7))
        self._speed_px_s = pitch_px / _TAKT_S
        self.parts = [self._plan_part(number, pitch_px) for number in range(1, options.parts + 1)]
        self.watch: PlannedWatch = plan_watch(options.seed, self.duration_s)
        self._pictures: dict[int, PartPicture] = {}

    @property
    def duration_s(self) -> float:
        """Footage time until the last part has left the picture."""
        way = self.parts[-1].along_px + self.options.width_px + 1.3 * self._length_px
        return way / self._speed_px_s

    @property
    def frame_count(self) -> int:
        """Frames of the footage."""
        return int(np.ceil(self.duration_s * self.options.fps))

    def frames(self) -> Iterator[Picture]:
        """Render the frames in order, (H, W, 3) uint8 BGR."""
        for index in range(self.frame_count):
            yield self.render(index)

    def render(self, index: int) -> Picture:
        """Render one frame; a frame doesn't depend on those before it."""
        time_s = index / self.options.fps
        scene, gloss = self._camera.belt(self._speed_px_s * time_s), self._camera.empty_gloss()
        for part in self.parts:
            pose = self._pose(part, time_s)
            if -0.7 * self._length_px < pose.x_px < self.options.width_px + 0.7 * self._length_px:
                self._camera.lay(scene, gloss, self.picture(part), pose)
            else:
                self._pictures.pop(part.number, None)
        self._add_frame(scene, gloss, self.watch.state(time_s))
        return self._camera.exposed(scene, gloss, index, (self._speed_px_s * _EXPOSURE_S, 0.0))

    def render_equipment(self, state: str, number: int) -> Picture:
        """Give a picture of the empty station with the equipment in some state, for training its states."""
        scene, gloss = self._camera.belt(97.0 * number), self._camera.empty_gloss()
        self._add_frame(scene, gloss, state)
        return self._camera.exposed(scene, gloss, 1_000_000 + number)

    def picture(self, part: PlannedPart) -> PartPicture:
        """Give a part with its defects, none of which is near its limit: which side such a one is on is for a gauge."""
        if part.number not in self._pictures:
            self._pictures[part.number] = self._make(part)
        return self._pictures[part.number]

    def outlines(self, time_s: float) -> Iterator[tuple[DefectKind, NDArray[np.float64]]]:
        """Give kind and outline, (N, 2) px of the frame, of each defect of the parts near the picture at a time."""
        for part in self.parts:
            pose = self._pose(part, time_s)
            if -0.7 * self._length_px < pose.x_px < self.options.width_px + 0.7 * self._length_px:
                for defect in self.picture(part).defects:
                    yield defect.kind, pose.to_picture(defect.outline_mm)

    def truth(self) -> dict[str, Any]:
        """Give what truth.json holds.

        Times are footage seconds: a part *enters* and *leaves* when its middle passes the region's upstream and
        downstream edge, and is in the *centre* halfway. Lengths are those of the smallest box, of any direction, round
        a defect's outline, in mm of part coordinates (origin in the middle of the part, x right, y down).
        """
        options, watch = self.options, self.watch
        end = self.frame_count / options.fps
        return {
            "seed": options.seed,
            "fps": options.fps,
            "frame_count": self.frame_count,
            "width": options.width_px,
            "height": options.height_px,
            "mm_per_px": options.mm_per_px,
            "station": STATION_NAME,
            "line": LINE_NAME,
            "asset": ASSET_NAME,
            "parts": [self._part_truth(part) for part in self.parts],
            "watch": [
                {"name": watch.name, "from_s": 0.0, "to_s": watch.changes_s, "state": watch.sound},
                {"name": watch.name, "from_s": watch.changes_s, "to_s": round(end, 3), "state": watch.faulty},
            ],
        }

    def _part_truth(self, part: PlannedPart) -> dict[str, Any]:
        left, centre, right = (
            self._when(part, share) for share in (REGION[0], 0.5 * (REGION[0] + REGION[2]), REGION[2])
        )
        defects = self._make(part).defects
        outline = self._pose(part, centre).to_picture(self._series.shape.outline_mm)
        return {
            "number": part.number,
            "part_id": part.payload,
            "marker": self.options.marker,
            "enters_s": round(left, 3),
            "leaves_s": round(right, 3),
            "centre_s": round(centre, 3),
            "outline_px_at_centre": np.round(outline, 1).tolist(),
            "verdict": "reject" if any(map(is_rejected, defects)) else "ok",
            "defects": [_defect_truth(defect) for defect in defects],
        }

    def _when(self, part: PlannedPart, share: float) -> float:
        way = share * self.options.width_px + 0.6 * self._length_px + part.along_px
        return float(way / self._speed_px_s)

    def _pose(self, part: PlannedPart, time_s: float) -> Pose:
        x = self._speed_px_s * time_s - part.along_px - 0.6 * self._length_px
        return Pose(float(x), part.y_px, part.turn_deg, self.options.mm_per_px)

    def _plan_part(self, number: int, pitch_px: float) -> PlannedPart:
        rng = random_stream(self.options.seed, "part", number)
        middle = 0.5 * (REGION[1] + REGION[3]) * self.options.height_px
        along = pitch_px * (number - 1 + float(rng.uniform(-0.06, 0.06)) * (number > 1))
        payload = _payload(self.options, number) if self._marked else None
        return PlannedPart(number, payload, along, middle + float(rng.normal(0.0, 3.0)), float(rng.normal(0.0, 1.2)))

    def _make(self, part: PlannedPart) -> PartPicture:
        marker = (self.options.marker, part.payload) if part.payload is not None else None
        light = self._camera.look.face_light
        for attempt in range(_TRIES):
            rng = random_stream(self.options.seed, "face", part.number, attempt)
            made = make_part(self._series, _wanted(rng, self._series), light, rng, marker)
            if all(map(_is_clear, made.defects)):
                return made
        rng = random_stream(self.options.seed, "face", part.number, _TRIES)
        return make_part(self._series, [], light, rng, marker)

    def _add_frame(self, scene: Field, gloss: Field, state: str) -> None:
        """Draw the machine's frame above and below the belt, and the equipment on it."""
        height, width = scene.shape[:2]
        top, bottom = (int(share * height) for share in _BELT_ROWS)
        for rows in (slice(0, top), slice(bottom, height)):
            scene[rows] = (0.33, 0.34, 0.35)
            gloss[rows] = 0.05
        for row in (top, bottom):
            scene[row - 3 : row + 3] = (0.55, 0.56, 0.57)
        left, first, right, last = (
            round(share * side) for share, side in zip(WATCH_REGION, (width, height) * 2, strict=True)
        )
        scene[first:last, left:right] = equipment_picture(self.watch, state, (right - left, last - first))


def is_rejected(defect: PlantedDefect) -> bool:
    """Tell whether a defect is beyond its limit."""
    return defect.length_mm > LIMITS_MM.get(defect.kind, 0.0)


def _is_clear(defect: PlantedDefect) -> bool:
    limit = LIMITS_MM.get(defect.kind)
    if limit is None:
        return True
    share = defect.length_mm / limit
    return share <= _CLEAR_OF_LIMIT[0] or share >= _CLEAR_OF_LIMIT[1]


def _defect_truth(defect: PlantedDefect) -> dict[str, Any]:
    return {
        "kind": defect.kind,
        "length_mm": round(defect.length_mm, 2),
        "width_mm": round(defect.width_mm, 2),
        "area_mm2": round(defect.area_mm2, 2),
        "outline_mm": np.round(defect.outline_mm, 2).tolist(),
    }


def _wanted(rng: np.random.Generator, series: PartSeries) -> list[Wanted]:
    if rng.random() >= _FAULTY_SHARE:
        return []
    wanted = []
    for _ in range(1 + int(rng.random() < 0.3)):
        kind = DEFECT_KINDS[int(rng.integers(len(DEFECT_KINDS)))]
        share = float(rng.uniform(0.45, 0.72) if rng.random() < 0.4 else rng.uniform(1.4, 2.2))
        length = LIMITS_MM[kind] * share if kind in LIMITS_MM else float(rng.uniform(6.0, 18.0))
        wanted.append(Wanted(kind, length, float(rng.uniform(18.0, 34.0)), raster_scale(series)))
    return wanted


def _payload(options: LineSimulation, number: int) -> str | None:
    first = int(random_stream(options.seed, "serial").integers(100_000, 900_000))
    names: dict[MarkerKind, str | None] = {
        "qr": f"HSG-{first + number}",
        "aruco": str((first + number) % 250),
        "apriltag": str((first + number) % 587),
        "none": None,
    }
    return names[options.marker]


def _series_with_room(options: LineSimulation, length_mm: float, camera: StationCamera) -> tuple[PartSeries, bool]:
    """Choose a series of parts that have room for their code."""
    series = None
    for attempt in range(_TRIES):
        seed = int(random_stream(options.seed, "series of line", attempt).integers(2**31))
        planned = plan_series(seed, length_mm, options.mm_per_px, "housing", options.marker)
        series = replace(planned, label_mm=None, shape=replace(planned.shape, pocket_mm=None))
        if options.marker == "none":
            return series, False
        trial = (options.marker, _payload(options, 1) or "")
        if make_part(series, [], camera.look.face_light, random_stream(seed), trial).marker_mm is not None:
            return series, True
    assert series is not None
    return series, False


def _fair_look(look: StationLook) -> StationLook:
    """Light a station as whoever sets one up would: evenly enough, not too dark, few lamps mirrored."""
    return replace(
        look,
        gradient=0.5 * look.gradient,
        glares=tuple((*glare[:4], 0.4 * glare[4]) for glare in look.glares[:1]),
        blur_px=min(look.blur_px, 0.7),
        noise=0.7 * look.noise,
        gain=float(np.clip(look.gain, 0.9, 1.2)),
    )
