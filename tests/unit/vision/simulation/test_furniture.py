from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from vision.errors import ConfigError
from vision.simulation.furnish_road import furnish_road
from vision.simulation.furniture import plan_signals, plan_signs
from vision.simulation.options import RoadSimulation
from vision.simulation.road_layout import MARGIN_M, plan_road
from vision.simulation.road_style import plan_style


def test_signs_stand_off_the_pavement_and_about_half_are_sound() -> None:
    signs = [sign for seed in range(40) for sign in plan_signs(seed, plan_style(seed), 50.0, 300.0, 20)]
    edges = [plan_style(seed).paved_half_width_m for seed in range(40) for _ in range(20)]
    assert all(abs(sign.lateral_m) > edge + 0.8 for sign, edge in zip(signs, edges, strict=True))
    assert 0.75 < sum(sign.lateral_m < 0.0 for sign in signs) / len(signs) < 0.9
    conditions = Counter(sign.condition for sign in signs)
    assert 0.43 < conditions["sound"] / len(signs) < 0.57
    assert len(conditions) == 8
    assert all(2.0 < sign.height_m - 0.5 * sign.size_m < 2.5 for sign in signs)


def test_conditions_have_their_measure_and_nothing_else_has() -> None:
    signs = [sign for seed in range(40) for sign in plan_signs(seed, plan_style(seed), 50.0, 300.0, 20)]
    for sign in signs:
        assert (abs(sign.lean_deg) >= 12.0) == (sign.condition == "leaning")
        assert (0.4 <= sign.obscured_share <= 0.8) == (sign.condition == "obscured")


def test_heads_name_the_lens_or_the_state_of_their_fault() -> None:
    heads = [head for seed in range(60) for head in plan_signals(seed, plan_style(seed), 50.0, 300.0, 6)]
    assert len(Counter(head.fault for head in heads)) == 6
    for head in heads:
        assert (head.lens is not None) == (head.fault == "lens_dark")
        assert (head.stuck_state is not None) == (head.fault == "stuck")
        assert head.height_m - 0.45 > (4.5 if head.lateral_m != head.post_lateral_m else 2.0)


def test_furniture_leaves_surface_and_defects_as_they_are() -> None:
    bare = plan_road(5, 300.0, 24)
    assert furnish_road(bare, 0, 0) is bare
    furnished = furnish_road(bare, 20, 5)
    assert (len(furnished.signs), len(furnished.signals)) == (20, 5)
    assert replace(furnished, signs=(), signals=(), roadside=bare.roadside) == bare
    assert set(furnished.roadside) <= set(bare.roadside)


@pytest.mark.parametrize("seed", range(4))
def test_posts_keep_apart_and_no_crown_stands_before_a_plate(seed: int) -> None:
    road = furnish_road(plan_road(seed, 300.0, 0), 25, 6)
    places = sorted(sign.along_m for sign in road.signs)
    assert all(later - one > 3.9 for one, later in pairwise(places))
    assert places[0] > MARGIN_M + 15.0
    for sign in road.signs:
        for thing in road.roadside:
            before = 0.0 < sign.along_m - thing.along_m < 40.0 and thing.lateral_m * sign.lateral_m > 0.0
            if before and thing.kind in ("tree", "bush"):
                assert abs(thing.lateral_m) - 0.4 * thing.height_m > abs(sign.lateral_m)


def test_the_same_seed_gives_the_same_furniture_and_more_signs_leave_the_heads_alone() -> None:
    bare = plan_road(9, 300.0, 4)
    assert furnish_road(bare, 8, 3) == furnish_road(bare, 8, 3)
    assert furnish_road(bare, 8, 3).signals == furnish_road(bare, 2, 3).signals
    assert furnish_road(bare, 8, 3).signs != furnish_road(plan_road(10, 300.0, 4), 8, 3).signs


@pytest.mark.parametrize("wrong", [{"signs": -1}, {"signs": 61}, {"signals": 16}])
def test_more_furniture_than_a_road_can_hold_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        RoadSimulation(seed=1, length_m=300.0, **wrong)
