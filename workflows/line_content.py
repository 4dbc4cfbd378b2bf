"""Everything that the report of a line shows, ready to print; templates and exports read it and compute nothing.

``workflows/line_builder.py`` makes it from what is stored.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, NonNegativeFloat, NonNegativeInt

from agents.types import Status
from agents.types import Verdict as FindingVerdict
from vision.errors import Failure
from vision.line.verdict import Verdict
from vision.plant import Level
from vision.protocols import ModelInfo
from workflows.live_content import LiveNote
from workflows.report_drawings import Frozen


class LimitNote(Frozen):
    """A limit in words, such as ``at most 10 mm long``; and the severity of what exceeds it."""

    kind: str
    text: str
    severity: Level


class StationNote(Frozen):
    """A station and the footage of it.

    Attributes:
        footage_id: Content hash.
        footage_name: File name as the user knows it.
        recorded_at: When the first frame was taken, where the file says so.
        duration_s: From the first frame to the last.
        frames: In the footage, all of them looked at.
        line: Name of the line.
        station: Name of the station.
        asset: What stands there.
        criticality: Of the asset.
        part_class: Of the parts that pass.
        defects: Kinds that are looked for; empty: all that the model finds.
        limits: Of the part class.
        mm_per_px: None where sizes can't be told.
        part_id: How parts are told apart.
    """

    footage_id: str
    footage_name: str
    recorded_at: AwareDatetime | None
    duration_s: NonNegativeFloat
    frames: NonNegativeInt
    line: str
    station: str
    asset: str
    criticality: Level
    part_class: str
    defects: tuple[str, ...]
    limits: tuple[LimitNote, ...]
    mm_per_px: float | None
    part_id: str


class DefectEntry(Frozen):
    """A defect of a part; sizes in mm, None where the station has no scale; ``beyond`` if it breaks a limit.

    ``finding_id`` is the ledger's; None of a defect that breaks no limit.
    """

    kind: str
    length_mm: float | None
    width_mm: float | None
    area_mm2: float | None
    confidence: float
    looks: NonNegativeInt
    beyond: bool
    finding_id: str | None
    pts_s: float
    xyxy: tuple[float, float, float, float]


class PartEntry(Frozen):
    """A part as the report shows it.

    Attributes:
        label: Its code, or ``no. 3`` of the footage.
        number: In the order of entering, within its footage.
        part_id: Read from its code; None without one.
        place: Line, station and asset in words.
        footage_id: Where it was seen.
        footage_name: The same, for people.
        entered_s: Time in the footage.
        left_s: Time in the footage.
        seen_at: Wall time of leaving; None where the footage has no clock.
        verdict: Against the limits of its class.
        severity: Of the gravest breach; None without one.
        reasons: Why it is rejected, or not assessable; a sentence each.
        defects: On it, also those within the limits.
        looks: At its surface.
        anomaly_score: None where no anomaly model looked.
        anomalous: None where none looked.
        pictures: Names in ``evidence/``: the part, its heat map.
        anomaly_finding_id: The ledger's, where it is anomalous.
        to_act_on: Whether something is to be done about it.
    """

    label: str
    number: int
    part_id: str | None
    place: str
    footage_id: str
    footage_name: str
    entered_s: float
    left_s: float
    seen_at: AwareDatetime | None
    verdict: Verdict
    severity: Level | None
    reasons: tuple[str, ...]
    defects: tuple[DefectEntry, ...]
    looks: NonNegativeInt
    anomaly_score: float | None
    anomalous: bool | None
    pictures: tuple[str, ...]
    anomaly_finding_id: str | None
    to_act_on: bool

    @property
    def anchor(self) -> str:
        """Name of its card within the page."""
        return f"part-{self.footage_id[:8]}-{self.number}"


class SpellEntry(Frozen):
    """A time for which equipment was in one state; ``condition`` says whether it should be so."""

    watch: str
    place: str
    state: str | None
    condition: Literal["as it should be", "fault", "not assessable"]
    severity: Level
    footage_id: str
    footage_name: str
    from_s: float
    to_s: float
    seen_at: AwareDatetime | None
    looks: NonNegativeInt
    probability: float
    picture: str | None
    finding_id: str | None


class KindRow(Frozen):
    """How many defects of one kind there are, on how many parts, and on how many of those it breaks a limit."""

    kind: str
    defects: int
    parts: int
    rejected: int


class FindingWord(Frozen):
    """What the ledger and the agent say of a finding; ``verdict`` is None where the agent gave none."""

    status: Status
    verdict: FindingVerdict | None
    sightings: NonNegativeInt


class LineTotals(Frozen):
    """Parts by verdict, equipment faults, and what a shift leader asks for first."""

    parts: NonNegativeInt
    ok: NonNegativeInt
    rejected: NonNegativeInt
    not_assessable: NonNegativeInt
    anomalous: NonNegativeInt
    anomalies_looked_for: bool
    faults: NonNegativeInt
    without_code: NonNegativeInt
    reject_percent: float | None


class LineReport(Frozen):
    """All of one report of a line.

    ``parts`` stand in the order of passing, ``attention`` those to act on, gravest first; ``findings`` by id.
    """

    report_id: str
    inspection_id: str
    created_at: AwareDatetime
    walkdown_version: str
    plant: str
    stations: tuple[StationNote, ...]
    models: tuple[ModelInfo, ...]
    totals: LineTotals
    kinds: tuple[KindRow, ...]
    parts: tuple[PartEntry, ...]
    attention: tuple[PartEntry, ...]
    spells: tuple[SpellEntry, ...]
    faults: tuple[SpellEntry, ...]
    failures: tuple[Failure, ...]
    findings: dict[str, FindingWord]
    timings_s: dict[str, float]
    live: LiveNote | None
