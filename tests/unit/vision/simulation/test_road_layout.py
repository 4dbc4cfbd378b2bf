from collections import Counter

import numpy as np
import pytest

from vision.errors import ConfigError
from vision.simulation.options import CLASS_NAMES, RoadSimulation
from vision.simulation.road_layout import MARGIN_M, plan_road


def test_as_many_defects_as_asked_for_all_on_the_driven_road() -> None:
    road = plan_road(5, 300.0, 24)
    assert len(road.defects) == 24
    assert len({defect.defect_id for defect in road.defects}) == 24
    for defect in road.defects:
        assert MARGIN_M + 5.0 < defect.along_m < MARGIN_M + 300.0
        assert abs(defect.lateral_m) + 0.5 * defect.width_m < road.style.lane_width_m + 0.05
    assert road.route.length_m == pytest.approx(300.0 + 2 * MARGIN_M)


def test_all_classes_and_sensible_pothole_sizes_come_up() -> None:
    defects = [defect for seed in range(20) for defect in plan_road(seed, 300.0, 24).defects]
    assert set(Counter(defect.class_name for defect in defects)) == set(CLASS_NAMES)
    widths = np.array([defect.width_m for defect in defects if defect.class_name == "pothole"])
    assert widths.min() >= 0.15
    assert widths.max() <= 1.2
    assert np.mean((widths > 0.3) & (widths < 0.8)) > 0.6
    wet = [defect.water for defect in defects if defect.class_name == "pothole"]
    assert 0.15 < np.mean(wet) < 0.4
    assert not any(defect.water for defect in defects if defect.class_name != "pothole")


def test_the_same_seed_gives_the_same_road() -> None:
    assert plan_road(9, 200.0, 10).defects == plan_road(9, 200.0, 10).defects
    assert plan_road(9, 200.0, 10).defects != plan_road(10, 200.0, 10).defects


def test_months_later_some_are_grown_some_mended_some_new_and_the_rest_the_same() -> None:
    before = {defect.defect_id: defect for defect in plan_road(4, 600.0, 60).defects}
    after = plan_road(4, 600.0, 60, months_later=8)
    states = Counter(defect.state for defect in after.defects)
    assert all(states[state] >= 3 for state in ("same", "grown", "mended", "new"))
    for defect in after.defects:
        old = before.get(defect.defect_id)
        assert (old is None) == (defect.state == "new")
        if old is not None:
            assert (defect.along_m, defect.lateral_m, defect.class_name) == (
                old.along_m,
                old.lateral_m,
                old.class_name,
            )
            assert (defect.length_m > old.length_m) == (defect.state == "grown")
        if defect.state == "mended":
            assert any(
                item.kind == "patch" and item.along_m == defect.along_m and item.length_m > defect.length_m
                for item in after.distractors
            )


def test_time_never_undoes_a_mending() -> None:
    mended = [
        {defect.defect_id for defect in plan_road(2, 600.0, 60, months).defects if defect.state == "mended"}
        for months in (2, 6, 18)
    ]
    assert mended[0] <= mended[1] <= mended[2]
    assert len(mended[2]) > len(mended[0])


def test_at_month_zero_nothing_has_changed() -> None:
    assert {defect.state for defect in plan_road(4, 300.0, 24).defects} == {"same"}


def test_patches_keep_clear_of_defects() -> None:
    road = plan_road(12, 300.0, 24)
    patches = [item for item in road.distractors if item.kind == "patch"]
    assert patches
    for item in patches:
        for defect in road.defects:
            assert abs(item.along_m - defect.along_m) > 0.5 * (item.length_m + defect.length_m)


@pytest.mark.parametrize(
    "wrong",
    [
        {"length_m": 0.0},
        {"defects": -1},
        {"speed_mps": 0.0},
        {"width_px": 641},
        {"gps_noise_m": -1.0},
        {"fps": 0},
        {"months_later": -3},
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong)) if "px" not in next(iter(wrong)) else "even"):
        RoadSimulation(seed=1, **wrong)  # type: ignore[arg-type]
