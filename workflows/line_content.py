"""Everything that the report of a line shows, ready to print; templates and exports read it and compute nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Literal

from pydantic import AwareDatetime, NonNegativeFloat, NonNegativeInt

from infra.store.line import StationResult, StoredDefect, StoredPart, StoredSpell
from vision.errors import Failure
from vision.line.verdict import Verdict
from vision.plant import Level, Limit, PartClass, Station
from vision.protocols import ModelInfo
from vision.types import FootageInfo
from workflows.line_sightings import anomaly_sighting_id, defect_sighting_id, spell_sighting_id
from workflows.live_content import LiveNote
from workflows.report_drawings import Frozen

_ORDER: dict[Verdict, int] = {"reject": 0, "not_assessable": 1, "ok": 2}
_LEVELS: dict[Level, int] = {"high": 0, "medium": 1, "low": 2}


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
    """A defect of a part; sizes in mm, None where the station has no scale; ``beyond`` if its kind breaks a limit.

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
    """All of one report of a line; ``parts`` in the order of passing, ``attention`` those to act on, gravest first."""

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
    timings_s: dict[str, float]
    live: LiveNote | None


@dataclass(frozen=True, slots=True)
class LineRun:
    """What only the run knows.

    Attributes:
        inspection_id: From the ledger.
        created_at: When it was begun.
        plant: Name of the plant.
        models: That looked at surfaces.
        failures: Frames that couldn't be decoded, footage that couldn't be used, checks that couldn't be made.
        finding_of: Sighting id -> finding id.
        seconds: Wall seconds by stage.
        live: What a shift was; None for files.
    """

    inspection_id: str
    created_at: datetime
    plant: str
    models: tuple[ModelInfo, ...]
    failures: tuple[Failure, ...]
    finding_of: Mapping[str, str]
    seconds: dict[str, float]
    live: LiveNote | None = None


def station_note(info: FootageInfo, name: str, station: Station, part_class: PartClass) -> StationNote:
    """Say what was inspected where."""
    return StationNote(
        footage_id=info.footage_id,
        footage_name=name,
        recorded_at=info.recorded_at,
        duration_s=info.duration_s,
        frames=len(info.frame_pts_ns),
        line=station.line,
        station=station.name,
        asset=station.asset,
        criticality=station.criticality,
        part_class=part_class.name,
        defects=part_class.defects,
        limits=tuple(
            LimitNote(kind=limit.defect, text=limit_text(limit), severity=limit.severity) for limit in part_class.limits
        ),
        mm_per_px=station.mm_per_px,
        part_id=station.part_id,
    )


def limit_text(limit: Limit) -> str:
    """Write a limit in words."""
    bounds = (
        (limit.max_length_mm, "at most {:g} mm long"),
        (limit.max_width_mm, "at most {:g} mm wide"),
        (limit.max_area_mm2, "at most {:g} mm²"),
        (limit.max_count, "at most {} on a part"),
    )
    return ", ".join(words.format(most) for most, words in bounds if most is not None)


def build_line_report(run: LineRun, stations: Sequence[StationNote], results: Sequence[StationResult]) -> LineReport:
    """Put parts and states into order and count them.

    Args:
        run: What only the run knows.
        stations: One a footage.
        results: Of the same footages.
    """
    parts: list[PartEntry] = []
    spells: list[SpellEntry] = []
    for note, result in zip(stations, results, strict=True):
        parts.extend(part_entry(part, note, run) for part in result.parts)
        spells.extend(spell_entry(spell, note, run) for spell in result.spells)
    attention = [part for part in parts if part.to_act_on]
    attention.sort(key=lambda part: (_ORDER[part.verdict], _LEVELS.get(part.severity or "low", 2), part.left_s))
    report = LineReport(
        report_id="",
        inspection_id=run.inspection_id,
        created_at=run.created_at,
        walkdown_version=version("walkdown"),
        plant=run.plant,
        stations=tuple(stations),
        models=run.models,
        totals=_totals(parts, spells),
        kinds=_kinds(parts),
        parts=tuple(parts),
        attention=tuple(attention),
        spells=tuple(spells),
        faults=tuple(spell for spell in spells if spell.condition == "fault"),
        failures=run.failures,
        live=run.live,
        timings_s={stage: round(seconds, 3) for stage, seconds in run.seconds.items()},
    )
    digest = hashlib.sha256(report.model_dump_json(exclude={"timings_s"}).encode()).hexdigest()
    return report.model_copy(update={"report_id": digest[:12]})


def part_entry(part: StoredPart, note: StationNote, run: LineRun) -> PartEntry:
    """Put a part into words."""
    verdict = part.verdict
    broken = {breach.kind for breach in verdict.breaches}
    reasons = [breach.reason for breach in verdict.breaches] if verdict.breaches else list(verdict.reasons)
    if part.anomalous:
        reasons.append(f"not as normal parts look: anomaly score {part.anomaly_score:.2f}")
    anomaly_id = anomaly_sighting_id(note.footage_id, note.station, part.number)
    return PartEntry(
        label=part.part_id or f"no. {part.number}",
        number=part.number,
        part_id=part.part_id,
        place=_place(note, run.plant),
        footage_id=note.footage_id,
        footage_name=note.footage_name,
        entered_s=part.entered_pts_ns / 1e9,
        left_s=part.left_pts_ns / 1e9,
        seen_at=_wall_time(note, part.left_pts_ns),
        verdict=verdict.verdict,
        severity=_gravest([breach.severity for breach in verdict.breaches]),
        reasons=tuple(reasons),
        defects=tuple(
            _defect(
                defect,
                broken,
                run.finding_of.get(defect_sighting_id(note.footage_id, note.station, part.number, index)),
            )
            for index, defect in enumerate(part.defects)
        ),
        looks=part.looks,
        anomaly_score=part.anomaly_score,
        anomalous=part.anomalous,
        pictures=part.pictures,
        anomaly_finding_id=run.finding_of.get(anomaly_id),
        to_act_on=verdict.verdict != "ok" or bool(part.anomalous),
    )


def _gravity(level: Level) -> int:
    return _LEVELS[level]


def _gravest(levels: Sequence[Level]) -> Level | None:
    if not levels:
        return None
    return min(levels, key=_gravity)


def _defect(stored: StoredDefect, broken: set[str], finding_id: str | None) -> DefectEntry:
    defect = stored.defect
    return DefectEntry(
        kind=defect.kind,
        length_mm=defect.length_mm,
        width_mm=defect.width_mm,
        area_mm2=defect.area_mm2,
        confidence=stored.confidence,
        looks=len(stored.views),
        beyond=defect.kind in broken,
        finding_id=finding_id,
        pts_s=stored.best.pts_ns / 1e9,
        xyxy=stored.best.xyxy,
    )


def spell_entry(spell: StoredSpell, note: StationNote, run: LineRun) -> SpellEntry:
    """Put a spell into words."""
    condition: Literal["as it should be", "fault", "not assessable"] = (
        "not assessable" if spell.sound is None else "as it should be" if spell.sound else "fault"
    )
    return SpellEntry(
        watch=spell.watch,
        place=_place(note, run.plant),
        state=spell.state,
        condition=condition,
        severity=spell.severity,
        footage_id=note.footage_id,
        footage_name=note.footage_name,
        from_s=spell.from_pts_ns / 1e9,
        to_s=spell.to_pts_ns / 1e9,
        seen_at=_wall_time(note, spell.from_pts_ns),
        looks=spell.looks,
        probability=spell.probability,
        picture=spell.picture,
        finding_id=run.finding_of.get(spell_sighting_id(note.footage_id, note.station, spell.watch, spell.from_pts_ns)),
    )


def _place(note: StationNote, plant: str) -> str:
    return f"{plant}, {note.line}, {note.station}, {note.asset}"


def _wall_time(note: StationNote, pts_ns: int) -> datetime | None:
    return None if note.recorded_at is None else note.recorded_at + timedelta(seconds=pts_ns / 1e9)


def _totals(parts: Sequence[PartEntry], spells: Sequence[SpellEntry]) -> LineTotals:
    verdicts: Mapping[str, int] = Counter(part.verdict for part in parts)
    judged = verdicts["ok"] + verdicts["reject"]
    return LineTotals(
        parts=len(parts),
        ok=verdicts["ok"],
        rejected=verdicts["reject"],
        not_assessable=verdicts["not_assessable"],
        anomalous=sum(bool(part.anomalous) for part in parts),
        anomalies_looked_for=any(part.anomalous is not None for part in parts),
        faults=sum(spell.condition == "fault" for spell in spells),
        without_code=sum(part.part_id is None for part in parts),
        reject_percent=100.0 * verdicts["reject"] / judged if judged else None,
    )


def _kinds(parts: Sequence[PartEntry]) -> tuple[KindRow, ...]:
    rows = []
    for kind in sorted({defect.kind for part in parts for defect in part.defects}):
        own = [part for part in parts if any(defect.kind == kind for defect in part.defects)]
        rows.append(
            KindRow(
                kind=kind,
                defects=sum(defect.kind == kind for part in own for defect in part.defects),
                parts=len(own),
                rejected=sum(any(d.kind == kind and d.beyond for d in part.defects) for part in own),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.rejected, -row.parts, row.kind)))
