"""Sightings as they were made, with their frames and the pictures that show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.identity import content_hash
from infra.observation import Look
from infra.store.batches import batches
from infra.store.findings import refresh_findings
from infra.store.inspections import inspection_row
from infra.store.places import measure_of, observed_at, place_of, place_values
from infra.tables import ExaminationRow, FootageRow, InspectionFootageRow, InspectionRow, SightingRow
from vision.errors import StoreError
from vision.types import Sighting, SightingFrame


@dataclass(frozen=True, slots=True)
class StoredSighting:
    """A sighting, with what the ledger knows about it.

    Attributes:
        look: The inspection that it belongs to, and its footage.
        finding_id: That it joined; None before the merge.
        sighting: As it was made.
        footage_name: File or folder name, for show.
        recorded_at: When the footage was; None where it doesn't say.
        evidence: Names in the evidence store, best first.
    """

    look: Look
    finding_id: str | None
    sighting: Sighting
    footage_name: str
    recorded_at: datetime | None
    evidence: tuple[str, ...]

    @property
    def inspection_id(self) -> str:
        """The inspection that it belongs to."""
        return self.look.inspection_id


def replace_sightings(session: Session, inspection_id: str, examination_id: str, sightings: Sequence[Sighting]) -> None:
    """Save the sightings of one footage of an inspection in place of those that were there.

    A sighting that is there already, just so, keeps its finding and its pictures. Where anything changed, the
    inspection has to be merged into the ledger again.

    Raises:
        StoreError: The inspection doesn't rest on the examination, or a sighting is of another footage.
    """
    inspection = inspection_row(session, inspection_id)
    footage_id = _footage_of(session, inspection_id, examination_id)
    if any(sighting.footage_id != footage_id for sighting in sightings):
        raise StoreError(f"a sighting handed in for examination {examination_id} is of another footage")
    own = (col(SightingRow.inspection_id) == inspection_id, col(SightingRow.examination_id) == examination_id)
    standing = {
        row.sighting_id: row
        for row in session.execute(
            select(col(SightingRow.sighting_id), col(SightingRow.content_digest), col(SightingRow.finding_id)).where(
                *own
            )
        )
    }
    wanted = {sighting.sighting_id: _values(sighting) for sighting in sightings}
    kept = {n for n, row in standing.items() if n in wanted and wanted[n]["content_digest"] == row.content_digest}
    outdated = set(standing) - kept
    for some in batches(outdated):
        session.execute(delete(SightingRow).where(*own, col(SightingRow.sighting_id).in_(some)))
    key = {"inspection_id": inspection_id, "examination_id": examination_id}
    added = [key | values for name, values in wanted.items() if name not in kept]
    if added:
        session.execute(insert(SightingRow), added)
    if outdated or added:
        refresh_findings(session, {standing[name].finding_id for name in outdated} - {None})
        inspection.merged_digest = None
    session.commit()


def save_evidence(session: Session, inspection_id: str, names: Mapping[str, Sequence[str]]) -> None:
    """Note the pictures of sightings: sighting id -> names in the evidence store, best first.

    Raises:
        StoreError: The inspection has no such sighting.
    """
    known = set(
        session.scalars(select(col(SightingRow.sighting_id)).where(col(SightingRow.inspection_id) == inspection_id))
    )
    unknown = sorted(set(names) - known)
    if unknown:
        raise StoreError(f"inspection {inspection_id} has no sighting {unknown[0]}; save its sightings first")
    if names:
        session.execute(
            update(SightingRow),
            [
                {"inspection_id": inspection_id, "sighting_id": sighting_id, "evidence": list(pictures)}
                for sighting_id, pictures in names.items()
            ],
        )
    session.commit()


def load_sightings(session: Session, inspection_id: str) -> list[StoredSighting]:
    """Give an inspection's sightings by footage and time."""
    query = _stored().where(col(SightingRow.inspection_id) == inspection_id)
    return [_stored_sighting(row) for row in session.execute(query)]


def sightings_of_findings(session: Session, finding_ids: Iterable[str]) -> dict[str, list[StoredSighting]]:
    """Give everything that was ever seen of some findings: finding id -> sightings, oldest first."""
    found: dict[str, list[StoredSighting]] = defaultdict(list)
    for some in batches(finding_ids):
        for row in session.execute(_stored().where(col(SightingRow.finding_id).in_(some))):
            stored = _stored_sighting(row)
            if stored.finding_id is not None:
                found[stored.finding_id].append(stored)
    return dict(found)


def _footage_of(session: Session, inspection_id: str, examination_id: str) -> str:
    footage_id = session.scalar(
        select(col(ExaminationRow.footage_id))
        .join(InspectionFootageRow, col(InspectionFootageRow.examination_id) == col(ExaminationRow.examination_id))
        .where(
            col(InspectionFootageRow.inspection_id) == inspection_id,
            col(ExaminationRow.examination_id) == examination_id,
        )
    )
    if footage_id is None:
        raise StoreError(f"inspection {inspection_id} doesn't rest on examination {examination_id}")
    return footage_id


def _values(sighting: Sighting) -> dict[str, Any]:
    frames = [
        [f.pts_ns, list(f.xyxy), f.confidence, [list(point) for point in f.outline], f.range_m, f.sharpness]
        for f in sighting.frames
    ]
    values: dict[str, Any] = {
        "sighting_id": sighting.sighting_id,
        "footage_id": sighting.footage_id,
        "class_name": sighting.class_name,
        "confidence": sighting.confidence,
        "frames_expected": sighting.frames_expected,
        "evidence_pts_ns": list(sighting.evidence_pts_ns),
        "frames": frames,
        **place_values(sighting.place),
    }
    if sighting.condition is not None:  # left out elsewhere, so that the digests of other defects stay as they were
        values["condition"] = sighting.condition
    for name, unit, measure in (
        ("area", "m2", sighting.area_m2), ("length", "m", sighting.length_m), ("width", "m", sighting.width_m),
    ):  # fmt: skip
        values[f"{name}_{unit}"] = measure.value if measure is not None else None
        values[f"{name}_error_{unit}"] = measure.error if measure is not None else None
    try:
        values["content_digest"] = content_hash(values)
    except ValueError as err:
        raise StoreError(f"sighting {sighting.sighting_id} holds a number that is not finite") from err
    times = [frame.pts_ns for frame in sighting.frames]
    best = sighting.evidence_pts_ns[0] if sighting.evidence_pts_ns else times[0]
    seen = {"frames_seen": len(times), "first_pts_ns": min(times), "last_pts_ns": max(times), "best_pts_ns": best}
    return {"condition": None} | values | seen | {"evidence": []}


def _stored() -> Select[SightingRow, str, datetime | None, datetime]:
    return (
        select(SightingRow, col(FootageRow.path), col(FootageRow.recorded_at), col(InspectionRow.created_at))
        .join(FootageRow, col(FootageRow.footage_id) == col(SightingRow.footage_id))
        .join(InspectionRow, col(InspectionRow.inspection_id) == col(SightingRow.inspection_id))
        .order_by(
            observed_at(), col(SightingRow.footage_id), col(SightingRow.first_pts_ns), col(SightingRow.sighting_id),
            col(SightingRow.inspection_id),
        )
    )  # fmt: skip


def _stored_sighting(row: Any) -> StoredSighting:
    sighting, path, recorded_at, inspected_at = row
    return StoredSighting(
        look=Look(sighting.footage_id, inspected_at, sighting.inspection_id),
        finding_id=sighting.finding_id,
        sighting=_sighting(sighting),
        footage_name=PurePath(path).name,
        recorded_at=recorded_at,
        evidence=tuple(sighting.evidence),
    )


def _sighting(row: SightingRow) -> Sighting:
    return Sighting(
        sighting_id=row.sighting_id,
        footage_id=row.footage_id,
        class_name=row.class_name,
        confidence=row.confidence,
        frames=tuple(_frame(*values) for values in row.frames),
        frames_expected=row.frames_expected,
        evidence_pts_ns=tuple(row.evidence_pts_ns),
        place=place_of(row),
        area_m2=measure_of(row.area_m2, row.area_error_m2),
        length_m=measure_of(row.length_m, row.length_error_m),
        width_m=measure_of(row.width_m, row.width_error_m),
        condition=row.condition,
    )


def _frame(
    pts_ns: int, xyxy: Sequence[float], confidence: float, outline: Sequence[Sequence[float]], range_m: float | None,
    sharpness: float,
) -> SightingFrame:  # fmt: skip
    left, top, right, bottom = xyxy
    points = tuple((x, y) for x, y in outline)
    return SightingFrame(pts_ns, (left, top, right, bottom), confidence, points, range_m, sharpness)
