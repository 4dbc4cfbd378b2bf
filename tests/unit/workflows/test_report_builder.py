"""Numbers in the report: ranks, counts and shares, from findings made up for the purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.types import InvestigationFailure, RefusedSentence, ReportText, Sentence, Treatment
from tests.builders_report import (
    ENDED_AT,
    FOOTAGE_ID,
    due_in,
    make_agent,
    make_assessment,
    make_bins,
    make_facts,
    make_footage,
    make_meta,
    make_record,
    make_report,
)
from vision.errors import Failure, ReasoningError
from workflows.report_builder import (
    build_report,
    key_figures,
)
from workflows.report_content import CoveredLengths
from workflows.report_ranking import rank_findings

A, B, C = make_facts(1), make_facts(2), make_facts(3)


def test_a_summary_that_cites_an_unknown_finding_is_an_error() -> None:
    text = ReportText(summary=(Sentence(text="One is deep.", finding_ids=("f-elsewhere",)),), dropped_sentences=0)

    with pytest.raises(ReasoningError, match="cites"):
        build_report(make_meta(), [make_record(A)], make_agent([make_assessment(A.finding_id)], text=text), ())


def test_key_figures_leave_out_what_is_rejected_or_repaired() -> None:
    repaired = make_facts(4, status="repaired")
    records = [make_record(facts) for facts in (A, B, C, repaired)]
    entries = rank_findings(
        records,
        [
            make_assessment(A.finding_id, "medium", "high", "confirmed", priority=1),
            make_assessment(B.finding_id, "low", "low", "unverified", priority=3),
            make_assessment(C.finding_id, verdict="rejected", priority=1),
            make_assessment(repaired.finding_id, priority=1),
        ],
    )

    figures = key_figures(entries, None, ENDED_AT.date())

    assert (figures.open_findings, figures.confirmed, figures.unverified) == (2, 1, 1)
    assert (figures.rejected, figures.repaired) == (1, 1)
    assert (figures.work_first, figures.work_first_priority) == (1, 1)
    assert figures.by_class[0].counts == (1, 0, 1, 0)
    assert figures.totals.total == 2


@pytest.mark.parametrize(("days", "soon", "overdue"), [(-1, 0, 1), (0, 1, 0), (7, 1, 0), (8, 0, 0)])
def test_due_soon_means_within_seven_days(days: int, soon: int, overdue: int) -> None:
    treatment = Treatment(action="Fill", response_days=7, priority=2, due=due_in(days), reason="")
    entries = rank_findings([make_record(A)], [make_assessment(A.finding_id, treatment=treatment)])

    figures = key_figures(entries, None, ENDED_AT.date())

    assert (figures.due_soon, figures.overdue) == (soon, overdue)


def test_shares_are_of_the_road_and_unknown_stays_unknown() -> None:
    on_route = key_figures((), CoveredLengths(valid_m=600, invalid_m=100, not_driven_m=300), ENDED_AT.date())
    on_drive = key_figures((), CoveredLengths(valid_m=600, invalid_m=200, not_driven_m=None), ENDED_AT.date())

    assert on_route.covered_shares_percent == pytest.approx((60, 10, 30))
    assert on_drive.covered_shares_percent == (75, 25, None)
    assert key_figures((), None, ENDED_AT.date()).covered_shares_percent is None


def test_failures_are_grouped_and_the_agents_own_are_among_them() -> None:
    failures = tuple(Failure(FOOTAGE_ID, at * 10**9, "FootageError", "damaged") for at in (9, 3, 5, 7))
    failures += (Failure("/clips/bad.mp4", None, "FootageError", "not a video"),)
    lost = InvestigationFailure(finding_id=A.finding_id, error_type="ReasoningError", message="no measure")
    agent = make_agent([make_assessment(A.finding_id)], failures=(lost,))

    content = build_report(make_meta(failures=failures), [make_record(A)], agent, ())

    damaged, bad, reasoning = content.failures
    assert (damaged.subject, damaged.count, damaged.first_pts_s) == ("drive.mp4", 4, (3.0, 5.0, 7.0))
    assert (bad.subject, bad.count, bad.first_pts_s) == ("/clips/bad.mp4", 1, ())
    assert (reasoning.subject, reasoning.message) == ("finding 1", "no measure")


def test_dropped_sentences_are_counted_with_their_reasons() -> None:
    refused = RefusedSentence(sentence=Sentence(text="It is 9 m deep."), problems=("9 m is in no fact",))
    text = ReportText(summary=(), dropped_sentences=1)

    content = build_report(make_meta(), [], make_agent([], text=text, refused=(refused,)), ())

    assert (content.dropped_sentences, content.dropped_because) == (1, ("9 m is in no fact",))


def test_frames_and_refusals_add_up_over_footage() -> None:
    second = make_footage(footage_id="b" * 64, name="second.mp4", frames_refused={"blurred": 9})

    content = build_report(make_meta(footages=(make_footage(), second)), [], make_agent([]), ())

    assert (content.frames.seen, content.frames.examined, content.frames.refused) == (14_496, 1484, 42)
    assert [(row.reason, row.frames) for row in content.refusals] == [
        ("blurred", 30),
        ("too_dark", 9),
        ("not_a_road", 3),
    ]
    assert sum(row.share_percent for row in content.refusals) == pytest.approx(100 * 42 / 1526)


def test_the_same_report_has_the_same_id_and_another_another() -> None:
    assert make_report(count=3).report_id == make_report(count=3).report_id
    assert make_report(count=3).report_id != make_report(count=3, created_at=ENDED_AT + timedelta(1)).report_id


def test_stretches_not_validly_seen_are_listed_with_their_reason() -> None:
    content = build_report(make_meta(make_bins()), [], make_agent([]), make_bins())

    assert [(one.start_m, one.end_m, list(one.reasons)) for one in content.not_valid] == [
        (1580.0, 1650.0, ["blurred"]),
        (2590.0, 2770.0, ["too_dark"]),
    ]
    assert [(one.start_m, one.end_m) for one in content.not_driven] == [(3420.0, 3600.0)]


def test_a_sentence_names_its_findings_in_runs() -> None:
    records = [make_record(make_facts(i)) for i in range(1, 7)]
    ids = [one.facts.finding_id for one in records]
    text = ReportText(
        summary=(Sentence(text="Four.", finding_ids=(ids[4], ids[0], ids[2], ids[1])),), dropped_sentences=0
    )

    content = build_report(make_meta(), records, make_agent([make_assessment(one) for one in ids], text=text), ())

    assert content.summary[0].runs == ((1, 3), (5, 5))


def test_a_failure_of_footage_that_is_not_this_inspections_is_named_shortly() -> None:
    failures = (Failure("ab" * 32, None, "StoreError", "gone"), Failure("/films/x.mp4", None, "FootageError", "empty"))
    report = build_report(make_meta(failures=failures), [], make_agent([]), ())
    assert [row.subject for row in report.failures] == ["/films/x.mp4", "abababababab"]
