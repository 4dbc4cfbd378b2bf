"""The findings themselves: looked up by where they are, written, and dropped when nothing is left of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.local_metres import metres_a_degree
from infra.observation import Finding, summarise
from infra.store.batches import batches
from infra.store.observations import entries_of_findings
from infra.store.places import place_of, place_values
from infra.tables import FindingRow, ReviewRow, SightingRow

SEARCH_MARGIN_M = 200.0
"""Findings are looked for this far beyond an inspection's own places: more than any gate and half of a long crack."""


def find_findings(session: Session, condition: ColumnElement[bool]) -> dict[str, Finding]:
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


def write_findings(session: Session, findings: Mapping[str, Finding]) -> None:
    """Write findings over those of the same id, or as new ones; commits nothing."""
    standing: set[str] = set()
    for some in batches(findings):
        standing.update(session.scalars(select(col(FindingRow.finding_id)).where(col(FindingRow.finding_id).in_(some))))
    rows = {name: _values(finding) for name, finding in sorted(findings.items())}
    changed = [values for name, values in rows.items() if name in standing]
    if changed:
        session.execute(update(FindingRow), changed)
    added = [values for name, values in rows.items() if name not in standing]
    if added:
        session.execute(insert(FindingRow), added)


def refresh_findings(session: Session, finding_ids: Iterable[str]) -> None:
    """Make findings anew from the sightings that they still have; commits nothing."""
    left = entries_of_findings(session, finding_ids)
    write_findings(session, {name: summarise(name, [e.observation for e in views]) for name, views in left.items()})


def drop_empty_findings(session: Session) -> None:
    """Drop the findings that have no sighting left, but for those that a person has decided on; commits nothing."""
    seen = exists().where(col(SightingRow.finding_id) == col(FindingRow.finding_id))
    decided = exists().where(col(ReviewRow.finding_id) == col(FindingRow.finding_id))
    session.execute(delete(FindingRow).where(~seen, ~decided).execution_options(synchronize_session=False))


def _values(finding: Finding) -> dict[str, object]:
    return {
        "finding_id": finding.finding_id,
        "class_name": finding.class_name,
        "confidence": finding.confidence,
        **place_values(finding.place),
    }
