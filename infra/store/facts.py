"""The findings of an inspection as everybody else reads them: what it saw, and what it looked for and didn't see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from agents.types import FindingFacts, Quantity, Status
from infra.merge_rules import MergeRules
from infra.observation import Finding, mean_measure, newest_looks, one_a_footage
from infra.spots import DrivenRoad
from infra.status import earlier_campaigns, last_campaign, latest_campaign, missed_by_chance, status_when_seen
from infra.store.assessments import rejected_findings
from infra.store.coverage import load_coverage
from infra.store.findings import find_findings, near_box, near_chainage
from infra.store.inspections import inspection_row
from infra.store.observations import LedgerEntry, entries_of_findings
from infra.store.valid_frames import ValidFrames
from infra.tables import ExaminationRow, FindingRow, FootageRow, InspectionFootageRow, InspectionRow, SightingRow
from vision.errors import StoreError
from vision.types import Measure, Place

DEFAULT_RULES = MergeRules()


@dataclass(frozen=True, slots=True)
class InspectedFootage:
    """One footage of an inspection.

    Attributes:
        footage_id: By content.
        examination_id: That the inspection rests on.
        class_names: What its model can see.
        observed_at: When it was recorded, or else first met.
    """

    footage_id: str
    examination_id: str
    class_names: tuple[str, ...]
    observed_at: datetime


def finding_facts(session: Session, inspection_id: str, rules: MergeRules = DEFAULT_RULES) -> list[FindingFacts]:
    """Give the findings that an inspection saw, by footage and time, then those that it looked for and didn't see.

    A finding of an earlier campaign is *repaired* where this inspection's newest campaign saw its spot validly, with a
    model that knows its class, and so often that it can't just have been missed; *not observed* where its road is the
    inspection's but the spot wasn't seen so. Findings that are held to be none are left out there.

    Raises:
        StoreError: There is no such inspection, or it isn't merged into the ledger.
    """
    if inspection_row(session, inspection_id).merged_digest is None:
        raise StoreError(f"inspection {inspection_id} isn't merged into the ledger yet; run it to its end first")
    footages = inspected_footages(session, inspection_id)
    campaign = latest_campaign({one.footage_id: one.observed_at for one in footages}, rules)
    now = [one for one in footages if one.footage_id in campaign]
    own = select(col(SightingRow.finding_id)).where(col(SightingRow.inspection_id) == inspection_id)
    findings = find_findings(session, col(FindingRow.finding_id).in_(own))
    road = DrivenRoad([b for b in load_coverage(session, inspection_id) if b.footage_id in campaign | {None}], rules)
    findings |= _near_road(session, road)
    entries = entries_of_findings(session, findings)
    seen, missed = [], []
    for name, finding in findings.items():
        views = entries.get(name, [])
        theirs = [entry for entry in views if entry.observation.inspection_id == inspection_id]
        current = [entry for entry in theirs if entry.observation.footage_id in campaign]
        if current or (theirs and finding.place is None):
            seen.append(_seen(finding, current or theirs, views, rules))
        elif now:
            missed.append((finding, views, bool(theirs)))
    order = {one.footage_id: position for position, one in enumerate(footages)}
    seen.sort(key=lambda facts: (order[facts.footage_id], facts.first_pts_s, facts.finding_id))
    return seen + _missed_facts(session, missed, road, now, rules)


def list_findings(
    session: Session, inspection_id: str | None = None, rules: MergeRules = DEFAULT_RULES
) -> list[FindingFacts]:
    """Give the findings of one inspection, or of the whole ledger as each was last found.

    Raises:
        StoreError: There is no such inspection.
    """
    if inspection_id is not None:
        return finding_facts(session, inspection_id, rules)
    merged = session.scalars(
        select(col(InspectionRow.inspection_id)).where(col(InspectionRow.merged_digest).is_not(None))
    ).all()
    times = {name: max((one.observed_at for one in inspected_footages(session, name)), default=None) for name in merged}
    latest: dict[str, FindingFacts] = {}
    for name in sorted(merged, key=lambda name: (str(times[name] or ""), name), reverse=True):
        for facts in finding_facts(session, name, rules):
            latest.setdefault(facts.finding_id, facts)
    return sorted(latest.values(), key=_place_order)


def inspected_footages(session: Session, inspection_id: str) -> list[InspectedFootage]:
    """Give the footages of an inspection, in the order in which they were handed in."""
    rows = session.execute(
        select(
            col(FootageRow.footage_id),
            col(ExaminationRow.examination_id),
            col(ExaminationRow.class_names),
            col(FootageRow.recorded_at),
            col(FootageRow.added_at),
        )
        .join(ExaminationRow, col(ExaminationRow.footage_id) == col(FootageRow.footage_id))
        .join(InspectionFootageRow, col(InspectionFootageRow.examination_id) == col(ExaminationRow.examination_id))
        .where(col(InspectionFootageRow.inspection_id) == inspection_id)
        .order_by(col(InspectionFootageRow.position))
    )
    return [
        InspectedFootage(footage_id, examination_id, tuple(class_names), recorded_at or added_at)
        for footage_id, examination_id, class_names, recorded_at, added_at in rows
    ]


def _near_road(session: Session, road: DrivenRoad) -> dict[str, Finding]:
    conditions = [near_chainage(route, start_m, end_m) for route, (start_m, end_m) in road.stretches().items()]
    bounds = road.bounds_deg()
    if bounds is not None:
        west, south, east, north = bounds
        conditions.append(near_box(south, west, north, east))
    return find_findings(session, or_(*conditions)) if conditions else {}


def _seen(
    finding: Finding, current: Sequence[LedgerEntry], views: Sequence[LedgerEntry], rules: MergeRules
) -> FindingFacts:
    shown = {(entry.observation.inspection_id, entry.observation.sighting_id) for entry in current}
    others = [e.observation for e in views if (e.observation.inspection_id, e.observation.sighting_id) not in shown]
    status = status_when_seen([entry.observation for entry in current], others, rules)
    best = max(current, key=lambda e: (e.observation.confidence, e.frames_seen, e.observation.sighting_id))
    frames = (sum(e.frames_seen for e in current), sum(e.frames_expected for e in current))
    ordered = [best, *(entry for entry in current if entry is not best)]
    return _facts(finding, status, ordered, views, frames)


def _missed_facts(
    session: Session,
    missed: Sequence[tuple[Finding, Sequence[LedgerEntry], bool]],
    road: DrivenRoad,
    now: Sequence[InspectedFootage],
    rules: MergeRules,
) -> list[FindingFacts]:
    rejected = rejected_findings(session, [finding.finding_id for finding, _, _ in missed])
    frames = ValidFrames(session, {one.footage_id: one.examination_id for one in now})
    knows = {name for one in now for name in one.class_names}
    begin, end = min((o.observed_at for o in now), default=None), max((o.observed_at for o in now), default=None)
    facts = []
    for finding, views, own in missed:
        if finding.place is None or finding.finding_id in rejected or begin is None or end is None:
            continue
        window = timedelta(days=rules.campaign_days)
        before = [entry for entry in views if entry.observation.observed_at <= end + window]
        earlier = {o.sighting_id for o in earlier_campaigns((e.observation for e in before), begin, rules)}
        if not earlier or any(entry.observation.observed_at >= begin - window for entry in before):
            continue  # never seen before, or seen by another pass of this same campaign
        view = road.look_at(finding.place)
        if view.state == "outside" and not own:
            continue
        shown = frames.count(view.bins)
        last = _last_seen([entry for entry in before if entry.observation.sighting_id in earlier], rules)
        repaired = finding.class_name in knows and _surely_gone(last, shown, rules)
        facts.append(_facts(finding, "repaired" if repaired else "not_observed", last, before, (0, shown)))
    return sorted(facts, key=_place_order)


def _surely_gone(last: Sequence[LedgerEntry], shown: int, rules: MergeRules) -> bool:
    """Tell whether a defect that none of so many frames showed can't just have been missed."""
    seen, expected = sum(e.frames_seen for e in last), sum(e.frames_expected for e in last)
    return shown >= rules.repaired_min_frames and missed_by_chance(seen, expected, shown) <= rules.repaired_chance


def _last_seen(entries: Sequence[LedgerEntry], rules: MergeRules) -> list[LedgerEntry]:
    """Give the entries of the last campaign that saw a finding, the newest first."""
    newest = last_campaign(one_a_footage(entry.observation for entry in entries), rules)
    names = {(o.inspection_id, o.sighting_id) for o in newest}
    chosen = [e for e in entries if (e.observation.inspection_id, e.observation.sighting_id) in names]
    return chosen[::-1]


def _facts(
    finding: Finding,
    status: Status,
    shown: Sequence[LedgerEntry],
    views: Sequence[LedgerEntry],
    frames: tuple[int, int],
) -> FindingFacts:
    """Put the facts together; the first of ``shown`` gives footage and times, all of them the sizes and pictures."""
    best, place = shown[0], finding.place or Place(None, None, 0.0)
    measured = one_a_footage(entry.observation for entry in shown)
    recorded = [entry.recorded_at for entry in views if entry.recorded_at is not None]
    return FindingFacts(
        finding_id=finding.finding_id,
        class_name=finding.class_name,
        confidence=finding.confidence,
        status=status,
        footage_id=best.observation.footage_id,
        footage_name=best.footage_name,
        first_pts_s=best.first_pts_ns / 1e9,
        last_pts_s=best.last_pts_ns / 1e9,
        frame_pts_s=best.best_pts_ns / 1e9,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        position_error_m=None if finding.place is None else place.position_error_m,
        route=place.route,
        chainage_m=place.chainage_m,
        lateral_m=place.lateral_m,
        heading_deg=place.heading_deg,
        area_m2=quantity(mean_measure(o.area_m2 for o in measured)),
        length_m=quantity(mean_measure(o.length_m for o in measured)),
        width_m=quantity(mean_measure(o.width_m for o in measured)),
        frames_seen=frames[0],
        frames_expected=frames[1],
        sightings=len(newest_looks(views, lambda entry: entry.observation.look)),
        footages=len({entry.observation.footage_id for entry in views}),
        first_seen_at=min(recorded, default=None),
        last_seen_at=max(recorded, default=None),
        evidence=tuple(dict.fromkeys(name for entry in shown for name in entry.evidence)),
        condition=best.condition,
    )


def quantity(measure: Measure | None) -> Quantity | None:
    """Give a measure as the agent reads it."""
    return None if measure is None else Quantity(value=measure.value, error=measure.error)


def _place_order(facts: FindingFacts) -> tuple[str, float, str, float, str]:
    return facts.route or "", facts.chainage_m or 0.0, facts.footage_id, facts.first_pts_s, facts.finding_id
