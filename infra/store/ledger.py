"""Merges an inspection's sightings into the ledger's findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.identity import content_hash, finding_id_of
from infra.ledger import KnownFinding, in_recorded_order, merge_passes
from infra.merge_rules import MergeRules
from infra.store.batches import batches
from infra.store.findings import (
    drop_empty_findings,
    find_findings,
    near_box,
    near_chainage,
    refresh_findings,
    write_findings,
)
from infra.store.inspections import inspection_row
from infra.store.observations import LedgerEntry, entries_of_findings, entries_of_inspection
from infra.tables import FindingRow, ReviewRow, SightingRow
from vision.types import Place


def merge_into_ledger(session: Session, inspection_id: str, rules: MergeRules) -> None:
    """Join each sighting of an inspection to a finding, old or new, all at once.

    A second time with the same sightings and rules changes nothing. Where the sightings have changed, they are merged
    anew, as if the inspection had never been in the ledger; findings that then have no sighting left are dropped, but
    for those that a person has decided on.

    Raises:
        StoreError: There is no such inspection.
    """
    inspection = inspection_row(session, inspection_id)
    own = entries_of_inspection(session, inspection_id)
    digest = content_hash(
        [sorted((e.observation.sighting_id, e.content_digest) for e in own), rules.model_dump(mode="json")]
    )
    if inspection.merged_digest != digest:
        known = _known_findings(session, inspection_id, own)
        passes = in_recorded_order(entry.observation for entry in own)
        merge = merge_passes(list(known.values()), passes, rules, _names_taken(session, inspection_id, own))
        write_findings(session, merge.findings)
        _join(session, inspection_id, merge.finding_of)
        refresh_findings(session, {e.finding_id for e in own if e.finding_id is not None} - set(merge.findings))
        drop_empty_findings(session)
        inspection.merged_digest = digest
    session.commit()


def _known_findings(session: Session, inspection_id: str, own: Sequence[LedgerEntry]) -> dict[str, KnownFinding]:
    """Give what the sightings may join, as if this inspection weren't in the ledger."""
    footage_ids = sorted({entry.observation.footage_id for entry in own})
    same_film = select(col(SightingRow.finding_id)).where(
        or_(col(SightingRow.footage_id).in_(footage_ids), col(SightingRow.inspection_id) == inspection_id)
    )
    near = _near_places([e.observation.place for e in own if e.observation.place is not None])
    found = find_findings(session, or_(*near, col(FindingRow.finding_id).in_(same_film)))
    entries = entries_of_findings(session, found)
    reviewed = _reviewed(session, found)
    known = {}
    for name, finding in found.items():
        others = tuple(e.observation for e in entries.get(name, []) if e.observation.inspection_id != inspection_id)
        if others or name in reviewed:
            known[name] = KnownFinding(finding, others)
    return known


def _near_places(places: Sequence[Place]) -> list[ColumnElement[bool]]:
    positions = [(p.latitude_deg, p.longitude_deg) for p in places if p.latitude_deg is not None]
    latitudes = [latitude for latitude, _ in positions if latitude is not None]
    longitudes = [longitude for _, longitude in positions if longitude is not None]
    near = [near_box(min(latitudes), min(longitudes), max(latitudes), max(longitudes))] if latitudes else []
    chainages: dict[str, list[float]] = {}
    for place in places:
        if place.route is not None and place.chainage_m is not None:
            chainages.setdefault(place.route, []).append(place.chainage_m)
    return near + [near_chainage(route, min(along), max(along)) for route, along in sorted(chainages.items())]


def _join(session: Session, inspection_id: str, finding_of: Mapping[str, str]) -> None:
    if finding_of:
        session.execute(
            update(SightingRow),
            [
                {"inspection_id": inspection_id, "sighting_id": sighting_id, "finding_id": finding_id}
                for sighting_id, finding_id in sorted(finding_of.items())
            ],
        )


def _names_taken(session: Session, inspection_id: str, own: Sequence[LedgerEntry]) -> set[str]:
    """Give the ids that no new finding may have: a sighting of the same name once founded one that lives on."""
    taken: set[str] = set()
    for some in batches(finding_id_of(entry.observation.sighting_id, ()) for entry in own):
        others = select(col(SightingRow.finding_id)).where(
            col(SightingRow.finding_id).in_(some), col(SightingRow.inspection_id) != inspection_id
        )
        taken.update(name for name in session.scalars(others) if name is not None)
        taken |= _reviewed(session, some)
    return taken


def _reviewed(session: Session, finding_ids: Iterable[str]) -> set[str]:
    reviewed: set[str] = set()
    for some in batches(finding_ids):
        reviewed.update(session.scalars(select(col(ReviewRow.finding_id)).where(col(ReviewRow.finding_id).in_(some))))
    return reviewed
