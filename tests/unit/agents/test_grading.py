"""Severity by ASTM D6433: an interval wherever depth, width or looseness is unseen, and nothing invented."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.grading import grade, mean_diameter_mm
from agents.severity import LEVELS, load_standard
from agents.types import FindingFacts, Neighbour, Quantity
from tests.builders_agents import make_facts

STANDARD = load_standard()


def pothole(diameter_mm: float, error_mm: float = 0.0) -> FindingFacts:
    """A pothole whose circle has this diameter; the error is that of the diameter, to first order."""
    area = math.pi * (diameter_mm / 2000) ** 2
    error = error_mm / 1000 * math.sqrt(math.pi * area)
    return make_facts(area_m2=Quantity(value=area, error=error))


@pytest.mark.parametrize(
    ("diameter_mm", "low", "high"),
    [(150, "low", "medium"), (300, "low", "medium"), (600, "medium", "high"), (900, "medium", "high")],
)
def test_pothole_gets_the_interval_that_its_diameter_leaves_open(diameter_mm: float, low: str, high: str) -> None:
    severity = grade(STANDARD, pothole(diameter_mm)).severity
    assert severity is not None
    assert (severity.low, severity.high) == (low, high)
    assert "depth not seen" in severity.basis
    assert "ASTM D6433" in severity.basis


def test_measuring_error_widens_the_interval() -> None:
    sharp = grade(STANDARD, pothole(430, 5)).severity
    blurred = grade(STANDARD, pothole(430, 40)).severity
    assert sharp is not None
    assert blurred is not None
    assert (sharp.low, sharp.high) == ("low", "medium")
    assert (blurred.low, blurred.high) == ("low", "high")


def test_below_100_mm_is_no_pothole_by_the_standard_and_says_so() -> None:
    grading = grade(STANDARD, pothole(70, 3))
    assert grading.severity is None
    assert "below 100 mm" in grading.notes[0]


def test_near_100_mm_says_that_it_may_be_too_small() -> None:
    grading = grade(STANDARD, pothole(110, 15))
    assert grading.severity is not None
    assert any("smaller than 100 mm" in note for note in grading.notes)


def test_wider_than_750_mm_counts_as_several() -> None:
    facts = make_facts(area_m2=Quantity(value=0.94, error=0.01))
    assert any("2.0 potholes" in note for note in grade(STANDARD, facts).notes)


def test_pothole_without_size_is_wholly_open() -> None:
    severity = grade(STANDARD, make_facts(area_m2=None, length_m=None, width_m=None)).severity
    assert severity is not None
    assert (severity.low, severity.high) == ("low", "high")
    assert "size not measured" in severity.basis


@pytest.mark.parametrize(
    ("outline_mm", "error_mm", "high"), [(6, 1, "low"), (40, 10, "medium"), (60, 10, "high"), (120, 20, "high")]
)
def test_crack_outline_bounds_its_opening_from_above_only(outline_mm: float, error_mm: float, high: str) -> None:
    width = Quantity(value=outline_mm / 1000, error=error_mm / 1000)
    severity = grade(STANDARD, make_facts(class_name="longitudinal_crack", width_m=width)).severity
    assert severity is not None
    assert (severity.low, severity.high) == ("low", high)


def test_crack_without_width_is_open_with_its_basis() -> None:
    severity = grade(STANDARD, make_facts(class_name="transverse_crack", width_m=None)).severity
    assert severity is not None
    assert (severity.low, severity.high) == ("low", "high")
    assert "not measured" in severity.basis


def near(class_name: str, distance_m: float) -> tuple[Neighbour, ...]:
    return (Neighbour(finding_id="f-9", class_name=class_name, distance_m=distance_m),)


def test_alligator_around_a_crack_raises_it() -> None:
    facts = make_facts(
        class_name="longitudinal_crack",
        length_m=Quantity(value=4.0, error=0.1),
        width_m=Quantity(value=0.04, error=0.01),
    )
    raised = grade(STANDARD, facts, near("alligator_crack", 2.9)).severity
    far = grade(STANDARD, facts, near("alligator_crack", 3.1)).severity
    assert raised is not None
    assert far is not None
    assert (raised.low, raised.high) == ("medium", "high")
    assert "2.9 m away" in raised.basis
    assert (far.low, far.high) == ("low", "medium")


def test_pothole_inside_alligator_cracking_narrows_it_and_tells_the_cause() -> None:
    alligator = make_facts(class_name="alligator_crack", length_m=Quantity(value=3.0, error=0.1))
    alone = grade(STANDARD, alligator).severity
    broken = grade(STANDARD, alligator, near("pothole", 1.0)).severity
    assert alone is not None
    assert broken is not None
    assert (alone.low, alone.high) == ("low", "high")
    assert (broken.low, broken.high) == ("medium", "high")
    assert "alligator cracking" in (grade(STANDARD, make_facts(), near("alligator_crack", 0.5)).cause or "")
    assert grade(STANDARD, make_facts()).cause is None


def test_surface_damage_is_taken_as_ravelling_and_says_so() -> None:
    severity = grade(STANDARD, make_facts(class_name="surface_damage")).severity
    assert severity is not None
    assert (severity.low, severity.high) == ("medium", "high")
    assert "taken as ravelling" in severity.basis


def test_class_without_a_rule_has_no_severity() -> None:
    grading = grade(STANDARD, make_facts(class_name="leaning_sign"))
    assert grading.severity is None
    assert "no rule for leaning sign" in grading.notes[0]


def test_mean_diameter_is_that_of_the_circle_of_the_same_area() -> None:
    diameter = mean_diameter_mm(make_facts(area_m2=Quantity(value=math.pi * 0.15**2, error=0.01)))
    assert diameter is not None
    assert diameter.value == pytest.approx(300)
    by_axes = mean_diameter_mm(
        make_facts(area_m2=None, length_m=Quantity(value=0.4, error=0.03), width_m=Quantity(value=0.2, error=0.04))
    )
    assert by_axes is not None
    assert (by_axes.value, by_axes.error) == (pytest.approx(300), pytest.approx(25))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.floats(min_value=20, max_value=2000),
    st.floats(min_value=0, max_value=300),
    st.floats(min_value=0, max_value=300),
)
def test_more_error_never_narrows(diameter_mm: float, error_mm: float, more_mm: float) -> None:
    narrow = grade(STANDARD, pothole(diameter_mm, error_mm)).severity
    wide = grade(STANDARD, pothole(diameter_mm, error_mm + more_mm)).severity
    if narrow is None:
        return
    assert wide is not None
    assert LEVELS.index(wide.low) <= LEVELS.index(narrow.low) <= LEVELS.index(narrow.high) <= LEVELS.index(wide.high)
