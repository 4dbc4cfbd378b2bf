"""Makes the content of a line's report from what is stored of its parts and equipment. All counting is done here."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Literal

from infra.store.line import StationResult, StoredDefect, StoredPart, StoredSpell
from vision.errors import Failure
from vision.line.verdict import Verdict
from vision.plant import Level, Limit, PartClass, Station
from vision.protocols import ModelInfo
from vision.types import FootageInfo
from workflows.line_content import (
    DefectEntry,
    FindingWord,
    KindRow,
    LimitNote,
    LineReport,
    LineTotals,
    PartEntry,
    SpellEntry,
    StationNote,
)
from workflows.line_sightings import anomaly_sighting_id, defect_sighting_id, spell_sighting_id
from workflows.live_content import LiveNote

_ORDER: dict[Verdict, int] = {"reject": 0, "not_assessable": 1, "ok": 2}
_LEVELS: dict[Level, int] = {"high": 0, "medium": 1, "low": 2}


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
        findings: Finding id -> what the ledger and the agent say of it.
    """

    inspection_id: str
    created_at: datetime
    plant: str
    models: tuple[ModelInfo, ...]
    failures: tuple[Failure, ...]
    finding_of: Mapping[str, str]
    seconds: dict[str, float]
    live: LiveNote | None = None
    findings: dict[str, FindingWord] = field(default_factory=dict)


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
        findings=run.findings,
        live=run.live,
        timings_s={stage: round(seconds, 3) for stage, seconds in run.seconds.items()},
    )
    digest = hashlib.sha256(report.model_dump_json(exclude={"timings_s"}).encode()).hexdigest()
    return report.model_copy(update={"report_id": digest[:12]})


def part_entry(part: StoredPart, note: StationNote, run: LineRun) -> PartEntry:
    """Put a part into words."""
    verdict = part.verdict
    broken = {index for breach in verdict.breaches for index in breach.defects}
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
                index in broken,
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


def _defect(stored: StoredDefect, beyond: bool, finding_id: str | None) -> DefectEntry:
    defect = stored.defect
    return DefectEntry(
        kind=defect.kind,
        length_mm=defect.length_mm,
        width_mm=defect.width_mm,
        area_mm2=defect.area_mm2,
        confidence=stored.confidence,
        looks=len(stored.views),
        beyond=beyond,
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
