"""From roadside detections to located sightings of what is wrong, and a count of what isn't.

A sound sign and a healthy signal make no sighting; neither does what can't be judged. Both are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Literal

import numpy as np

from vision.box_tracks import track_by_box
from vision.calibration import Calibration
from vision.camera import Camera
from vision.roadside.head_states import StateRules, is_no_head, with_likeliest_states
from vision.roadside.kinds import SIGN_KINDS, SIGNAL_STATES
from vision.roadside.looks import CropLook
from vision.roadside.reading import agreed_text
from vision.roadside.roadside_tracks import RoadsideRules, RoadsideTrack, track_roadside
from vision.roadside.sign_condition import SignCondition, SignRules, judge_sign
from vision.roadside.signal_judgement import SignalRules, judge_signal
from vision.roadside.signal_timeline import HeadView
from vision.roadside.standing import Standing, expect
from vision.sightings import PlaceOf, evidence_order, sighting_frame, sighting_id
from vision.types import ExaminedFrame, Place, Pose, RoadsideFrame, Sighting, SightingFrame

SIGNAL_CLASSES = {
    "all_dark": "signal_dark",
    "lens_dark": "signal_lens_dark",
    "flashing": "signal_flashing",
    "stuck": "signal_stuck",
    "obscured": "signal_obscured",
}

Tally = Literal[
    "signs_sound", "signs_faulty", "signs_not_assessable",
    "signals_healthy", "signals_faulty", "signals_not_assessable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoadsideJudging:
    """How roadside tracks become sightings.

    Attributes:
        tracks: When two views are one thing.
        signs: When a sign is faulty.
        states: How a head's states follow from single frames.
        signals: When a signal is faulty.
        min_frames: A thing seen in fewer frames is left out: a state and a condition need more than one.
        min_confidence: A thing whose confidence over its frames stays under this is no candidate.
        evidence_frames: How many of the best views to name.
        edge: Views whose box is this near to the picture's edge, of its width, tell no condition.
    """

    tracks: RoadsideRules = field(default_factory=RoadsideRules)
    signs: SignRules = field(default_factory=SignRules)
    states: StateRules = field(default_factory=StateRules)
    signals: SignalRules = field(default_factory=SignalRules)
    min_frames: int = 2
    min_confidence: float = 0.35
    evidence_frames: int = 2
    edge: float = 0.004


@dataclass(frozen=True, slots=True)
class JudgedThing:
    """One sign or head, sound ones too, and what was made of it.

    Attributes:
        class_name: That most confidence speaks for.
        tally: What it counts as.
        faults: Class names of its sightings; empty where nothing is called wrong.
        reasons: What was seen, one for each fault; else why it is sound or can't be judged.
        frames: That show it.
        place: None without geometry.
        lenses: Of a head, that are dark, flash or stay.
        text: What a sign says; None where it wasn't read.
    """

    class_name: str
    tally: Tally
    faults: tuple[str, ...]
    reasons: tuple[str, ...]
    frames: int
    place: Place | None
    lenses: frozenset[str] = frozenset()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RoadsideFound:
    """What stands beside one footage's road.

    Attributes:
        sightings: One for each fault of each thing, by time.
        things: Everything that was judged; what was left out isn't here.
    """

    sightings: tuple[Sighting, ...]
    things: tuple[JudgedThing, ...]

    @property
    def counts(self) -> Counter[Tally]:
        """Things by what was made of them."""
        return Counter(thing.tally for thing in self.things)


@dataclass(frozen=True, slots=True)
class _Thing:
    """One sign or head with its views.

    Attributes:
        class_name: That most confidence speaks for.
        views: (frame, row in its roadside detections, ground distance or None), by time.
        missed: Frames that should show it and didn't, each with the height that its box would have.
        place: None without geometry.
        place_note: How its distance was told; empty without geometry.
    """

    class_name: str
    views: tuple[tuple[ExaminedFrame, int, float | None], ...]
    missed: tuple[tuple[int, float], ...] = ()
    place: Place | None = None
    place_note: str = ""


def roadside_sightings(
    camera: Camera,
    placed: Sequence[tuple[Pose, ExaminedFrame]],
    unplaced: Sequence[ExaminedFrame],
    place_of: PlaceOf | None,
    calibration: Calibration,
    judging: RoadsideJudging,
) -> RoadsideFound:
    """Judge everything beside the road of one footage.

    Args:
        camera: That took every frame.
        placed: Frames with valid poses, ascending in time.
        unplaced: Frames without; followed by their boxes alone, they give sightings without a place.
        place_of: Names a point of the trajectory's local frame; None where no frame is placed.
        calibration: Of the roadside detector.
        judging: How.
    """
    things = _unplaced_things(unplaced, camera)
    if place_of is not None and placed:
        things = [*_placed_things(camera, placed, place_of, judging.tracks), *things]
    sightings: list[Sighting] = []
    judged: list[JudgedThing] = []
    for thing in things:
        expected = len(thing.views) + len(thing.missed)
        confidences = [float(_roadside(frame).detections.confidence[row]) for frame, row, _ in thing.views]
        confidence = calibration.probability(thing.class_name, confidences, expected)
        if len(thing.views) < judging.min_frames or confidence < judging.min_confidence:
            continue
        if is_no_head([_look(frame, row).shows for frame, row, _ in thing.views], judging.states):
            continue
        verdict = _judge(thing, camera, judging)
        judged.append(verdict)
        pairs = zip(verdict.faults, verdict.reasons, strict=False)
        says = f" It reads “{verdict.text}”." if verdict.text is not None else ""
        sightings.extend(_sighting(thing, name, f"{reason}{says}", confidence, judging) for name, reason in pairs)
    sightings.sort(key=lambda sighting: (sighting.frames[0].pts_ns, sighting.sighting_id))
    return RoadsideFound(tuple(sightings), tuple(judged))


def _placed_things(
    camera: Camera, placed: Sequence[tuple[Pose, ExaminedFrame]], place_of: PlaceOf, rules: RoadsideRules
) -> list[_Thing]:
    looked = [(pose, frame) for pose, frame in placed if frame.roadside is not None]
    by_time = {frame.pts_ns: frame for _, frame in looked}
    found = ((pose, _roadside(frame).detections) for pose, frame in looked)
    return [_placed_thing(camera, track, by_time, looked, place_of) for track in track_roadside(camera, found, rules)]


def _placed_thing(
    camera: Camera,
    track: RoadsideTrack,
    by_time: dict[int, ExaminedFrame],
    looked: Sequence[tuple[Pose, ExaminedFrame]],
    place_of: PlaceOf,
) -> _Thing:
    standing = track.standing
    views = []
    for view in track.views:
        range_m = float(np.hypot(*(standing.point_m - np.array([view.pose.x_m, view.pose.y_m]))))
        views.append((by_time[view.pts_ns], view.index, range_m))
    last = track.views[-1].pose
    error_m = sqrt(last.error_m**2 + float(np.trace(standing.covariance_m2)))  # heading's error is in it already
    by_size = standing.ranged_by == "size"
    note = f"Stands {standing.height_m.value:.1f} ± {standing.height_m.error:.1f} m over the road."
    return _Thing(
        class_name=track.class_name,
        views=tuple(views),
        missed=tuple(_missed(camera, track, standing, looked)),
        place=place_of(standing.point_m, error_m, last),
        place_note=f"{note} Its distance rests on the usual size of such a thing." if by_size else note,
    )


def _missed(
    camera: Camera, track: RoadsideTrack, standing: Standing, looked: Iterable[tuple[Pose, ExaminedFrame]]
) -> list[tuple[int, float]]:
    """Give the frames from the first view on that should show it whole and gave no box of it."""
    seen = {view.pts_ns for view in track.views}
    last_m = track.views[-1].pose.distance_m + 40.0
    missed = []
    for pose, frame in looked:
        if frame.pts_ns in seen or frame.pts_ns < track.views[0].pts_ns or pose.distance_m > last_m:
            continue
        expected = expect(camera, pose, standing)
        column, row, log_height = expected.measured.tolist()
        half_px = float(np.exp(log_height)) / 2.0
        inside = (
            half_px < column < camera.width_px - half_px and half_px < row < camera.height_px - half_px
        )  # a box at the edge may well be missed
        if expected.depth_m > 1.0 and inside:
            missed.append((frame.pts_ns, 2.0 * half_px))
    return missed


def _unplaced_things(frames: Sequence[ExaminedFrame], camera: Camera) -> list[_Thing]:
    """Follow things by their boxes; a head goes by one name, whatever it shows."""
    looked = [frame for frame in frames if frame.roadside is not None]
    if not looked:
        return []
    by_time = {frame.pts_ns: frame for frame in looked}
    tracks = track_by_box([_one_name_a_thing(frame) for frame in looked], (camera.width_px, camera.height_px))
    things = []
    for track in tracks:
        views = tuple((by_time[pts_ns], row, None) for pts_ns, row in track.views)
        names = Counter(_name(frame, row) for frame, row, _ in views)
        things.append(_Thing(class_name=names.most_common(1)[0][0], views=views))
    return things


def _one_name_a_thing(frame: ExaminedFrame) -> ExaminedFrame:
    detections = _roadside(frame).detections
    names = ("signal", *SIGN_KINDS)
    ids = [
        names.index(name) if name in SIGN_KINDS else 0
        for name in (detections.class_names[index] for index in detections.class_id.tolist())
    ]
    return replace(
        frame, detections=replace(detections, class_id=np.array(ids, dtype=np.int64), class_names=names), roadside=None
    )


def _judge(thing: _Thing, camera: Camera, judging: RoadsideJudging) -> JudgedThing:
    text = agreed_text([_look(frame, row) for frame, row, _ in thing.views])

    def judged(tally: Tally, reasons: Sequence[str], faults: Sequence[str] = ()) -> JudgedThing:
        frames = len(thing.views)
        return JudgedThing(thing.class_name, tally, tuple(faults), tuple(reasons), frames, thing.place, text=text)

    if thing.class_name in SIGNAL_STATES:
        signal = judge_signal(_head_views(thing, camera, judging), judging.signals)
        if signal.fault == "none":
            return judged("signals_healthy", [signal.reason])
        if signal.fault == "not_assessable":
            return judged("signals_not_assessable", [signal.reason])
        faulty = judged("signals_faulty", [signal.reason], [SIGNAL_CLASSES[signal.fault]])
        return replace(faulty, lenses=frozenset(signal.lenses))
    looks = [_look(frame, row) for frame, row, _ in thing.views if not _is_cut(_box(frame, row), camera, judging.edge)]
    condition = judge_sign(SIGN_KINDS[thing.class_name], looks, judging.signs, camera.roll_deg)
    if not condition.judged:
        return judged("signs_not_assessable", condition.not_assessable)
    if not condition.faults:
        return judged("signs_sound", condition.not_assessable)
    reasons = [f"{fault.reason} {_left_out(condition)}" for fault in condition.faults]
    return judged("signs_faulty", reasons, [f"sign_{fault.name}" for fault in condition.faults])


def _head_views(thing: _Thing, camera: Camera, judging: RoadsideJudging) -> list[HeadView]:
    views = [
        HeadView(
            pts_ns=frame.pts_ns,
            state=SIGNAL_STATES.get(_name(frame, row)),
            confidence=float(_roadside(frame).detections.confidence[row]),
            height_px=_box(frame, row)[3] - _box(frame, row)[1],
            lamps=_look(frame, row).lamps,
            covered=_look(frame, row).leaves,
            shows=_look(frame, row).shows,
        )
        for frame, row, _ in thing.views
        if not _is_cut(_box(frame, row), camera, judging.edge)  # what lies beyond the edge may be lit
    ]
    views = with_likeliest_states(views, judging.states)
    views.extend(HeadView(pts_ns, None, 0.0, height_px) for pts_ns, height_px in thing.missed)
    return sorted(views, key=lambda view: view.pts_ns)


def _left_out(condition: SignCondition) -> str:
    return f"Not judged: {'; '.join(condition.not_assessable)}."


def _sighting(thing: _Thing, class_name: str, reason: str, confidence: float, judging: RoadsideJudging) -> Sighting:
    first, row, _ = thing.views[0]
    footage_id = _roadside(first).detections.footage_id
    frames = tuple(_frame(frame, row, range_m) for frame, row, range_m in thing.views)
    return Sighting(
        sighting_id=sighting_id(footage_id, class_name, first.pts_ns, row),
        footage_id=footage_id,
        class_name=class_name,
        confidence=confidence,
        frames=frames,
        frames_expected=len(thing.views) + len(thing.missed),
        evidence_pts_ns=evidence_order(frames, judging.evidence_frames),
        place=thing.place,
        condition=f"{reason} {thing.place_note}".rstrip(),
    )


def _frame(frame: ExaminedFrame, row: int, range_m: float | None) -> SightingFrame:
    return sighting_frame(replace(frame, detections=_roadside(frame).detections), row, range_m)


def _is_cut(box: tuple[float, float, float, float], camera: Camera, edge: float) -> bool:
    margin = edge * camera.width_px
    return min(box[0], box[1], camera.width_px - box[2], camera.height_px - box[3]) < margin


def _roadside(frame: ExaminedFrame) -> RoadsideFrame:
    if frame.roadside is None:
        raise ValueError("a roadside view always comes from a frame that was looked at")
    return frame.roadside


def _name(frame: ExaminedFrame, row: int) -> str:
    detections = _roadside(frame).detections
    return detections.class_names[int(detections.class_id[row])]


def _box(frame: ExaminedFrame, row: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in _roadside(frame).detections.xyxy[row])
    return left, top, right, bottom


def _look(frame: ExaminedFrame, row: int) -> CropLook:
    return _roadside(frame).looks[row]
