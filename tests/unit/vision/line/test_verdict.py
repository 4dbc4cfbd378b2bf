from __future__ import annotations

from vision.line.verdict import PartDefect, judge_part
from vision.plant import Limit, PartClass

HOUSING = PartClass(
    "housing", (Limit("scratch", "low", max_length_mm=5.0), Limit("pit", "medium", max_area_mm2=2.0, max_count=2))
)


def test_a_part_without_defects_is_ok() -> None:
    assert judge_part([], HOUSING).verdict == "ok"


def test_a_defect_at_its_limit_is_ok_and_beyond_it_rejects_with_both_figures() -> None:
    assert judge_part([PartDefect("scratch", 5.0, 0.4, 2.0)], HOUSING).verdict == "ok"
    judged = judge_part([PartDefect("scratch", 6.2, 0.4, 2.0)], HOUSING)
    assert judged.verdict == "reject"
    assert judged.breaches[0].reason == "scratch: 6.2 mm long, at most 5 mm allowed"
    assert judged.breaches[0].severity == "low"


def test_a_kind_without_a_limit_is_never_acceptable() -> None:
    judged = judge_part([PartDefect("crack", 0.1, 0.1, 0.01)], HOUSING)
    assert judged.verdict == "reject"
    assert "never acceptable" in judged.breaches[0].reason


def test_more_than_the_allowed_count_rejects() -> None:
    pit = PartDefect("pit", 1.0, 1.0, 0.8)
    assert judge_part([pit] * 2, HOUSING).verdict == "ok"
    assert judge_part([pit] * 3, HOUSING).breaches[0].reason == "pit: 3, at most 2 allowed"


def test_a_size_that_is_not_known_is_no_pass() -> None:
    judged = judge_part([PartDefect("scratch", None, None, None)], HOUSING)
    assert judged.verdict == "not_assessable"
    assert "mm_per_px" in judged.reasons[0]


def test_a_check_that_was_not_made_leaves_a_sound_part_not_assessable_but_a_bad_one_rejected() -> None:
    missing = ["the anomaly model S2 is missing"]
    assert judge_part([], HOUSING, missing).reasons == tuple(missing)
    assert judge_part([PartDefect("crack", 3.0, 0.2, 0.5)], HOUSING, missing).verdict == "reject"


def test_a_breach_names_the_defects_that_exceed_the_limit_and_no_others() -> None:
    small, long = PartDefect("scratch", 3.0, 0.4, 1.0), PartDefect("scratch", 9.0, 0.4, 3.0)
    assert [one.defects for one in judge_part([small, long], HOUSING).breaches] == [(1,)]
    pit = PartDefect("pit", 1.0, 1.0, 0.8)
    assert judge_part([pit, small, pit, pit], HOUSING).breaches[0].defects == (0, 2, 3)
