"""Merges an inspection's sightings into the ledger's findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.identity import content_hash, finding_id_of
from infra.ledger import KnownFinding, Merge, in_recorded_order, merge_passes
from infra.local_metres import metres_a_degree
from infra.merge_rules import MergeRules
from infra.observation import Finding, summarise
from infra.store.inspections import inspection_row
from infra.store.observations import LedgerEntry, entries_of_findings, entries_of_inspection
from infra.store.places import place_of, place_values
from infra.store.sightings import batches
from infra.tables import AssessmentRow, FindingRow, ReviewRow, SightingRow
from vision.types import Place

SEARCH_MARGIN_M = 200.0
"""Findings are looked for this far beyond an inspection's own places: more than any gate and half of a long crack."""


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
        left = {entry.finding_id for entry in own if entry.finding_id is not None}
        known = _known_findings(session, inspection_id, own)
        taken = _names_taken(session, own) - (left - set(known))
        passes = in_recorded_order(entry.observation for entry in own)
        merge = merge_passes(list(known.values()), passes, rules, taken)
        _write_findings(session, merge, known, left)
        _join(session, inspection_id, merge.finding_of)
        _drop(session, left - set(known) - set(merge.findings))
        inspection.merged_digest = digest
    session.commit()


def find_near(session: Session, condition: ColumnElement[bool]) -> dict[str, Finding]:
    """Give the findings that a condition on ``FindingRow`` selects, by id."""
    return {
        row.finding_id: Finding(row.finding_id, row.class_name, row.confidence, place_of(row))
        for row in session.scalars(select(FindingRow).where(condition).order_by(col(FindingRow.finding_id)))
    }


def near_box(south_deg: float, west_deg: float, north_deg: float, east_deg: float) -> ColumnElement[bool]:
    """Select findings in a box of the map and a margin around it; one across the antimeridian takes all longitudes."""
    east_scale, north_scale = metres_a_degree(max(abs(south_deg), abs(north_deg)))
    rise = SEARCH_MARGIN_M / float(north_scale)
    reach = SEARCH_MARGIN_M / max(float(east_scale), 1.0)
    inside = col(FindingRow.latitude_deg).between(south_deg - rise, north_deg + rise)
    if east_deg - west_deg + 2.0 * reach >= 180.0:
        return inside
    return inside & col(FindingRow.longitude_deg).between(west_deg - reach, east_deg + reach)


def near_chainage(route: str, start_m: float, end_m: float) -> ColumnElement[bool]:
    """Select findings along a stretch of a route, and a margin at its ends."""
    return (col(FindingRow.route) == route) & col(FindingRow.chainage_m).between(
        start_m - SEARCH_MARGIN_M, end_m + SEARCH_MARGIN_M
    )


def _known_findings(session: Session, inspection_id: str, own: Sequence[LedgerEntry]) -> dict[str, KnownFinding]:
    """Give what the sightings may join, as if this inspection weren't in the ledger."""
    footage_ids = sorted({entry.observation.footage_id for entry in own})
    same_film = select(col(SightingRow.finding_id)).where(
        or_(col(SightingRow.footage_id).in_(footage_ids), col(SightingRow.inspection_id) == inspection_id)
    )
    near = _near_places([e.observation.place for e in own if e.observation.place is not None])
    found = find_near(session, or_(*near, col(FindingRow.finding_id).in_(same_film)))
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


def _write_findings(session: Session, merge: Merge, known: Mapping[str, KnownFinding], left: set[str]) -> None:
    """Write the findings that were joined or founded, and those that lost a sighting but keep others."""
    standing = set(known) | left
    findings = dict(merge.findings)
    for name in (left & set(known)) - set(findings):
        if known[name].observations:
            findings[name] = summarise(name, known[name].observations)
    rows = {name: _finding_values(finding) for name, finding in sorted(findings.items())}
    changed = [values for name, values in rows.items() if name in standing]
    if changed:
        session.execute(update(FindingRow), changed)
    added = [values for name, values in rows.items() if name not in standing]
    if added:
        session.execute(insert(FindingRow), added)


def _finding_values(finding: Finding) -> dict[str, object]:
    return {
        "finding_id": finding.finding_id,
        "class_name": finding.class_name,
        "confidence": finding.confidence,
        **place_values(finding.place),
    }


def _join(session: Session, inspection_id: str, finding_of: Mapping[str, str]) -> None:
    if finding_of:
        session.execute(
            update(SightingRow),
            [
                {"inspection_id": inspection_id, "sighting_id": sighting_id, "finding_id": finding_id}
                for sighting_id, finding_id in sorted(finding_of.items())
            ],
        )


def _drop(session: Session, finding_ids: set[str]) -> None:
    for some in batches(sorted(finding_ids)):
        session.execute(delete(AssessmentRow).where(col(AssessmentRow.finding_id).in_(some)))
        session.execute(delete(FindingRow).where(col(FindingRow.finding_id).in_(some)))


def _names_taken(session: Session, own: Sequence[LedgerEntry]) -> set[str]:
    """Give the ids that a new finding can't have: a sighting of this name may once have founded one elsewhere."""
    wanted = sorted({finding_id_of(entry.observation.sighting_id, ()) for entry in own})
    taken: set[str] = set()
    for some in batches(wanted):
        taken.update(session.scalars(select(col(FindingRow.finding_id)).where(col(FindingRow.finding_id).in_(some))))
    return taken


def _reviewed(session: Session, finding_ids: Iterable[str]) -> set[str]:
    reviewed: set[str] = set()
    for some in batches(sorted(finding_ids)):
        reviewed.update(session.scalars(select(col(ReviewRow.finding_id)).where(col(ReviewRow.finding_id).in_(some))))
    return reviewed
