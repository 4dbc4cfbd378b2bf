"""What to do by when: the interval's end that counts, the road's use, the status and the verdict."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.severity import LEVELS
from agents.treatments import ClassPolicy, dated, load_treatments, treat
from agents.types import Severity, SeverityGrade, Status, Verdict
from tests.builders_agents import make_facts

POLICY = load_treatments()


def graded(low: Severity, high: Severity) -> SeverityGrade:
    return SeverityGrade(low=low, high=high, standard="ASTM D6433", basis="test")


def test_pothole_is_acted_on_at_its_upper_end_and_both_ends_are_said() -> None:
    treatment = treat(POLICY, "main", make_facts(), graded("low", "high"), "confirmed")
    assert treatment is not None
    assert (treatment.priority, treatment.response_days) == (1, 1)
    assert "low to high, acted on as high" in treatment.reason


def test_crack_is_acted_on_in_the_middle() -> None:
    facts = make_facts(class_name="longitudinal_crack")
    treatment = treat(POLICY, "main", facts, graded("low", "high"), "confirmed")
    assert treatment is not None
    assert treatment.priority == POLICY.classes["longitudinal_crack"].medium.priority


def test_worse_comes_one_priority_sooner_with_the_reason() -> None:
    usual = treat(POLICY, "local", make_facts(), graded("low", "medium"), "confirmed")
    worse = treat(POLICY, "local", make_facts(status="worse"), graded("low", "medium"), "confirmed")
    assert usual is not None
    assert worse is not None
    assert worse.priority == usual.priority - 1
    assert "worse than at the last inspection, so priority 1 instead of 2" in worse.reason


def test_first_priority_stays_first_when_worse() -> None:
    treatment = treat(POLICY, "main", make_facts(status="worse"), graded("high", "high"), "confirmed")
    assert treatment is not None
    assert treatment.priority == 1


@pytest.mark.parametrize(
    ("status", "action"), [("repaired", "none, close the work order"), ("not_observed", "none from this inspection")]
)
def test_nothing_to_do_on_the_road_has_no_due_date(status: Status, action: str) -> None:
    treatment = treat(POLICY, "main", make_facts(status=status), graded("high", "high"), "confirmed")
    assert treatment is not None
    assert treatment.action == action
    assert dated(treatment, date(2025, 3, 1), status).due is None


def test_work_order_of_an_unconfirmed_repair_is_not_closed_unseen() -> None:
    treatment = treat(POLICY, "main", make_facts(status="repaired"), None, "unverified")
    assert treatment is not None
    assert treatment.action.startswith("look whether it is gone")


def test_due_date_counts_from_the_inspection() -> None:
    treatment = treat(POLICY, "secondary", make_facts(), graded("low", "medium"), "confirmed")
    assert treatment is not None
    assert dated(treatment, date(2025, 2, 20), "new").due == date(2025, 3, 6)


def test_unverified_is_looked_at_first_and_rejected_is_left_alone() -> None:
    treatment = treat(POLICY, "main", make_facts(), graded("low", "high"), "unverified")
    assert treatment is not None
    assert treatment.action.startswith("look at it first")
    assert treat(POLICY, "main", make_facts(), graded("low", "high"), "rejected") is None


def test_unknown_class_has_no_treatment_and_ungraded_only_where_the_policy_has_one() -> None:
    assert treat(POLICY, "main", make_facts(class_name="leaning_sign"), graded("low", "high"), "confirmed") is None
    assert treat(POLICY, "main", make_facts(class_name="alligator_crack"), None, "confirmed") is None
    small = treat(POLICY, "main", make_facts(), None, "confirmed")
    assert small is not None
    assert small.action == "watch at the next inspection"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(name for name, rules in POLICY.classes.items() if rules.low is not None)),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
    st.sampled_from(sorted(POLICY.road_uses)),
    st.sampled_from(get_args(Verdict)),
)
def test_a_higher_end_is_never_less_urgent(
    class_name: str, low: Severity, high: Severity, use: str, verdict: Verdict
) -> None:
    low, high = sorted((low, high), key=LEVELS.index)
    facts = make_facts(class_name=class_name)
    better = treat(POLICY, use, facts, graded(low, low), verdict)
    worse = treat(POLICY, use, facts, graded(low, high), verdict)
    if better is None or worse is None:
        assert verdict == "rejected"
        return
    assert worse.priority <= better.priority
    assert worse.response_days <= better.response_days


def test_a_sign_or_signal_is_treated_without_a_severity_and_a_dark_signal_at_once() -> None:
    faults = [name for name, rules in POLICY.classes.items() if rules.low is None]
    treated = {name: treat(POLICY, "main", make_facts(class_name=name), None, "confirmed") for name in faults}
    for name, treatment in treated.items():
        assert treatment is not None, name
        assert "No severity" in treatment.reason
    dark, dirty = treated["signal_dark"], treated["sign_dirty"]
    assert dark is not None
    assert dirty is not None
    assert (dark.priority, dark.response_days) == (1, 0)
    assert dirty.priority > dark.priority


@pytest.mark.parametrize("missing", ["act_on", "low", "high"])
def test_a_policy_that_grades_in_part_is_refused(missing: str) -> None:
    whole = POLICY.classes["pothole"].model_dump()
    with pytest.raises(ValueError, match="go together"):
        ClassPolicy(**{name: value for name, value in whole.items() if name != missing})
    with pytest.raises(ValueError, match="needs a response"):
        ClassPolicy()
