"""Ranks, numbers and places of findings in a report."""

from __future__ import annotations

import pytest

from tests.builders_report import make_assessment, make_facts, make_jpeg, make_record
from vision.errors import ReasoningError, StoreError
from workflows.report_ranking import pictures_in_page, place_text, rank_findings, report_picture

A, B, C = make_facts(1), make_facts(2), make_facts(3)


def test_numbers_follow_the_agents_order() -> None:
    records = [make_record(facts) for facts in (A, B, C)]
    order = (C.finding_id, A.finding_id, B.finding_id)

    entries = rank_findings(records, [make_assessment(one) for one in order])

    assert [entry.facts.finding_id for entry in entries] == list(order)
    assert [entry.number for entry in entries] == [1, 2, 3]


def test_settled_findings_come_last_and_unassessed_ones_before_them() -> None:
    records = [make_record(facts) for facts in (A, B, C)]

    entries = rank_findings(records, [make_assessment(A.finding_id, verdict="rejected"), make_assessment(C.finding_id)])

    assert [entry.facts.finding_id for entry in entries] == [C.finding_id, B.finding_id, A.finding_id]
    assert entries[1].assessment is None
    assert entries[1].level == "not_graded"


def test_an_assessment_of_an_unknown_finding_is_an_error() -> None:
    with pytest.raises(ReasoningError, match="aren't in the report"):
        rank_findings([make_record(A)], [make_assessment("f-elsewhere")])


def test_two_assessments_of_one_finding_are_an_error() -> None:
    with pytest.raises(ReasoningError, match="twice"):
        rank_findings([make_record(A)], [make_assessment(A.finding_id), make_assessment(A.finding_id)])


def test_a_place_says_what_is_known_and_nothing_else() -> None:
    both = make_facts(1, chainage_m=12345.4, latitude_deg=-1.5, longitude_deg=2.25)
    nothing = make_facts(1, chainage_m=None, latitude_deg=None, longitude_deg=None)

    assert place_text(both) == "Mill Lane 12+345; 1.500000° S, 2.250000° E"
    assert place_text(nothing) is None


def test_severity_counts_at_the_upper_end_of_its_interval() -> None:
    (entry,) = rank_findings([make_record(A)], [make_assessment(A.finding_id, "low", "medium")])

    assert entry.level == "medium"


def test_a_full_page_keeps_the_best_picture_of_each_before_the_second_of_any() -> None:
    records = [make_record(facts) for facts in (A, B, C)]
    first = [len(one.pictures[0].jpeg) for one in records]
    second = [len(one.pictures[1].jpeg) for one in records]

    assert pictures_in_page(records, sum(first) + sum(second)) == [2, 2, 2]
    assert pictures_in_page(records, sum(first) + second[0]) == [2, 1, 1]
    assert pictures_in_page(records, first[0] + first[1]) == [1, 1, 0]
    assert pictures_in_page(records, 0) == [0, 0, 0]


def test_a_picture_brings_its_size_and_a_broken_one_is_an_error() -> None:
    picture = report_picture("f1.jpg", make_jpeg(1, 320, 200), "view", "drive.mp4", 1.0)

    assert (picture.width_px, picture.height_px) == (320, 200)
    with pytest.raises(StoreError, match=r"f1\.jpg"):
        report_picture("f1.jpg", b"not a picture", "view", "drive.mp4", 1.0)


def test_notes_name_findings_by_their_number_here() -> None:
    note = f"One patching job with {B.finding_id}: 2 within 10 m; not with f-elsewhere."
    entries = rank_findings(
        [make_record(A), make_record(B)],
        [make_assessment(B.finding_id), make_assessment(A.finding_id, notes=(note,))],
    )

    assert entries[1].notes == ("One patching job with finding 1: 2 within 10 m; not with f-elsewhere.",)
