"""Ranks and numbers findings for a report, and says where each is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image, UnidentifiedImageError

from agents.types import Assessment, FindingFacts, Severity
from vision.errors import ReasoningError, StoreError
from workflows.report_content import FindingEntry, FindingRecord, ReportPicture
from workflows.report_drawings import Level
from workflows.report_format import CLASS_CODES, chainage, coordinates, words

PAGE_PICTURES_BYTES = 60_000_000
"""A page with more than this in pictures takes too long to open."""

_RANK: dict[Severity, int] = {"low": 1, "medium": 2, "high": 3}


def rank_findings(records: Iterable[FindingRecord], assessments: Sequence[Assessment]) -> tuple[FindingEntry, ...]:
    """Number the findings in the agent's order of work; those without work left come last.

    Raises:
        ReasoningError: An assessment has no finding, or a finding two.
    """
    by_id = {assessment.finding_id: assessment for assessment in assessments}
    if len(by_id) < len(assessments):
        raise ReasoningError("the agent assessed a finding twice; run the inspection again")
    orders = {finding_id: i for i, finding_id in enumerate(by_id)}
    ordered = sorted(records, key=lambda one: _rank(one.facts, by_id, orders))
    unknown = set(by_id) - {one.facts.finding_id for one in ordered}
    if unknown:
        raise ReasoningError(f"the agent assessed findings that aren't in the report: {', '.join(sorted(unknown))}")
    places = {one.facts.finding_id: i for i, one in enumerate(sorted(ordered, key=lambda one: _along_road(one.facts)))}
    room = pictures_in_page(ordered, PAGE_PICTURES_BYTES)
    names = {one.facts.finding_id: f"finding {i}" for i, one in enumerate(ordered, start=1)}
    return tuple(
        _entry(_Standing(i + 1, places[one.facts.finding_id], room[i], names), one, by_id.get(one.facts.finding_id))
        for i, one in enumerate(ordered)
    )


def pictures_in_page(records: Sequence[FindingRecord], at_most_bytes: int) -> list[int]:
    """Share the page's room: first the best picture of each finding in turn, then the second best of each, and so on.

    Returns:
        For each record, how many of its pictures stand in the page.
    """
    counts = [0] * len(records)
    left = at_most_bytes
    for rank in range(max((len(one.pictures) for one in records), default=0)):
        for i, one in enumerate(records):
            if counts[i] == rank < len(one.pictures) and len(one.pictures[rank].jpeg) <= left:
                counts[i] += 1
                left -= len(one.pictures[rank].jpeg)
    return counts


def place_text(facts: FindingFacts) -> str | None:
    """Write a finding's place in one line: route and chainage, coordinates, or both; None where neither is known."""
    parts: list[str] = []
    if facts.chainage_m is not None:
        parts.append(f"{facts.route} {chainage(facts.chainage_m)}" if facts.route else chainage(facts.chainage_m))
    if facts.latitude_deg is not None and facts.longitude_deg is not None:
        parts.append(coordinates(facts.latitude_deg, facts.longitude_deg))
    return "; ".join(parts) or None


def report_picture(
    file_name: str, jpeg: bytes, kind: Literal["view", "close"], footage_name: str, pts_s: float
) -> ReportPicture:
    """Take a picture from the evidence store into the report, reading its size from the file.

    Raises:
        StoreError: The bytes are no picture.
    """
    try:
        with Image.open(io.BytesIO(jpeg)) as picture:
            width_px, height_px = picture.size
    except (UnidentifiedImageError, OSError) as err:
        raise StoreError(f"evidence picture {file_name} can't be read: run the inspection again to remake it") from err
    return ReportPicture(
        file_name=file_name,
        jpeg=jpeg,
        kind=kind,
        footage_name=footage_name,
        pts_s=pts_s,
        width_px=width_px,
        height_px=height_px,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a finding stands among the others; ``names`` is finding id -> ``finding 3``."""

    number: int
    place_order: int
    pictures_in_page: int
    names: Mapping[str, str]


def _rank(facts: FindingFacts, by_id: Mapping[str, Assessment], orders: Mapping[str, int]) -> tuple[bool, int, str]:
    finding_id = facts.finding_id
    return (not _still_open(facts, by_id.get(finding_id)), orders.get(finding_id, len(orders)), finding_id)


def _notes(assessment: Assessment | None, names: Mapping[str, str]) -> tuple[str, ...]:
    """Name findings by number in the agent's notes, since a reader looks them up by number."""
    notes = assessment.notes if assessment else ()
    return tuple(re.sub(r"[0-9A-Za-z_-]+", lambda found: names.get(found[0], found[0]), note) for note in notes)


def _along_road(facts: FindingFacts) -> tuple[bool, str, float, str, float]:
    chainage_m = facts.chainage_m if facts.chainage_m is not None else 0.0
    return (facts.chainage_m is None, facts.route or "", chainage_m, facts.footage_name, facts.frame_pts_s)


def _entry(standing: _Standing, record: FindingRecord, assessment: Assessment | None) -> FindingEntry:
    grade = assessment.severity if assessment else None
    level: Level = grade.high if grade else "not_graded"
    return FindingEntry(
        number=standing.number,
        facts=record.facts,
        assessment=assessment,
        class_code=CLASS_CODES.get(record.facts.class_name),
        class_text=words(record.facts.class_name),
        level=level,
        severity_rank=_severity_rank(assessment),
        place_order=standing.place_order,
        still_open=_still_open(record.facts, assessment),
        notes=_notes(assessment, standing.names),
        place_text=place_text(record.facts),
        box_xyxy=record.box_xyxy,
        frame_index=record.frame_index,
        pictures=record.pictures,
        pictures_in_page=standing.pictures_in_page,
        seen=record.seen,
    )


def _severity_rank(assessment: Assessment | None) -> int:
    if assessment is None or assessment.severity is None:
        return 0
    return _RANK[assessment.severity.low] + _RANK[assessment.severity.high]


def _still_open(facts: FindingFacts, assessment: Assessment | None) -> bool:
    return facts.status != "repaired" and not (assessment is not None and assessment.verdict == "rejected")
