from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.ledger import KnownFinding, Merge, in_recorded_order, merge_passes
from infra.merge_rules import MergeRules
from infra.observation import Finding, Observation, mean_place, newest_looks, summarise
from tests.builders_ledger import chainage_place, day, make_observation, place_at
from vision.types import Measure

RULES = MergeRules()


def groups(merge: Merge) -> set[frozenset[str]]:
    found = defaultdict(set)
    for sighting_id, finding_id in merge.finding_of.items():
        found[finding_id].add(sighting_id)
    return {frozenset(names) for names in found.values()}


def merged(*passes: Sequence[Observation]) -> set[frozenset[str]]:
    return groups(merge_passes([], passes, RULES))


def two(first: Observation, second: Observation) -> bool:
    """Tell whether two sightings of two passes stay two findings."""
    return len(merged([first], [second])) == 2


def drive(
    footage: str, places_m: Sequence[tuple[float, float]], bias_m: tuple[float, float], own_m: float, seed: int
) -> list[Observation]:
    random = np.random.default_rng(seed)
    shifted = np.array(places_m) + np.array(bias_m) + random.normal(0.0, own_m / math.sqrt(2.0), (len(places_m), 2))
    return [
        make_observation(f"{footage}{index}", place_at(east, north), footage)
        for index, (east, north) in enumerate(shifted.tolist())
    ]


# --- which sightings are one defect ------------------------------------------------------------------------------


def test_a_second_pass_joins_the_finding_of_the_first() -> None:
    assert merged([make_observation("a0", place_at(0, 0))], [make_observation("b0", place_at(1.5, 2.0), "b")]) == {
        frozenset({"a0", "b0"})
    }


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("too far", {"place": place_at(0, 9.0)}),
        ("the other carriageway", {"place": place_at(0, 0.5, heading_deg=180.0)}),
        ("a crack", {"class_name": "transverse_crack"}),
        ("without a place", {"place": None}),
    ],
)
def test_what_differs_stays_two(what: str, changes: dict[str, Any]) -> None:
    other = make_observation("b0", changes.pop("place", place_at(0, 0.5)), "b", **changes)
    assert two(make_observation("a0", place_at(0, 0)), other), what


def test_an_exact_place_has_a_narrow_gate() -> None:
    assert two(make_observation("a0", place_at(0, 0, 0.1)), make_observation("b0", place_at(0, 2.0, 0.1), "b"))
    assert not two(make_observation("a0", place_at(0, 0, 2.0)), make_observation("b0", place_at(0, 2.0, 2.0), "b"))


def test_surface_damage_may_be_a_pothole() -> None:
    damage = make_observation("b0", place_at(0, 1.0), "b", class_name="surface_damage")
    assert not two(make_observation("a0", place_at(0, 0)), damage)


def test_a_pothole_joins_the_pothole_rather_than_the_damage_beside_it() -> None:
    first = [
        make_observation("a-damage", place_at(0, 0), class_name="surface_damage"),
        make_observation("a-pothole", place_at(0, 1.6)),
    ]
    assert frozenset({"a-pothole", "b0"}) in merged(first, [make_observation("b0", place_at(0, 0.8), "b")])


def test_kinds_of_crack_join_only_where_they_overlap() -> None:
    long: dict[str, Any] = {"length_m": Measure(8.0, 0.5), "width_m": Measure(0.4, 0.1)}
    along = make_observation("a0", place_at(0, 0), class_name="longitudinal_crack", **long)
    net: dict[str, Any] = {"class_name": "alligator_crack", "length_m": Measure(7.0, 0.5), "width_m": Measure(1.0, 0.1)}
    across: dict[str, Any] = {
        "class_name": "transverse_crack",
        "length_m": Measure(3.0, 0.2),
        "width_m": Measure(0.2, 0.1),
    }
    assert not two(along, make_observation("b0", place_at(0.2, 1.0), "b", **net))
    assert two(along, make_observation("b0", place_at(3.0, 1.0), "b", **net))
    assert two(along, make_observation("b0", place_at(0, 0), "b", **across))


def test_a_long_crack_is_one_though_two_passes_see_other_ends_of_it() -> None:
    crack: dict[str, Any] = {"class_name": "longitudinal_crack", "width_m": Measure(0.2, 0.05)}
    whole = make_observation("a0", place_at(0, 0), length_m=Measure(30.0, 1.0), **crack)
    part = make_observation("b0", place_at(0.5, 10.0), "b", length_m=Measure(12.0, 1.0), **crack)
    beyond = make_observation("b0", place_at(0.5, 28.0), "b", length_m=Measure(12.0, 1.0), **crack)
    assert not two(whole, part)
    assert two(whole, beyond)


def test_chainage_alone_joins_by_route_lane_and_direction() -> None:
    first = make_observation("a0", chainage_place(1200.0, 1.5))
    assert not two(first, make_observation("b0", chainage_place(1202.0, 1.0), "b"))
    assert two(first, make_observation("b0", chainage_place(1202.0, -2.5), "b"))
    assert two(first, make_observation("b0", chainage_place(1202.0, 1.0, route="BR-101"), "b"))
    assert two(first, make_observation("b0", chainage_place(1202.0, 1.0, carriageway="backward"), "b"))


def test_a_positioned_sighting_meets_one_with_chainage_on_their_route() -> None:
    both = place_at(0, 0, route="BR-386", chainage_m=1200.0, lateral_m=0.0, carriageway="forward")
    assert not two(make_observation("a0", both), make_observation("b0", chainage_place(1201.0), "b"))
    assert two(make_observation("a0", both), make_observation("b0", chainage_place(1220.0), "b"))


def test_a_sighting_without_a_place_joins_itself_in_another_inspection() -> None:
    first = make_observation("a0", None, inspection_id="one")
    again = make_observation("a0", None, inspection_id="two", inspected_at=day(1))
    known = KnownFinding(summarise("f", [first]), (first,))
    assert merge_passes([known], [[again]], RULES).finding_of == {"a0": "f"}


def test_across_the_antimeridian_it_is_the_same_pothole() -> None:
    west, east = (place_at(0, 0, longitude_deg=longitude) for longitude in (179.999995, -179.999995))
    assert not two(make_observation("a0", west), make_observation("b0", east, "b"))


# --- passes whose GPS is off -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias_m", [(2.0, 0.0), (0.0, 2.0), (-1.4, -1.4), (0.0, -3.0)])
def test_two_potholes_2_m_apart_stay_two_though_gps_is_off_by_as_much(bias_m: tuple[float, float]) -> None:
    places = [(0.0, 0.0), (0.0, 2.0), (1.0, 40.0), (-1.0, 75.0), (0.5, 110.0)]
    first = drive("a", places, (0.0, 0.0), 0.3, seed=1)
    second = drive("b", places, bias_m, 0.3, seed=2)
    assert merged(first, second) == {frozenset({f"a{i}", f"b{i}"}) for i in range(len(places))}


def test_neighbours_tell_which_of_two_potholes_a_pass_missed() -> None:
    places = [(0.0, 0.0), (0.0, 2.0), (1.0, 40.0), (-1.0, 75.0), (0.5, 110.0)]
    first = drive("a", places, (0.0, 0.0), 0.2, seed=1)
    second = drive("b", places, (0.0, -2.0), 0.2, seed=2)[1:]  # its view of the second lies where the first one is
    assert merged(first, second) == {frozenset({"a0"})} | {frozenset({f"a{i}", f"b{i}"}) for i in range(1, 5)}


def test_a_pothole_that_only_the_second_pass_saw_founds_a_finding_of_its_own() -> None:
    places = [(0.0, 0.0), (1.0, 40.0), (-1.0, 75.0), (0.5, 110.0)]
    first = drive("a", places, (0.0, 0.0), 0.3, seed=1)
    second = drive("b", [*places, (0.0, 2.5)], (0.0, 2.5), 0.3, seed=2)
    assert merged(first, second) == {frozenset({f"a{i}", f"b{i}"}) for i in range(4)} | {frozenset({"b4"})}


def test_drifting_passes_over_a_kilometre_merge_with_few_duplicates() -> None:
    """2 m of slowly drifting GPS error, half a metre of each defect's own, a sixth of the defects missed."""
    random = np.random.default_rng(7)
    defects = np.column_stack([random.uniform(-3, 3, 50), np.sort(random.uniform(0, 1500, 50))])
    passes = []
    for name in "abc":
        drift = 1.4 * np.sin(defects[:, 1:2] / 250.0 + random.uniform(0, 6, (1, 2)))
        shifted = defects + drift + random.normal(0, 0.35, defects.shape)
        seen = np.flatnonzero(random.random(50) < 0.84)
        passes.append([make_observation(f"{name}{i}", place_at(*shifted[i]), name) for i in seen])
    found = merged(*passes)
    defects_seen = {sighting[1:] for group in found for sighting in group}
    mixed = [group for group in found if len({sighting[1:] for sighting in group}) > 1]
    assert len(found) - len(defects_seen) <= 0.05 * len(defects_seen)
    assert len(mixed) <= 0.05 * len(defects_seen)


# --- laws ---------------------------------------------------------------------------------------------------------

sparse_roads = st.lists(st.tuples(st.floats(-3, 3), st.floats(0, 6)), min_size=1, max_size=6).map(
    lambda offsets: [(east, 40.0 * index + north) for index, (east, north) in enumerate(offsets)]
)


@settings(max_examples=40, deadline=None)
@given(
    road=sparse_roads,
    biases=st.lists(st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2)), min_size=2, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_any_order_of_passes_groups_defects_that_lie_apart_alike(
    road: list[tuple[float, float]], biases: list[tuple[float, float]], order: Any
) -> None:
    passes = [drive(name, road, bias, 0.3, seed) for seed, (name, bias) in enumerate(zip("abcd", biases, strict=False))]
    shuffled = list(passes)
    order.shuffle(shuffled)
    expected = {frozenset(f"{p[0].footage_id}{i}" for p in passes) for i in range(len(road))}
    assert merged(*passes) == merged(*shuffled) == expected


crowds = st.lists(st.tuples(st.floats(-4, 4), st.floats(0, 25)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(first=crowds, second=crowds, classes=st.lists(st.sampled_from(["pothole", "surface_damage", "alligator_crack"])))
def test_no_finding_holds_two_sightings_of_one_film(
    first: list[tuple[float, float]], second: list[tuple[float, float]], classes: list[str]
) -> None:
    kinds = [*classes, *["pothole"] * 24]
    passes = [
        [make_observation(f"{name}{i}", place_at(*spot), name, class_name=kinds[i]) for i, spot in enumerate(spots)]
        for name, spots in (("a", first), ("b", second))
    ]
    merge = merge_passes([], passes, RULES)
    assert sorted(merge.finding_of) == sorted(o.sighting_id for sightings in passes for o in sightings)
    for group in groups(merge):
        assert len({name[0] for name in group}) == len(group)


@settings(max_examples=40, deadline=None)
@given(spots=crowds, order=st.randoms(use_true_random=False))
def test_the_same_film_under_other_settings_founds_nothing_new(spots: list[tuple[float, float]], order: Any) -> None:
    once = [make_observation(f"a{i}", place_at(*spot)) for i, spot in enumerate(spots)]
    first = merge_passes([], [once], RULES)
    known = [
        KnownFinding(finding, tuple(o for o in once if first.finding_of[o.sighting_id] == name))
        for name, finding in first.findings.items()
    ]
    again = [make_observation(f"a{i}", place_at(*spot), inspection_id="again") for i, spot in enumerate(spots)]
    order.shuffle(again)
    assert merge_passes(known, [again], RULES).finding_of == first.finding_of


# --- what a finding is ---------------------------------------------------------------------------------------------


def test_ids_come_from_the_first_sighting_and_stay() -> None:
    first, second = [make_observation("a0", place_at(0, 0))], [make_observation("b0", place_at(0, 1), "b")]
    alone = merge_passes([], [first], RULES)
    assert set(alone.findings) == set(merge_passes([], [first, second], RULES).findings)
    assert set(merge_passes([], [first], RULES, taken=set(alone.findings)).findings).isdisjoint(alone.findings)


def test_a_finding_that_only_a_decision_keeps_alive_is_joined_again() -> None:
    rejected = KnownFinding(Finding("f", "pothole", 0.5, place_at(0, 0)), ())
    merge = merge_passes([rejected], [[make_observation("b0", place_at(0, 1), "b")]], RULES)
    assert merge.finding_of == {"b0": "f"}


def test_its_place_is_the_mean_by_how_well_each_pass_knew_it() -> None:
    place = mean_place([place_at(0, 0, 1.0), place_at(0, 10, 2.0)])
    expected = place_at(0, 2.0)
    assert place is not None
    assert place.latitude_deg == pytest.approx(expected.latitude_deg, abs=1e-9)
    assert place.position_error_m == pytest.approx(math.sqrt(0.8))


def test_headings_either_side_of_north_average_to_north() -> None:
    place = mean_place([place_at(0, 0, heading_deg=350.0), place_at(0, 0, heading_deg=20.0)])
    assert place is not None
    assert place.heading_deg == pytest.approx(5.0)


def test_a_film_counts_once_however_often_it_is_inspected() -> None:
    old = make_observation("a0", place_at(0, 0), inspection_id="one", confidence=0.95)
    new = make_observation("a1", place_at(0, 4), inspection_id="two", inspected_at=day(1), confidence=0.6)
    finding = summarise("f", [old, new])
    assert finding.place == new.place
    assert finding.confidence == 0.6


def test_the_class_is_the_one_with_most_confidence_behind_it() -> None:
    views = [
        make_observation("a0", place_at(0, 0), "a", confidence=0.9, class_name="surface_damage"),
        make_observation("b0", place_at(0, 0), "b", confidence=0.5),
        make_observation("c0", place_at(0, 0), "c", confidence=0.5),
    ]
    assert (summarise("f", views).class_name, summarise("f", views).confidence) == ("pothole", 0.5)


def test_films_are_merged_in_the_order_in_which_they_were_recorded() -> None:
    late = make_observation("x", None, "a", observed_at=day(2))
    early = make_observation("y", None, "b", observed_at=day(1))
    assert in_recorded_order([late, early]) == [[early], [late]]


# --- one film looked at again --------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30, unique=True
    )
)
def test_of_each_film_only_what_the_newest_inspection_saw_counts(views: list[tuple[str, int, int]]) -> None:
    seen = [
        make_observation(f"{film}{number}", None, film, inspection_id=f"i{look}", inspected_at=day(look))
        for film, look, number in views
    ]
    kept = newest_looks(seen, lambda one: one.look)
    newest = {film: max(look for other, look, _ in views if other == film) for film, _, _ in views}
    assert kept == [one for one, (film, look, _) in zip(seen, views, strict=True) if look == newest[film]]
