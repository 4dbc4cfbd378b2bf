"""Makes a report's content from what the ledger, the agent and the inspection know. All counting is done here."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from agents.types import AgentResult, Assessment, Sentence
from vision.errors import ReasoningError
from vision.types import CoverageBin
from workflows.report_content import (
    CitedSentence,
    ClassRow,
    CoveredLengths,
    FailureRow,
    FindingEntry,
    FindingRecord,
    FrameTotals,
    InspectionMeta,
    KeyFigures,
    RefusalRow,
    ReportContent,
)
from workflows.report_coverage import merge_stretches
from workflows.report_drawings import LEVELS, OPENSTREETMAP, TileSource
from workflows.report_format import short_hash
from workflows.report_map import draw_map
from workflows.report_ranking import rank_findings
from workflows.report_strip import draw_strips

SOON_DAYS = 7
MOST_URGENT = 5
_FIRST_TIMES = 3
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


def build_report(
    meta: InspectionMeta,
    records: Sequence[FindingRecord],
    agent: AgentResult,
    bins: Sequence[CoverageBin],
    tiles: TileSource | None = OPENSTREETMAP,
) -> ReportContent:
    """Rank and number the findings, count, merge coverage and draw.

    Raises:
        ReasoningError: The agent speaks of a finding that isn't among the records, or twice of one.
    """
    entries = rank_findings(records, agent.assessments)
    numbers = {entry.facts.finding_id: entry.number for entry in entries}
    names = {footage.footage_id: footage.name for footage in meta.footages}
    stretches = merge_stretches(bins, names)
    recorded = [footage.recorded_at for footage in meta.footages if footage.recorded_at is not None]
    totals = _frame_totals(meta)
    return ReportContent(
        report_id=_report_id(meta, entries),
        title="Road inspection report",
        subtitle=_subtitle(meta),
        meta=meta,
        recorded_from=min(recorded, default=None),
        recorded_to=max(recorded, default=None),
        report_date=meta.created_at.date(),
        planner=agent.planner,
        summary=tuple(_cite(sentence, numbers) for sentence in agent.text.summary),
        dropped_sentences=agent.text.dropped_sentences,
        dropped_because=tuple(dict.fromkeys(problem for one in agent.refused for problem in one.problems)),
        figures=key_figures(entries, meta.covered, meta.created_at.date()),
        most_urgent=tuple(entry for entry in entries if entry.still_open)[:MOST_URGENT],
        findings=entries,
        bins=tuple(bins),
        map=draw_map(bins, stretches, entries),
        strips=draw_strips(bins, stretches, entries, meta.footages),
        frames=totals,
        refusals=_refusals(meta, totals),
        not_valid=tuple(one for one in stretches if one.state == "invalid"),
        not_driven=tuple(one for one in stretches if one.state == "not_driven"),
        failures=_failures(meta, agent, names, numbers),
        tiles=tiles,
    )


def key_figures(entries: Sequence[FindingEntry], covered: CoveredLengths | None, today: date) -> KeyFigures:
    """Count what a manager asks for."""
    still_open = [entry for entry in entries if entry.still_open]
    dues = [due for entry in still_open if (due := _due(entry.assessment)) is not None]
    priorities = Counter(
        entry.assessment.treatment.priority for entry in still_open if entry.assessment and entry.assessment.treatment
    )
    first = min(priorities, default=None)
    by_class = [
        _class_row([one for one in still_open if one.class_text == name])
        for name in sorted({one.class_text for one in still_open})
    ]
    return KeyFigures(
        open_findings=len(still_open),
        confirmed=_verdicts(still_open, "confirmed"),
        unverified=_verdicts(still_open, "unverified"),
        not_assessed=_verdicts(still_open, None),
        rejected=_verdicts(entries, "rejected"),
        repaired=sum(entry.facts.status == "repaired" for entry in entries),
        work_first=priorities[first] if first is not None else 0,
        work_first_priority=first,
        due_within_days=SOON_DAYS,
        due_soon=sum(today <= due <= today + timedelta(days=SOON_DAYS) for due in dues),
        overdue=sum(due < today for due in dues),
        by_class=tuple(sorted(by_class, key=lambda row: (-row.total, row.class_text))),
        totals=_class_row(still_open),
        covered=covered,
        covered_shares_percent=_shares(covered),
    )


def _due(assessment: Assessment | None) -> date | None:
    return assessment.treatment.due if assessment and assessment.treatment else None


def _verdicts(entries: Sequence[FindingEntry], verdict: str | None) -> int:
    return sum((entry.assessment.verdict if entry.assessment else None) == verdict for entry in entries)


def _class_row(entries: Sequence[FindingEntry]) -> ClassRow:
    levels = Counter(entry.level for entry in entries)
    return ClassRow(
        class_code=entries[0].class_code if entries else None,
        class_text=entries[0].class_text if entries else "",
        counts=tuple(levels[level] for level in LEVELS),
        total=len(entries),
    )


def _shares(covered: CoveredLengths | None) -> tuple[float, float, float | None] | None:
    if covered is None:
        return None
    total_m = covered.valid_m + covered.invalid_m + (covered.not_driven_m or 0.0)
    if total_m <= 0:
        return None
    not_driven = None if covered.not_driven_m is None else 100 * covered.not_driven_m / total_m
    return (100 * covered.valid_m / total_m, 100 * covered.invalid_m / total_m, not_driven)


def _cite(sentence: Sentence, numbers: Mapping[str, int]) -> CitedSentence:
    unknown = [one for one in sentence.finding_ids if one not in numbers]
    if unknown:
        raise ReasoningError(f"the summary cites findings that aren't in the report: {', '.join(unknown)}")
    return CitedSentence(text=sentence.text, runs=_runs(sorted(numbers[one] for one in sentence.finding_ids)))


def _runs(ascending: Sequence[int]) -> tuple[tuple[int, int], ...]:
    runs: list[tuple[int, int]] = []
    for number in ascending:
        if runs and number <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return tuple(runs)


def _subtitle(meta: InspectionMeta) -> str:
    roads = [route.name for route in meta.routes] or [footage.name for footage in meta.footages]
    return ", ".join(roads[:3]) + (f" and {len(roads) - 3} more" if len(roads) > 3 else "")


def _frame_totals(meta: InspectionMeta) -> FrameTotals:
    return FrameTotals(
        seen=sum(one.frames_seen for one in meta.footages),
        examined=sum(one.frames_examined for one in meta.footages),
        refused=sum(sum(one.frames_refused.values()) for one in meta.footages),
    )


def _refusals(meta: InspectionMeta, totals: FrameTotals) -> tuple[RefusalRow, ...]:
    reasons: Counter[str] = Counter()
    for footage in meta.footages:
        reasons.update(footage.frames_refused)
    sampled = totals.examined + totals.refused
    return tuple(
        RefusalRow(reason=reason, frames=frames, share_percent=100 * frames / sampled)
        for reason, frames in reasons.most_common()
        if frames > 0
    )


def _failures(
    meta: InspectionMeta, agent: AgentResult, names: Mapping[str, str], numbers: Mapping[str, int]
) -> tuple[FailureRow, ...]:
    groups: dict[tuple[str, str, str], list[int | None]] = {}
    for one in meta.failures:
        subject = names.get(one.footage_id) or _SHA256.sub(lambda found: short_hash(found[0]), one.footage_id)
        groups.setdefault((one.error_type, subject, one.message), []).append(one.pts_ns)
    for failed in agent.failures:
        subject = f"finding {numbers[failed.finding_id]}" if failed.finding_id in numbers else failed.finding_id
        groups.setdefault((failed.error_type, subject, failed.message), []).append(None)
    rows = [
        FailureRow(
            error_type=error_type,
            subject=subject,
            message=message,
            count=len(times),
            first_pts_s=tuple(sorted(at / 1e9 for at in times if at is not None))[:_FIRST_TIMES],
        )
        for (error_type, subject, message), times in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.error_type, row.subject, row.message)))


def _report_id(meta: InspectionMeta, entries: Sequence[FindingEntry]) -> str:
    """Hash what the report says, so that the same report has the same id."""
    digest = hashlib.sha256(meta.model_dump_json().encode())
    for entry in entries:
        digest.update(entry.model_dump_json(exclude={"pictures"}).encode())
    return digest.hexdigest()[:12]
