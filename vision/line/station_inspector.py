"""Looks at a station's frames by time, from a file or live: parts with verdicts, equipment's states.

It knows of no file, database or clock: frames in, what became certain out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vision.anomaly.features import PictureBackbone
from vision.anomaly.model import AnomalyModel
from vision.line.belt import Belt, Box
from vision.line.part_defects import DefectRules, PartLook, SeenDefect, merge_looks
from vision.line.part_ids import PartIdVote
from vision.line.part_tracks import PartEvent, PartTracker, PartView, TrackRules
from vision.line.surface_eye import SurfaceEye
from vision.line.verdict import PartVerdict, judge_part
from vision.line.watching import StateSpell, StateTimeline, WatchEye, WatchRules
from vision.plant import PartClass, Station
from vision.types import Frame, Image

_USUAL_SIZE = 0.06
"""Looks whose box differs by more than this share from the part's usual one count for nothing."""


@dataclass(frozen=True, slots=True)
class LineRules:
    """How a station is looked at.

    Attributes:
        tracks: When something is a part.
        defects: When a defect is there.
        watches: How often equipment is looked at.
        step_share: Of a part's length, how far it moves on before the next look at its surface.
        least_looks: A part that was whole in view less often is not assessable.
    """

    tracks: TrackRules = field(default_factory=TrackRules)
    defects: DefectRules = field(default_factory=DefectRules)
    watches: WatchRules = field(default_factory=WatchRules)
    step_share: float = 0.12
    least_looks: int = 2


@dataclass(frozen=True, slots=True)
class AnomalyEye:
    """A station's anomaly model and its backbone; it is shown each part once, cut out of the frame."""

    model: AnomalyModel
    backbone: PictureBackbone


@dataclass(frozen=True, slots=True)
class StationEyes:
    """What looks, apart from the tracker.

    Attributes:
        surface: Finds surface defects; None where none can look, then ``unmade`` says why if it should.
        anomaly: Flags what isn't normal.
        watches: Read equipment's states.
        unmade: Why checks of parts that the station asks for aren't made, a sentence each.
    """

    surface: SurfaceEye | None = None
    anomaly: AnomalyEye | None = None
    watches: tuple[WatchEye, ...] = ()
    unmade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartPicture:
    """A part in the frame in which it was nearest to the region's middle.

    Attributes:
        pts_ns: When.
        xyxy: The part's box in pixels of the frame.
        image: (H, W, 3) uint8 BGR: the whole frame.
    """

    pts_ns: int
    xyxy: Box
    image: Image


@dataclass(frozen=True, slots=True)
class InspectedPart:
    """A part that has passed.

    Attributes:
        number: From 1 in the order of entering.
        part_id: Read from its code; None where it carries none, or none could be read.
        entered_pts_ns: First frame that shows it in the region.
        left_pts_ns: Last frame that does.
        looks: At its surface, while it was whole in view.
        verdict: Against the limits of its class.
        defects: On it, the surest first, also those within the limits.
        anomaly_score: None where no anomaly model looked; 1 is the usual distance of a normal patch.
        anomalous: Whether that is beyond the station's threshold; None where none looked.
        picture: None if it was never whole in view.
        heat: (H, W) float32 over the part's box in ``picture``, where it is anomalous; 1 is the most of normal parts.
    """

    number: int
    part_id: str | None
    entered_pts_ns: int
    left_pts_ns: int
    looks: int
    verdict: PartVerdict
    defects: tuple[SeenDefect, ...]
    anomaly_score: float | None
    anomalous: bool | None
    picture: PartPicture | None
    heat: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """Equipment is in another state than before, or was seen for the first time; ``ended`` is the spell before."""

    begun: StateSpell
    ended: StateSpell | None


StationEvent: TypeAlias = InspectedPart | StateChange


@dataclass(slots=True)
class _PartOnBelt:
    vote: PartIdVote
    looks: list[PartLook] = field(default_factory=list)
    picture: PartPicture | None = None
    looked_at_px: float | None = None


class StationInspector:
    """Inspects one station.

    Args:
        station: With its region and limits' class.
        part_class: Of the parts that pass.
        belt: The empty belt within the station's region.
        eyes: What looks.
        rules: How.
    """

    def __init__(
        self, station: Station, part_class: PartClass, belt: Belt, eyes: StationEyes, rules: LineRules | None = None
    ) -> None:
        self._station = station
        self._part_class = part_class
        self._eyes = eyes
        self._rules = rules or LineRules()
        self._tracker = PartTracker(station.travel, belt, self._rules.tracks)
        self._parts: dict[int, _PartOnBelt] = {}  # by the tracker's key
        self._timelines = [StateTimeline(eye.watch, self._rules.watches) for eye in eyes.watches]

    def observe(self, frame: Frame) -> list[StationEvent]:
        """Look at one frame; give what it made certain.

        Raises:
            InputError: The picture is of another size than the belt's.
            ConfigError: A state's model was made for another crop.
            ModelError: A model failed.
        """
        changes: list[StationEvent] = [*self._watch(frame)]
        events = self._tracker.observe(frame)
        self._look(frame, self._tracker.in_view(frame))
        changes.extend(self._inspected(event) for event in events if event.kind == "left")
        followed = self._tracker.keys
        self._parts = {key: part for key, part in self._parts.items() if key in followed}  # the rest were no parts
        return changes

    def finish(self) -> list[StationEvent]:
        """Say that no frame follows, or none for a time; give the parts still in sight."""
        return [self._inspected(event) for event in self._tracker.finish() if event.kind == "left"]

    def spells(self) -> list[StateSpell]:
        """Give the state that each piece of equipment is in since its last change."""
        return [spell for timeline in self._timelines if (spell := timeline.finish()) is not None]

    def _watch(self, frame: Frame) -> list[StateChange]:
        changes = []
        for eye, timeline in zip(self._eyes.watches, self._timelines, strict=True):
            if timeline.is_due(frame.pts_ns):
                ended, begun = timeline.add(frame.pts_ns, *eye.read(frame))
                if begun is not None:
                    changes.append(StateChange(begun, ended))
        return changes

    def _look(self, frame: Frame, views: Sequence[PartView]) -> None:
        """Look at the parts that are whole in view and have moved on since their last look."""
        looked: list[tuple[_PartOnBelt, PartView]] = []
        for view in views:
            part = self._parts.setdefault(view.key, _PartOnBelt(PartIdVote(self._station.part_id)))
            if view.whole and self._has_moved(part, view):
                looked.append((part, view))
        marks = (
            self._eyes.surface.look(frame, [view.xyxy for _, view in looked])
            if looked and self._eyes.surface is not None
            else [[] for _ in looked]
        )
        for (part, view), seen in zip(looked, marks, strict=True):
            part.looks.append(PartLook(frame.pts_ns, view.xyxy, tuple(seen)))
            part.looked_at_px = self._along(view.xyxy)
            if not part.vote.settled:
                part.vote.look(cut_out(frame.image, view.xyxy))
            if part.picture is None or self._off_middle(frame, view.xyxy) < self._off_middle(frame, part.picture.xyxy):
                part.picture = PartPicture(frame.pts_ns, view.xyxy, frame.image)

    def _has_moved(self, part: _PartOnBelt, view: PartView) -> bool:
        if part.looked_at_px is None:
            return True
        left, top, right, bottom = view.xyxy
        length = right - left if self._station.travel in ("left", "right") else bottom - top
        return abs(self._along(view.xyxy) - part.looked_at_px) >= self._rules.step_share * length

    def _along(self, box: Box) -> float:
        sideways = self._station.travel in ("left", "right")
        return (box[0] + box[2]) / 2.0 if sideways else (box[1] + box[3]) / 2.0

    def _off_middle(self, frame: Frame, box: Box) -> float:
        left, top, right, bottom = self._station.region.in_pixels(frame.image.shape[1], frame.image.shape[0])
        return abs(self._along(box) - self._along((left, top, right, bottom)))

    def _inspected(self, event: PartEvent) -> InspectedPart:
        part = self._parts.pop(event.key, None) or _PartOnBelt(PartIdVote(self._station.part_id))
        looks = _of_usual_size(part.looks)
        defects = merge_looks(looks, self._station.mm_per_px, self._rules.defects)
        unmade = list(self._eyes.unmade)
        if len(looks) < self._rules.least_looks:
            unmade.append(f"it was whole in view in {len(looks)} looks, {self._rules.least_looks} are needed")
        score, anomalous, heat = self._anomaly(part)
        verdict = judge_part([one.defect for one in defects], self._part_class, unmade)
        return InspectedPart(
            event.number, part.vote.part_id, event.entered_pts_ns, event.last_pts_ns, len(looks), verdict,
            defects, score, anomalous, part.picture, heat,
        )  # fmt: skip

    def _anomaly(self, part: _PartOnBelt) -> tuple[float | None, bool | None, NDArray[np.float32] | None]:
        eye = self._eyes.anomaly
        if eye is None or part.picture is None:
            return None, None, None
        crop = cut_out(part.picture.image, part.picture.xyxy)
        found = next(iter(eye.model.examine([crop], eye.backbone)))
        return found.score, found.anomalous, found.heat / eye.model.usual_heat if found.anomalous else None


def _of_usual_size(looks: Sequence[PartLook]) -> list[PartLook]:
    """Leave out looks whose box is larger or smaller than the part: something beside it was taken for a piece of it."""
    if not looks:
        return []
    sizes = np.array([(look.xyxy[2] - look.xyxy[0], look.xyxy[3] - look.xyxy[1]) for look in looks])
    off = np.abs(sizes / np.median(sizes, axis=0) - 1.0).max(axis=1)
    return [look for look, share in zip(looks, off, strict=True) if share <= _USUAL_SIZE]


def cut_out(image: Image, box: Box) -> Image:
    """Cut a box out of a picture."""
    left, top, right, bottom = (round(edge) for edge in box)
    return np.ascontiguousarray(image[max(top, 0) : bottom, max(left, 0) : right])
