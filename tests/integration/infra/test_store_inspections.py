from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from agents.types import (
    AgentResult,
    Assessment,
    InvestigationFailure,
    RefusedSentence,
    ReportText,
    Sentence,
    SeverityGrade,
    Treatment,
)
from infra.database import open_database, reading, writing
from infra.store.assessments import (
    add_review,
    latest_reviews,
    load_agent_result,
    save_agent_result,
    save_report_location,
    undo_review,
)
from infra.store.coverage import load_coverage, save_coverage
from infra.store.examinations import save_segment
from infra.store.facts import inspected_footages
from infra.store.inspection_list import count_frames, list_inspections
from infra.store.inspections import (
    InspectionPlan,
    begin_inspection,
    find_inspection,
    load_failures,
    save_failures,
)
from tests.builders_ledger import (
    chainage_place,
    day,
    make_bin,
    make_examined,
    make_footage,
    make_segment,
    make_sighting,
)
from tests.integration.infra.ledger_drives import Drive, facts_of, inspect
from vision.errors import ConfigError, Failure, StoreError
from vision.types import ExaminedFrame, FrameQuality

FOOTAGE = make_footage("a")


def one_drive(engine: Engine, **overrides: Any) -> str:
    sightings = [make_sighting(FOOTAGE, number, chainage_place(100.0 * number)) for number in range(3)]
    bins = [make_bin(FOOTAGE, 0), make_bin(FOOTAGE, 1, "invalid"), make_bin(None, 2, "not_driven", route="BR-386")]
    return inspect(engine, Drive("a", 0, sightings, bins), **overrides)


def assessment(finding_id: str, **overrides: Any) -> Assessment:
    values: dict[str, Any] = {
        "finding_id": finding_id,
        "severity": SeverityGrade(low="low", high="medium", standard="ASTM D6433", basis="0.8 m across"),
        "verdict": "confirmed",
        "verdict_by": "rules",
        "verdict_reason": "seen in 4 of 5 frames",
        "cause": None,
        "treatment": Treatment(action="patch", response_days=7, priority=2, due=date(2026, 4, 1), reason="medium"),
        "notes": ("beside a manhole",),
    }
    return Assessment(**(values | overrides))


def result_of(*assessments: Assessment) -> AgentResult:
    sentence = Sentence(text="One pothole.", finding_ids=tuple(one.finding_id for one in assessments))
    return AgentResult(
        assessments=assessments,
        text=ReportText(summary=(sentence,), dropped_sentences=1),
        planner="rules",
        failures=(InvestigationFailure(finding_id="f", error_type="StoreError", message="gone"),),
        refused=(RefusedSentence(sentence=sentence, problems=("7 is in no fact",)),),
    )


# --- lists and counts ----------------------------------------------------------------------------------------------


def test_the_list_counts_what_each_inspection_came_to(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    other = inspect(engine, Drive("b", None, []))
    failure = Failure("broken.mp4", None, "FootageError", "no video")
    with writing(engine) as session:
        save_failures(session, inspection_id, [failure])
    with reading(engine) as session:
        listed = {one.inspection_id: one for one in list_inspections(session)}
    assert set(listed) == {inspection_id, other}
    one = listed[inspection_id]
    assert (one.sightings, one.findings, one.failures, one.valid_m) == (3, 3, 1, 10.0)
    assert (one.recorded_at, one.footage_paths, one.model_names) == (day(0), ("footage/a.mp4",), ("road-test",))
    assert one.completed_at is not None
    assert (listed[other].sightings, listed[other].recorded_at, listed[other].report_location) == (0, None, None)


def test_frames_are_counted_by_why_they_were_refused(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    segment = make_segment(FOOTAGE, 1)
    dark = [ExaminedFrame(int(pts), FrameQuality("too_dark", 1.0, 2.0), None) for pts in segment.sample_pts_ns[:3]]
    blurred = [ExaminedFrame(int(pts), FrameQuality("blurred", 1.0, 90.0), None) for pts in segment.sample_pts_ns[3:]]
    with writing(engine) as session:
        (name,) = begun(session, inspection_id)
        save_segment(session, name, segment, [*dark, *blurred])
        assert count_frames(session, inspection_id) == (5, {"blurred": 2, "too_dark": 3})


def begun(session: Any, inspection_id: str) -> list[str]:
    return [one.examination_id for one in inspected_footages(session, inspection_id)]


def test_failures_of_a_run_and_of_its_segments_are_listed_together(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    own = Failure("broken.mp4", None, "FootageError", "no video")
    frame = Failure(FOOTAGE.footage_id, 7, "FootageError", "can't be decoded")
    segment = make_segment(FOOTAGE, 1)
    for _ in range(2):
        with writing(engine) as session:
            (name,) = begun(session, inspection_id)
            save_failures(session, inspection_id, [own])
            save_segment(session, name, segment, make_examined(FOOTAGE, segment), [frame])
    with reading(engine) as session:
        assert load_failures(session, inspection_id) == [own, frame]


def test_an_inspection_is_found_by_the_start_of_its_id(engine: Engine) -> None:
    names = {one_drive(engine), inspect(engine, Drive("b", 0, []))}
    with reading(engine) as session:
        assert {find_inspection(session, name[:8]) for name in names} == names
        with pytest.raises(ConfigError, match="2 inspections start with ''"):
            find_inspection(session, "")
        with pytest.raises(ConfigError, match="no inspection 'xyz' in the ledger; `walkdown inspections` lists them"):
            find_inspection(session, "xyz")


def test_an_inspection_rests_on_examinations_that_are_there(database_url: str) -> None:
    engine = open_database(database_url)
    with pytest.raises(StoreError, match="examination nothing isn't in the ledger"), writing(engine) as session:
        begin_inspection(session, InspectionPlan(("nothing",), "settings", {}))
    with reading(engine) as session:
        assert list_inspections(session) == []


def test_what_an_inspection_depends_on_makes_its_name() -> None:
    base = InspectionPlan(("a", "b"), "s", {"site": "1"})
    assert base.inspection_id == InspectionPlan(("b", "a"), "s", {"site": "1"}).inspection_id
    others = [
        InspectionPlan(("a",), "s", {"site": "1"}),
        InspectionPlan(("a", "b"), "t", {"site": "1"}),
        InspectionPlan(("a", "b"), "s", {"site": "2"}),
        InspectionPlan(("a", "b"), "s", {"camera": "1"}),
    ]
    assert len({base.inspection_id, *(other.inspection_id for other in others)}) == 5


def test_coverage_comes_back_as_it_was(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    bins = [
        make_bin(FOOTAGE, 0, "invalid", route="BR-386", carriageway="backward", reasons={"too_dark": 3, "blurred": 1}),
        make_bin(FOOTAGE, 1),
        make_bin(None, 2, "not_driven", route="BR-386", line=()),
    ]
    for _ in range(2):
        with writing(engine) as session:
            save_coverage(session, inspection_id, bins)
    with reading(engine) as session:
        assert load_coverage(session, inspection_id) == bins


# --- the agent's work, and people's ------------------------------------------------------------------------------


def test_the_agents_work_comes_back_in_its_order(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    first, second, third = (facts.finding_id for facts in facts_of(engine, inspection_id))
    bare = assessment(second, severity=None, treatment=None, verdict="unverified")
    result = result_of(assessment(third), bare, assessment(first))
    with reading(engine) as session:
        assert load_agent_result(session, inspection_id) is None
    for saved in (result_of(assessment(first)), result, result):
        with writing(engine) as session:
            save_agent_result(session, inspection_id, saved)
            save_report_location(session, inspection_id, "out/report.html")
    with reading(engine) as session:
        assert load_agent_result(session, inspection_id) == result
        (listed,) = list_inspections(session)
    assert listed.report_location == "out/report.html"


def test_an_assessment_of_nothing_is_refused(database_url: str) -> None:
    engine = open_database(database_url)
    inspection_id = one_drive(engine)
    with pytest.raises(StoreError, match="assessment of finding nothing"), writing(engine) as session:
        save_agent_result(session, inspection_id, result_of(assessment("nothing")))
    with pytest.raises(StoreError, match="no agent's result yet"), writing(engine) as session:
        save_report_location(session, inspection_id, "out/report.html")


def test_a_rejected_finding_stays_rejected_until_that_is_undone(engine: Engine) -> None:
    inspection_id = one_drive(engine)
    finding_id = facts_of(engine, inspection_id)[0].finding_id

    def verdict() -> tuple[str, str, str]:
        with writing(engine) as session:
            save_agent_result(session, inspection_id, result_of(assessment(finding_id)))
        with reading(engine) as session:
            loaded = load_agent_result(session, inspection_id)
        assert loaded is not None
        (one,) = loaded.assessments
        return one.verdict, one.verdict_by, one.verdict_reason

    agents_own = verdict()
    with writing(engine) as session:
        first = add_review(session, finding_id, "Ana", "rejected", "a manhole cover")
    assert verdict() == ("rejected", "Ana", "a manhole cover")
    with writing(engine) as session:
        second = add_review(session, finding_id, "Ben", "confirmed", "no, a pothole")
    assert verdict() == ("confirmed", "Ben", "no, a pothole")
    with writing(engine) as session:
        undo_review(session, second.review_id)
    assert verdict() == ("rejected", "Ana", "a manhole cover")
    with writing(engine) as session:
        undo_review(session, first.review_id)
        assert latest_reviews(session, [finding_id]) == {}
    assert verdict() == agents_own


def test_a_decision_needs_a_finding(database_url: str) -> None:
    with pytest.raises(StoreError, match="no finding nothing"), writing(open_database(database_url)) as session:
        add_review(session, "nothing", "Ana", "rejected", "")
