"""Everything that a report shows, as frozen values: what templates and exports read, and nothing else.

Templates format and never compute, so every number here is ready to print. `workflows/report_builder.py` makes a
``ReportContent`` from what the ledger and the agent know.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, NonNegativeFloat, NonNegativeInt, model_validator

from agents.types import Assessment, FindingFacts
from vision.camera import CameraSource
from vision.errors import Failure
from vision.protocols import ModelInfo
from vision.types import CoverageBin, CoverageState, RefusalReason
from workflows.report_drawings import OPENSTREETMAP, Frozen, Level, MapDrawing, Polygon, StripDrawing, TileSource

# --- the inspection, as the `inspect` workflow hands it in ---------------------------------------------------------


class CameraNote(Frozen):
    """Which camera the geometry assumed.

    Attributes:
        source: A camera file, an estimate from the footage, or walkdown's stated default.
        text: Height, pitch, field of view and their origin in words.
    """

    source: CameraSource
    text: str


class FootageNote(Frozen):
    """One piece of footage that was inspected.

    Attributes:
        footage_id: Content hash.
        name: File or folder name as the user knows it.
        recorded_at: When the first frame was taken, where the file or its track says so.
        duration_s: From the first frame to the last.
        width_px: Of the upright picture.
        height_px: Of the upright picture.
        clock: Where frame times come from; ``index`` means that none were in the files.
        frames_seen: Frames that the footage holds.
        frames_examined: Sampled frames that passed the quality gate and went to the detector.
        frames_refused: Sampled frames that the gate refused, by reason.
        position_source: Such as ``gpx drive.gpx, clock offset 0.0 s``; None where the footage carries no position.
        camera: None where there is no geometry.
    """

    footage_id: str
    name: str
    recorded_at: AwareDatetime | None
    duration_s: NonNegativeFloat
    width_px: int
    height_px: int
    clock: Literal["container", "exif", "index", "arrival"]
    frames_seen: NonNegativeInt
    frames_examined: NonNegativeInt
    frames_refused: dict[RefusalReason, NonNegativeInt]
    position_source: str | None
    camera: CameraNote | None


class RouteNote(Frozen):
    """A road section that chainage counts along, and its length where a site file gives one."""

    name: str
    length_m: NonNegativeFloat | None


class ModelNote(Frozen):
    """A model that gave results; ``figures`` says what is measured of it and where that stands."""

    info: ModelInfo
    figures: str | None


class StageTiming(Frozen):
    """How long one stage took; a part of another, such as ``detect`` of ``examine``, is summed over workers."""

    stage: str
    seconds: NonNegativeFloat
    part_of: str | None = None


class CoveredLengths(Frozen):
    """How much road was validly seen, seen but not validly, and not driven; each direction of travel counts.

    ``not_driven_m`` is None where no route says what road there is.
    """

    valid_m: NonNegativeFloat
    invalid_m: NonNegativeFloat
    not_driven_m: NonNegativeFloat | None


class RoadsideNote(Frozen):
    """Signs and signals beside the road, by what was made of them.

    Sound signs and healthy signals are no findings: they stand here only.
    """

    signs_sound: NonNegativeInt = 0
    signs_faulty: NonNegativeInt = 0
    signs_not_assessable: NonNegativeInt = 0
    signals_healthy: NonNegativeInt = 0
    signals_faulty: NonNegativeInt = 0
    signals_not_assessable: NonNegativeInt = 0


class InspectionMeta(Frozen):
    """What one run of `walkdown inspect` was: filled by the workflow, shown in the report, kept in inspection.json.

    Attributes:
        inspection_id: From the ledger.
        created_at: When the run ended.
        walkdown_version: Of the distribution.
        settings_sha256: Hash of the settings that the results depend on.
        footages: In the order handed in.
        routes: Sections that a site or chainage file names.
        models: Every model that gave a result.
        standards: Standards with their editions, such as ``ASTM D6433-20``.
        sampling: In words, such as ``a frame every 3 m travelled``.
        covered: None where no footage carries a position. ``report_coverage.cover_lengths`` makes it.
        failures: Frames, segments and files that could not be examined.
        timings: Per stage.
        vlm_calls: Calls to a vision language model.
        roadside: None where no signs and signals were looked for.
    """

    inspection_id: str
    created_at: AwareDatetime
    walkdown_version: str
    settings_sha256: str
    footages: tuple[FootageNote, ...]
    routes: tuple[RouteNote, ...]
    models: tuple[ModelNote, ...]
    standards: tuple[str, ...]
    sampling: str
    covered: CoveredLengths | None
    failures: tuple[Failure, ...]
    timings: tuple[StageTiming, ...]
    vlm_calls: NonNegativeInt = 0
    roadside: RoadsideNote | None = None


# --- one finding ---------------------------------------------------------------------------------------------------


class ReportPicture(Frozen):
    """One picture that shows a finding, its outline drawn in.

    Attributes:
        file_name: Name within ``evidence/``.
        jpeg: JPEG bytes, as written to ``evidence/`` and shown in the page.
        kind: The frame as the camera saw it, or the defect cut out of it and enlarged.
        footage_name: Where it is from.
        pts_s: When in the footage.
        width_px: Of this picture.
        height_px: Of this picture.
    """

    file_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*\.jpe?g$")]
    jpeg: bytes
    kind: Literal["view", "close"]
    footage_name: str
    pts_s: float
    width_px: Annotated[int, Field(gt=0)]
    height_px: Annotated[int, Field(gt=0)]


class SeenAt(Frozen):
    """One sighting of a finding: in which footage, when, in how many frames."""

    footage_id: str
    footage_name: str
    first_pts_s: float
    last_pts_s: float
    frames: int
    recorded_at: AwareDatetime | None = None
    inspection_id: str | None = None


class FindingRecord(Frozen):
    """What the builder is given of one finding, besides what the agent made of it.

    Attributes:
        facts: As the ledger knows it.
        box_xyxy: Box in the best frame, in pixels of the full upright frame.
        frame_index: Number of the best frame within its footage, for show.
        pictures: Best first; may be empty.
        seen: Every sighting, oldest first.
    """

    facts: FindingFacts
    box_xyxy: tuple[float, float, float, float] | None
    frame_index: int | None
    pictures: tuple[ReportPicture, ...]
    seen: tuple[SeenAt, ...]


class FindingEntry(Frozen):
    """One finding as the report shows it.

    Attributes:
        number: Rank in this report, 1 is the most urgent. The finding's own id lasts beyond the report.
        facts: As the ledger knows it.
        assessment: None where the agent gave none.
        class_code: Such as ``D40``; None for a class without one.
        class_text: Such as ``pothole``.
        level: Upper end of the severity interval.
        severity_rank: 0 without a grade, else 2 (low) to 6 (high), an interval in between.
        place_order: Rank along the road (route, chainage; else footage, time), to sort by place.
        still_open: Needs attention: neither rejected nor repaired.
        notes: Of the assessment, with findings by number where it gave their ids.
        place_text: One line with route and chainage, coordinates, or both; None where neither is known.
        box_xyxy: See ``FindingRecord``.
        frame_index: See ``FindingRecord``.
        pictures: Best first.
        pictures_in_page: So many of them stand in the page; the rest lie in ``evidence/`` only.
        seen: Every sighting, oldest first.
    """

    number: int
    facts: FindingFacts
    assessment: Assessment | None
    class_code: str | None
    class_text: str
    level: Level
    severity_rank: int
    place_order: int
    still_open: bool
    notes: tuple[str, ...]
    place_text: str | None
    box_xyxy: tuple[float, float, float, float] | None
    frame_index: int | None
    pictures: tuple[ReportPicture, ...]
    pictures_in_page: int
    seen: tuple[SeenAt, ...]


# --- figures and lists ---------------------------------------------------------------------------------------------


class ClassRow(Frozen):
    """Open findings of one class, by level in the order of ``report_drawings.LEVELS``."""

    class_code: str | None
    class_text: str
    counts: tuple[int, ...]
    total: int


class KeyFigures(Frozen):
    """What a manager reads first. Rejected and repaired findings count only where their name says so."""

    open_findings: int
    confirmed: int
    unverified: int
    not_assessed: int
    rejected: int
    repaired: int
    work_first: int
    work_first_priority: int | None
    due_within_days: int
    due_soon: int
    overdue: int
    by_class: tuple[ClassRow, ...]
    totals: ClassRow
    covered: CoveredLengths | None
    covered_shares_percent: tuple[float, float, float | None] | None


class CitedSentence(Frozen):
    """A sentence of the summary with the findings that it speaks of, as runs of numbers: (1, 3) is 1, 2 and 3."""

    text: str
    runs: tuple[tuple[int, int], ...]


class Stretch(Frozen):
    """Neighbouring coverage bins of one state, merged.

    Attributes:
        route: None for a stretch along the drive.
        carriageway: None without a route.
        state: Valid in one pass is enough.
        start_m: Chainage, or metres since the drive began.
        end_m: End of the stretch.
        reasons: Refused frames by reason.
        footage_ids: Who drove it.
        footage_names: The same, by name.
        first_pts_s: First time that shows it, where one footage drove it.
        last_pts_s: Last time that shows it, where one footage drove it.
        line: ((longitude, latitude), ...); empty without positions.
    """

    route: str | None
    carriageway: Literal["forward", "backward"] | None
    state: CoverageState
    start_m: float
    end_m: float
    reasons: dict[str, int]
    footage_ids: tuple[str, ...]
    footage_names: tuple[str, ...]
    first_pts_s: float | None
    last_pts_s: float | None
    line: Polygon

    @property
    def length_m(self) -> float:
        """Along the road."""
        return self.end_m - self.start_m


class RefusalRow(Frozen):
    """Frames that the quality gate refused for one reason, over all footage."""

    reason: str
    frames: int
    share_percent: float


class FailureRow(Frozen):
    """Failures of one type and message in one footage or finding, with the first times at which they came."""

    error_type: str
    subject: str
    message: str
    count: int
    first_pts_s: tuple[float, ...]


class FrameTotals(Frozen):
    """Frames over all footage."""

    seen: int
    examined: int
    refused: int


# --- the whole -----------------------------------------------------------------------------------------------------


class ReportContent(Frozen):
    """All of one report. ``findings`` are in order of urgency, numbered from 1."""

    report_id: str
    title: str
    subtitle: str
    meta: InspectionMeta
    recorded_from: datetime | None
    recorded_to: datetime | None
    report_date: date
    planner: str
    summary: tuple[CitedSentence, ...]
    dropped_sentences: int
    dropped_because: tuple[str, ...]
    figures: KeyFigures
    most_urgent: tuple[FindingEntry, ...]
    findings: tuple[FindingEntry, ...]
    bins: tuple[CoverageBin, ...]
    map: MapDrawing | None
    strips: tuple[StripDrawing, ...]
    frames: FrameTotals
    refusals: tuple[RefusalRow, ...]
    not_valid: tuple[Stretch, ...]
    not_driven: tuple[Stretch, ...]
    failures: tuple[FailureRow, ...]
    tiles: TileSource | None = OPENSTREETMAP

    @model_validator(mode="after")
    def _numbers_are_ranks(self) -> Self:
        if [entry.number for entry in self.findings] != list(range(1, len(self.findings) + 1)):
            raise ValueError("findings must be numbered 1, 2, 3 ... in their order")
        return self
