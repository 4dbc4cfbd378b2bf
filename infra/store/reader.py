"""What the agent's tools ask of the ledger."""

from __future__ import annotations

import math

from sqlmodel import col

from agents.types import FindingFacts, HistoryEntry, Neighbour
from infra.database import SessionFactory
from infra.local_metres import east_north_m, metres_a_degree
from infra.merge_rules import MergeRules
from infra.observation import Finding, mean_measure, one_a_footage
from infra.store.facts import DEFAULT_RULES, finding_facts, inspected_footages, quantity
from infra.store.findings import find_findings
from infra.store.observations import LedgerEntry, entries_of_findings
from infra.tables import FindingRow
from vision.errors import StoreError
from vision.types import Place


class LedgerReader:
    """An ``agents.protocols.LedgerView`` of one inspection. Safe to ask from several threads."""

    def __init__(self, sessions: SessionFactory, inspection_id: str, rules: MergeRules = DEFAULT_RULES) -> None:
        """Read the facts of the inspection.

        Args:
            sessions: Gives a session for reading, such as ``functools.partial(reading, engine)``.
            inspection_id: Merged into the ledger already.
            rules: That it was merged by.

        Raises:
            StoreError: There is no such inspection, or it isn't merged.
        """
        self._sessions = sessions
        self._inspection_id = inspection_id
        with sessions() as session:
            self._facts = {facts.finding_id: facts for facts in finding_facts(session, inspection_id, rules)}
            times = [footage.observed_at for footage in inspected_footages(session, inspection_id)]
        self._begin = min(times, default=None)

    def facts(self, finding_id: str) -> FindingFacts:
        """Give one finding as the ledger knows it.

        Raises:
            StoreError: The inspection has no such finding.
        """
        if finding_id not in self._facts:
            raise StoreError(f"inspection {self._inspection_id} has no finding {finding_id}")
        return self._facts[finding_id]

    def neighbours(self, finding_id: str, radius_m: float) -> tuple[Neighbour, ...]:
        """Give the findings within a radius, nearest first; none for a finding without a place.

        Findings that this inspection found repaired are no longer there, and left out.
        """
        facts = self.facts(finding_id)
        with self._sessions() as session:
            if facts.latitude_deg is not None and facts.longitude_deg is not None:
                east_scale, north_scale = metres_a_degree(facts.latitude_deg)
                rise, reach = radius_m / float(north_scale), radius_m / max(float(east_scale), 1.0)
                near = col(FindingRow.latitude_deg).between(facts.latitude_deg - rise, facts.latitude_deg + rise) & col(
                    FindingRow.longitude_deg
                ).between(facts.longitude_deg - reach, facts.longitude_deg + reach)
            elif facts.route is not None and facts.chainage_m is not None:
                near = (col(FindingRow.route) == facts.route) & col(FindingRow.chainage_m).between(
                    facts.chainage_m - radius_m, facts.chainage_m + radius_m
                )
            else:
                return ()
            found = find_findings(session, near)
        neighbours = []
        for other in found.values():
            distance_m = _distance_m(facts, other.place)
            gone = other.finding_id in self._facts and self._facts[other.finding_id].status == "repaired"
            if other.finding_id != finding_id and not gone and distance_m <= radius_m:
                neighbours.append(_neighbour(other, distance_m))
        return tuple(sorted(neighbours, key=lambda one: (one.distance_m, one.finding_id)))

    def history(self, finding_id: str) -> tuple[HistoryEntry, ...]:
        """Give what earlier inspections measured of it, oldest first; each footage counts once, in its newest one."""
        self.facts(finding_id)
        with self._sessions() as session:
            entries = entries_of_findings(session, [finding_id]).get(finding_id, [])
        own = {e.observation.footage_id for e in entries if e.observation.inspection_id == self._inspection_id}
        earlier = [
            entry
            for entry in entries
            if self._begin is not None
            and entry.observation.observed_at < self._begin
            and entry.observation.footage_id not in own
        ]
        counted = {(o.inspection_id, o.sighting_id) for o in one_a_footage(entry.observation for entry in earlier)}
        by_inspection: dict[str, list[LedgerEntry]] = {}
        for entry in earlier:
            if (entry.observation.inspection_id, entry.observation.sighting_id) in counted:
                by_inspection.setdefault(entry.observation.inspection_id, []).append(entry)
        return tuple(_history(name, views) for name, views in by_inspection.items())


def _history(inspection_id: str, views: list[LedgerEntry]) -> HistoryEntry:
    return HistoryEntry(
        inspection_id=inspection_id,
        seen_at=min((view.recorded_at for view in views if view.recorded_at is not None), default=None),
        area_m2=quantity(mean_measure(view.observation.area_m2 for view in views)),
        length_m=quantity(mean_measure(view.observation.length_m for view in views)),
    )


def _neighbour(finding: Finding, distance_m: float) -> Neighbour:
    return Neighbour(finding_id=finding.finding_id, class_name=finding.class_name, distance_m=round(distance_m, 2))


def _distance_m(facts: FindingFacts, place: Place | None) -> float:
    if place is None:
        return math.inf
    if None not in (facts.latitude_deg, facts.longitude_deg, place.latitude_deg, place.longitude_deg):
        here, there = (facts.longitude_deg, facts.latitude_deg), (place.longitude_deg, place.latitude_deg)
        return math.hypot(*east_north_m(here, there))  # type: ignore[arg-type]  # none of the four is None
    if facts.route is None or facts.route != place.route or facts.chainage_m is None or place.chainage_m is None:
        return math.inf
    across = 0.0 if facts.lateral_m is None or place.lateral_m is None else place.lateral_m - facts.lateral_m
    return math.hypot(place.chainage_m - facts.chainage_m, across)
