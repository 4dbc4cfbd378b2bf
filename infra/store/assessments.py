"""What the agent made of an inspection, where its report is, and what people decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from pydantic import ValidationError
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from agents.types import AgentResult, Assessment, Verdict
from infra.identity import content_hash
from infra.store.batches import batches
from infra.store.inspections import inspection_row
from infra.tables import AssessmentRow, FindingRow, InspectionRow, ReportRow, ReviewRow, now_utc
from vision.errors import StoreError

_VERDICTS = frozenset(get_args(Verdict))


@dataclass(frozen=True, slots=True)
class Review:
    """One human decision on a finding.

    Attributes:
        review_id: By content.
        finding_id: That it is on.
        author: Who decided.
        verdict: What.
        reason: Why, in the author's words.
        decided_at: When.
    """

    review_id: str
    finding_id: str
    author: str
    verdict: Verdict
    reason: str
    decided_at: datetime


def save_agent_result(session: Session, inspection_id: str, result: AgentResult) -> None:
    """Save the agent's work over an inspection in place of what was there.

    Raises:
        StoreError: There is no such inspection, or an assessment is of a finding that isn't in the ledger.
    """
    inspection_row(session, inspection_id)
    unknown = {one.finding_id for one in result.assessments} - _findings_known(session, result)
    if unknown:
        raise StoreError(f"assessment of finding {min(unknown)}, which isn't in the ledger; merge the inspection first")
    session.execute(delete(AssessmentRow).where(col(AssessmentRow.inspection_id) == inspection_id))
    rows = [_assessment_values(inspection_id, position, one) for position, one in enumerate(result.assessments)]
    if rows:
        session.execute(insert(AssessmentRow), rows)
    report = session.get(ReportRow, inspection_id) or ReportRow(inspection_id=inspection_id, planner="", body={})
    body = result.model_dump(mode="json", exclude={"assessments"})
    if (report.planner, report.body) != (result.planner, body):
        report.planner, report.body, report.made_at = result.planner, body, now_utc()
    session.add(report)
    session.commit()


def load_agent_result(session: Session, inspection_id: str) -> AgentResult | None:
    """Give the agent's work over an inspection; None before it was done. A person's verdict stands over the agent's.

    Raises:
        StoreError: A newer walkdown wrote it in a form that this one doesn't know.
    """
    report = session.get(ReportRow, inspection_id)
    if report is None:
        return None
    bodies = session.scalars(
        select(col(AssessmentRow.body))
        .where(col(AssessmentRow.inspection_id) == inspection_id)
        .order_by(col(AssessmentRow.position))
    ).all()
    try:
        result = AgentResult.model_validate(dict(report.body) | {"assessments": list(bodies)})
    except ValidationError as err:
        raise StoreError(f"the agent's result of inspection {inspection_id} can't be read; upgrade walkdown") from err
    reviews = latest_reviews(session, [one.finding_id for one in result.assessments])
    decided = tuple(_with_review(one, reviews.get(one.finding_id)) for one in result.assessments)
    return result.model_copy(update={"assessments": decided})


def save_report_location(session: Session, inspection_id: str, location: str) -> None:
    """Note where an inspection's report was put.

    Raises:
        StoreError: The agent's result isn't saved yet.
    """
    report = session.get(ReportRow, inspection_id)
    if report is None:
        raise StoreError(f"inspection {inspection_id} has no agent's result yet; save that first")
    report.location = location
    session.commit()


def add_review(session: Session, finding_id: str, author: str, verdict: Verdict, reason: str) -> Review:
    """Keep a person's decision.

    Raises:
        StoreError: There is no such finding.
    """
    if session.get(FindingRow, finding_id) is None:
        raise StoreError(f"no finding {finding_id} in the ledger")
    decided_at = now_utc()
    name = content_hash([finding_id, author, verdict, reason, decided_at.isoformat()])[:16]
    session.add(
        ReviewRow(
            review_id=name, finding_id=finding_id, author=author, verdict=verdict, reason=reason, decided_at=decided_at
        )
    )
    session.commit()
    return Review(name, finding_id, author, verdict, reason, decided_at)


def undo_review(session: Session, review_id: str) -> None:
    """Take a decision back; the one before it stands again. Its record is kept.

    Raises:
        StoreError: There is no such review.
    """
    row = session.get(ReviewRow, review_id)
    if row is None:
        raise StoreError(f"no review {review_id} in the ledger")
    row.undone_at = row.undone_at or now_utc()
    session.commit()


def latest_reviews(session: Session, finding_ids: Iterable[str]) -> dict[str, Review]:
    """Give the decision that stands on each finding that has one."""
    standing: dict[str, Review] = {}
    for some in batches(finding_ids):
        rows = session.scalars(
            select(ReviewRow)
            .where(col(ReviewRow.finding_id).in_(some), col(ReviewRow.undone_at).is_(None))
            .order_by(col(ReviewRow.decided_at), col(ReviewRow.review_id))
        )
        for row in rows:
            verdict = _verdict(row.verdict)
            standing[row.finding_id] = Review(
                row.review_id, row.finding_id, row.author, verdict, row.reason, row.decided_at
            )
    return standing


def rejected_findings(session: Session, finding_ids: Iterable[str]) -> set[str]:
    """Give the findings that are held to be none: by a person, or else by the newest inspection's assessment."""
    names = sorted(set(finding_ids))
    verdicts: dict[str, str] = {}
    for some in batches(names):
        rows = session.execute(
            select(col(AssessmentRow.finding_id), col(AssessmentRow.verdict))
            .join(InspectionRow, col(InspectionRow.inspection_id) == col(AssessmentRow.inspection_id))
            .where(col(AssessmentRow.finding_id).in_(some))
            .order_by(col(InspectionRow.created_at), col(InspectionRow.inspection_id))
        )
        verdicts.update((finding_id, verdict) for finding_id, verdict in rows)
    verdicts.update((name, review.verdict) for name, review in latest_reviews(session, names).items())
    return {name for name, verdict in verdicts.items() if verdict == "rejected"}


def _findings_known(session: Session, result: AgentResult) -> set[str]:
    known: set[str] = set()
    for some in batches({one.finding_id for one in result.assessments}):
        known.update(session.scalars(select(col(FindingRow.finding_id)).where(col(FindingRow.finding_id).in_(some))))
    return known


def _assessment_values(inspection_id: str, position: int, one: Assessment) -> dict[str, object]:
    return {
        "inspection_id": inspection_id,
        "finding_id": one.finding_id,
        "position": position,
        "verdict": one.verdict,
        "severity": one.severity.high if one.severity is not None else None,
        "priority": one.treatment.priority if one.treatment is not None else None,
        "due": one.treatment.due if one.treatment is not None else None,
        "body": one.model_dump(mode="json"),
    }


def _with_review(one: Assessment, review: Review | None) -> Assessment:
    if review is None:
        return one
    return one.model_copy(
        update={"verdict": review.verdict, "verdict_by": review.author, "verdict_reason": review.reason}
    )


def _verdict(name: str) -> Verdict:
    if name not in _VERDICTS:
        raise StoreError(f"the ledger holds the verdict {name!r}, which this walkdown doesn't know; upgrade it")
    return cast(Verdict, name)
