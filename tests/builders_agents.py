"""Findings for the agent's tests, and a ledger in memory behind the agent's own protocol."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from agents.types import FindingFacts, HistoryEntry, Neighbour, Quantity
from vision.errors import StoreError

METRES_PER_DEGREE = 111_320.0
SEEN_AT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)


def make_facts(**overrides: Any) -> FindingFacts:
    """A pothole of 0.4 m², seen well, on a route."""
    values: dict[str, Any] = {
        "finding_id": "f-0001",
        "class_name": "pothole",
        "confidence": 0.82,
        "status": "new",
        "footage_id": "ab" * 32,
        "footage_name": "drive.mp4",
        "first_pts_s": 61.0,
        "last_pts_s": 63.5,
        "frame_pts_s": 63.0,
        "latitude_deg": 19.09123,
        "longitude_deg": 74.73456,
        "position_error_m": 1.3,
        "route": "BR-386",
        "chainage_m": 12_300.0,
        "lateral_m": -1.4,
        "heading_deg": 88.0,
        "area_m2": Quantity(value=0.40, error=0.04),
        "length_m": Quantity(value=0.81, error=0.05),
        "width_m": Quantity(value=0.63, error=0.05),
        "frames_seen": 4,
        "frames_expected": 5,
        "sightings": 1,
        "footages": 1,
        "first_seen_at": SEEN_AT,
        "last_seen_at": SEEN_AT,
        "evidence": ("evidence/f-0001.jpg",),
    }
    return FindingFacts(**(values | overrides))


class MemoryLedger:
    """A LedgerView over findings in memory; distances over the ground, or along the chainage without coordinates.

    ``breaks_at`` names a finding whose neighbours can't be read the first time they are asked for.
    """

    def __init__(
        self,
        findings: Iterable[FindingFacts],
        history: Mapping[str, tuple[HistoryEntry, ...]] | None = None,
        breaks_at: str | None = None,
    ) -> None:
        self.findings = {finding.finding_id: finding for finding in findings}
        self.past = dict(history or {})
        self.breaks_at = breaks_at
        self.asked: list[tuple[str, str]] = []

    def facts(self, finding_id: str) -> FindingFacts:
        self.asked.append(("facts", finding_id))
        if finding_id not in self.findings:
            raise StoreError(f"the ledger has no finding {finding_id}")
        return self.findings[finding_id]

    def neighbours(self, finding_id: str, radius_m: float) -> tuple[Neighbour, ...]:
        self.asked.append(("neighbours", finding_id))
        if finding_id == self.breaks_at:
            self.breaks_at = None
            raise StoreError("database is locked")
        here = self.findings[finding_id]
        found = [
            Neighbour(finding_id=other.finding_id, class_name=other.class_name, distance_m=distance_m(here, other))
            for other in self.findings.values()
            if other.finding_id != finding_id and distance_m(here, other) <= radius_m
        ]
        return tuple(sorted(found, key=lambda neighbour: (neighbour.distance_m, neighbour.finding_id)))

    def history(self, finding_id: str) -> tuple[HistoryEntry, ...]:
        self.asked.append(("history", finding_id))
        return self.past.get(finding_id, ())


def distance_m(one: FindingFacts, other: FindingFacts) -> float:
    """Metres between two findings; infinite where one has no place."""
    if None not in (one.latitude_deg, other.latitude_deg):
        assert one.latitude_deg is not None
        assert other.latitude_deg is not None
        assert one.longitude_deg is not None
        assert other.longitude_deg is not None
        north = (other.latitude_deg - one.latitude_deg) * METRES_PER_DEGREE
        east = (other.longitude_deg - one.longitude_deg) * METRES_PER_DEGREE * math.cos(math.radians(one.latitude_deg))
        return math.hypot(north, east)
    if one.chainage_m is not None and other.chainage_m is not None and one.route == other.route:
        return abs(other.chainage_m - one.chainage_m)
    return math.inf


def beside(facts: FindingFacts, north_m: float, **overrides: Any) -> FindingFacts:
    """Another finding, so many metres north of one."""
    assert facts.latitude_deg is not None
    return facts.model_copy(update={"latitude_deg": facts.latitude_deg + north_m / METRES_PER_DEGREE, **overrides})
