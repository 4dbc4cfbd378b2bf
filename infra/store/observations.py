"""Loads what the ledger compares: sightings without their frames, by finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.observation import Observation
from infra.store.batches import batches
from infra.store.places import measure_of, place_of
from infra.tables import FootageRow, InspectionRow, SightingRow

_COLUMNS = (
    "inspection_id", "sighting_id", "examination_id", "footage_id", "finding_id", "content_digest", "class_name",
    "confidence", "latitude_deg", "longitude_deg", "position_error_m", "route", "chainage_m", "lateral_m",
    "heading_deg", "carriageway", "area_m2", "area_error_m2", "length_m", "length_error_m", "width_m",
    "width_error_m", "first_pts_ns", "last_pts_ns", "best_pts_ns", "frames_seen", "frames_expected", "evidence",
    "condition",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An observation, with what only shows it.

    Attributes:
        observation: What is compared.
        examination_id: That it was made from.
        finding_id: That it joined; None before the merge.
        content_digest: Of the whole sighting.
        footage_name: File or folder name.
        recorded_at: When the footage says it was recorded.
        first_pts_ns: First frame that shows it.
        last_pts_ns: Last frame that shows it.
        best_pts_ns: Frame that shows it best.
        frames_seen: Frames that it was detected in.
        frames_expected: Frames that had it in good view.
        evidence: Names in the evidence store, best first.
        condition: What is wrong with a sign or a signal; None for other defects.
    """

    observation: Observation
    examination_id: str
    finding_id: str | None
    content_digest: str
    footage_name: str
    recorded_at: datetime | None
    first_pts_ns: int
    last_pts_ns: int
    best_pts_ns: int
    frames_seen: int
    frames_expected: int
    evidence: tuple[str, ...]
    condition: str | None = None


def entries_of_inspection(session: Session, inspection_id: str) -> list[LedgerEntry]:
    """Give what one inspection saw, by footage and time."""
    return _entries(session, col(SightingRow.inspection_id) == inspection_id)


def entries_of_findings(session: Session, finding_ids: Iterable[str]) -> dict[str, list[LedgerEntry]]:
    """Give everything ever seen of some findings: finding id -> entries, oldest first."""
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    for some in batches(finding_ids):
        for entry in _entries(session, col(SightingRow.finding_id).in_(some)):
            if entry.finding_id is not None:
                found[entry.finding_id].append(entry)
    return dict(found)


def _entries(session: Session, condition: ColumnElement[bool]) -> list[LedgerEntry]:
    rows = session.execute(
        select(
            *(SightingRow.__table__.c[name] for name in _COLUMNS),  # type: ignore[attr-defined]  # SQLModel hides it
            col(FootageRow.path),
            col(FootageRow.recorded_at),
            col(FootageRow.added_at),
            col(InspectionRow.created_at),
        )
        .join(FootageRow, col(FootageRow.footage_id) == col(SightingRow.footage_id))
        .join(InspectionRow, col(InspectionRow.inspection_id) == col(SightingRow.inspection_id))
        .where(condition)
    )
    entries = [_entry(row) for row in rows]
    return sorted(entries, key=_time_order)


def _time_order(entry: LedgerEntry) -> tuple[datetime, str, int, str, str]:
    seen = entry.observation
    return seen.observed_at, seen.footage_id, entry.first_pts_ns, seen.sighting_id, seen.inspection_id


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        observation=Observation(
            inspection_id=row.inspection_id,
            inspected_at=row.created_at,
            sighting_id=row.sighting_id,
            footage_id=row.footage_id,
            observed_at=row.recorded_at or row.added_at,
            class_name=row.class_name,
            confidence=row.confidence,
            place=place_of(row),
            area_m2=measure_of(row.area_m2, row.area_error_m2),
            length_m=measure_of(row.length_m, row.length_error_m),
            width_m=measure_of(row.width_m, row.width_error_m),
        ),
        examination_id=row.examination_id,
        finding_id=row.finding_id,
        content_digest=row.content_digest,
        footage_name=PurePath(row.path).name,
        recorded_at=row.recorded_at,
        first_pts_ns=row.first_pts_ns,
        last_pts_ns=row.last_pts_ns,
        best_pts_ns=row.best_pts_ns,
        frames_seen=row.frames_seen,
        frames_expected=row.frames_expected,
        evidence=tuple(row.evidence),
        condition=row.condition,
    )
