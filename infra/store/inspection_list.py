"""The list of inspections, with what each came to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.tables import (
    CoverageRow,
    ExaminationRow,
    ExaminedFrameRow,
    FailureRow,
    FootageRow,
    InspectionFootageRow,
    InspectionRow,
    ReportRow,
    SightingRow,
)


@dataclass(frozen=True, slots=True)
class InspectionSummary:
    """One inspection, as a list shows it.

    Attributes:
        inspection_id: By content.
        created_at: When it was first begun.
        completed_at: None where it was cut short.
        recorded_at: Of its first footage; None where no footage says.
        footage_paths: As last handed in.
        model_names: Of its examinations.
        frames_examined: Frames that the detector saw.
        frames_refused: Reason -> frames that the quality gate refused.
        sightings: In it.
        findings: Distinct findings that it saw.
        failures: Frames, segments and files that could not be examined.
        valid_m: Road that was validly seen, each drive and direction counted.
        report_location: Where its report was last put.
    """

    inspection_id: str
    created_at: datetime
    completed_at: datetime | None
    recorded_at: datetime | None
    footage_paths: tuple[str, ...]
    model_names: tuple[str, ...]
    frames_examined: int
    frames_refused: dict[str, int]
    sightings: int
    findings: int
    failures: int
    valid_m: float
    report_location: str | None


def list_inspections(session: Session) -> list[InspectionSummary]:
    """Give every inspection, newest first."""
    footages: dict[str, list[tuple[str, datetime | None, str]]] = defaultdict(list)
    for name, path, recorded_at, model in session.execute(
        select(
            col(InspectionFootageRow.inspection_id),
            col(FootageRow.path),
            col(FootageRow.recorded_at),
            col(ExaminationRow.model_name),
        )
        .join(ExaminationRow, col(ExaminationRow.examination_id) == col(InspectionFootageRow.examination_id))
        .join(FootageRow, col(FootageRow.footage_id) == col(ExaminationRow.footage_id))
        .order_by(col(InspectionFootageRow.inspection_id), col(InspectionFootageRow.position))
    ):
        footages[name].append((path, recorded_at, model))
    refused = _refused(session)
    counts = _counts(session)
    rows = session.scalars(
        select(InspectionRow).order_by(col(InspectionRow.created_at).desc(), col(InspectionRow.inspection_id))
    )
    return [_summary(row, footages[row.inspection_id], refused[row.inspection_id], counts) for row in rows]


def count_frames(session: Session, inspection_id: str) -> tuple[int, dict[str, int]]:
    """Give how many frames the detector saw, and refusal reason -> frames that it didn't."""
    refused = _refused(session, inspection_id)[inspection_id]
    return refused.pop("", 0), dict(sorted(refused.items()))


@dataclass(frozen=True, slots=True)
class _Counts:
    sightings: Mapping[str, tuple[int, int]]
    failures: Mapping[str, int]
    valid_m: Mapping[str, float]
    reports: Mapping[str, str]


def _summary(
    row: InspectionRow, footages: Sequence[tuple[str, datetime | None, str]], refused: Counter[str], counts: _Counts
) -> InspectionSummary:
    name = row.inspection_id
    sightings, findings = counts.sightings.get(name, (0, 0))
    return InspectionSummary(
        inspection_id=name,
        created_at=row.created_at,
        completed_at=row.completed_at,
        recorded_at=min((time for _, time, _ in footages if time is not None), default=None),
        footage_paths=tuple(path for path, _, _ in footages),
        model_names=tuple(dict.fromkeys(model for _, _, model in footages)),
        frames_examined=refused[""],
        frames_refused={reason: count for reason, count in sorted(refused.items()) if reason},
        sightings=sightings,
        findings=findings,
        failures=counts.failures.get(name, 0),
        valid_m=counts.valid_m.get(name, 0.0),
        report_location=counts.reports.get(name),
    )


def _refused(session: Session, inspection_id: str | None = None) -> defaultdict[str, Counter[str]]:
    """Count frames by inspection and refusal reason; the empty reason stands for those that were examined."""
    query = (
        select(col(InspectionFootageRow.inspection_id), col(ExaminedFrameRow.refusal_reason), func.count())
        .join(ExaminedFrameRow, col(ExaminedFrameRow.examination_id) == col(InspectionFootageRow.examination_id))
        .group_by(col(InspectionFootageRow.inspection_id), col(ExaminedFrameRow.refusal_reason))
    )
    if inspection_id is not None:
        query = query.where(col(InspectionFootageRow.inspection_id) == inspection_id)
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, reason, count in session.execute(query):
        counted[name][reason or ""] += count
    return counted


def _counts(session: Session) -> _Counts:
    sightings = select(
        col(SightingRow.inspection_id), func.count(), func.count(func.distinct(col(SightingRow.finding_id)))
    ).group_by(col(SightingRow.inspection_id))
    own = select(col(FailureRow.inspection_id), func.count()).group_by(col(FailureRow.inspection_id))
    theirs = (
        select(col(InspectionFootageRow.inspection_id), func.count())
        .join(FailureRow, col(FailureRow.examination_id) == col(InspectionFootageRow.examination_id))
        .group_by(col(InspectionFootageRow.inspection_id))
    )
    length = col(CoverageRow.end_m) - col(CoverageRow.start_m)
    valid = select(
        col(CoverageRow.inspection_id), func.sum(case((col(CoverageRow.state) == "valid", length), else_=0.0))
    ).group_by(col(CoverageRow.inspection_id))
    failures: Counter[str] = Counter()
    for query in (own, theirs):
        for name, count in session.execute(query):
            if name is not None:
                failures[name] += count
    reports = session.execute(select(col(ReportRow.inspection_id), col(ReportRow.location)))
    return _Counts(
        sightings={name: (count, distinct) for name, count, distinct in session.execute(sightings)},
        failures=failures,
        valid_m={name: float(total) for name, total in session.execute(valid)},
        reports={name: location for name, location in reports if location is not None},
    )
