from __future__ import annotations

from dataclasses import replace

import pytest

from infra.merge_rules import MergeRules
from infra.spots import DrivenRoad
from tests.builders_ledger import chainage_place, make_bin, make_footage, place_at
from vision.types import CoverageBin, Place

RULES = MergeRules()
FOOTAGE = make_footage()


def road(*states: str) -> list[CoverageBin]:
    return [make_bin(None if state == "not_driven" else FOOTAGE, index, state) for index, state in enumerate(states)]


@pytest.mark.parametrize(
    ("place", "state"),
    [
        (place_at(3, 5, 1.0), "seen"),
        (place_at(-3, 25, 1.0), "unseen"),
        (place_at(3, 20.5, 1.0), "unseen"),  # within its error, it may lie in the bin that wasn't validly seen
        (place_at(3, 18.0, 1.0), "seen"),
        (place_at(30, 5, 1.0), "outside"),
        (place_at(0, 500, 1.0), "outside"),
        (place_at(0, 5, 1.0, heading_deg=180.0), "outside"),
        (chainage_place(5.0), "outside"),
    ],
)
def test_a_spot_is_seen_where_its_whole_error_is_validly_covered(place: Place, state: str) -> None:
    assert DrivenRoad(road("valid", "valid", "invalid"), RULES).look_at(place).state == state


def test_one_good_pass_is_enough() -> None:
    other = make_footage("other")
    bins = [make_bin(FOOTAGE, 0, "invalid"), make_bin(other, 0)]
    view = DrivenRoad(bins, RULES).look_at(place_at(0, 5, 1.0))
    assert view.state == "seen"
    assert [b.footage_id for b in view.bins] == [other.footage_id]


def test_along_a_route_its_carriageways_are_apart() -> None:
    bins = [
        make_bin(FOOTAGE, index, route="BR-386", carriageway="forward", line=(), state=state)
        for index, state in enumerate(("valid", "valid", "invalid"))
    ]
    driven = DrivenRoad(bins, RULES)
    assert driven.look_at(chainage_place(12.0)).state == "seen"
    assert driven.look_at(chainage_place(25.0)).state == "unseen"
    assert driven.look_at(chainage_place(12.0, carriageway="backward")).state == "outside"
    assert driven.look_at(chainage_place(12.0, route="BR-101")).state == "outside"
    assert driven.stretches() == {"BR-386": (0.0, 30.0)}


def test_road_that_was_not_driven_is_unseen_only_on_a_route_that_was() -> None:
    gap = make_bin(None, 1, "not_driven", route="BR-386", line=())
    driven = make_bin(FOOTAGE, 0, route="BR-386", carriageway="forward", line=())
    assert DrivenRoad([driven, gap], RULES).look_at(chainage_place(15.0)).state == "unseen"
    assert DrivenRoad([gap], RULES).look_at(chainage_place(15.0)).state == "outside"


def test_without_coverage_nothing_was_looked_at() -> None:
    empty = DrivenRoad([], RULES)
    assert empty.look_at(place_at(0, 0)).state == "outside"
    assert empty.bounds_deg() is None


def test_bounds_hold_every_line() -> None:
    bins = road("valid", "valid")
    bounds = DrivenRoad([*bins, replace(bins[0], line=((11.4, 48.0), (11.4, 48.1)))], RULES).bounds_deg()
    assert bounds == (11.4, 48.0, bins[0].line[0][0], bins[1].line[1][1])
