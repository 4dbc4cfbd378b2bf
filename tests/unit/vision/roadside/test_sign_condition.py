"""The condition of signs: sound ones stay sound in any light, spoiled ones are told, what can't be seen is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import spoiled_signs
from benchmarks.spoiled_signs import Box
from tests.builders_roadside import CAMERA, draw_sign
from vision.ground_plane import image_points
from vision.roadside.crop_looks import look_at
from vision.roadside.kinds import SIGN_KINDS, SignKind
from vision.roadside.look_classes import SIGN_LOOKS
from vision.roadside.looks import CropLook
from vision.roadside.sign_condition import RETROREFLECTIVITY, SignRules, judge_sign
from vision.types import Image

RULES = SignRules()
MEASURED: list[SignKind] = ["prohibitory", "danger", "mandatory"]
CLASS_OF = {kind: name for name, kind in SIGN_KINDS.items()}

Spoil = Callable[[Image, Box, bool, np.random.Generator], Image]


def look(image: Image, box: Box, kind: SignKind) -> CropLook:
    return look_at(image, np.array(box, dtype=np.float32), CLASS_OF[kind])


def look_at_turned(image: Image, lean_deg: float) -> CropLook:
    """Turn a triangle of 60 px clockwise."""
    turn = cv2.getRotationMatrix2D((90.0, 90.0), -lean_deg, 1.0)  # OpenCV counts anticlockwise
    turned = cv2.warpAffine(image, turn, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    corners = np.array([[60.0, 120.0], [120.0, 120.0], [90.0, 60.0]]) @ turn[:, :2].T + turn[:, 2]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return look(turned, (left, top, right, bottom), "danger")


def names(kind: SignKind, looks: list[CropLook], roll_deg: float = 0.0) -> set[str]:
    return {fault.name for fault in judge_sign(kind, looks, RULES, roll_deg).faults}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(MEASURED),
    st.integers(min_value=24, max_value=80),
    st.floats(min_value=0.35, max_value=1.0),
    st.floats(min_value=0.0, max_value=0.5),
)
def test_a_sound_sign_is_sound_in_shade_and_in_haze(kind: SignKind, size_px: int, light: float, haze: float) -> None:
    image, box = draw_sign(kind, size_px, light)
    veiled = (image * (1.0 - haze) + 150.0 * haze).astype(np.uint8)
    found = judge_sign(kind, [look(veiled, box, kind)] * 2, RULES)
    assert found.judged
    assert not found.faults
    assert RETROREFLECTIVITY in found.not_assessable


@pytest.mark.parametrize("kind", MEASURED)
@pytest.mark.parametrize("condition", ["faded", "obscured", "graffiti", "dirty"])
def test_a_spoiled_sign_is_told(kind: SignKind, condition: str) -> None:
    spoil: Spoil = getattr(spoiled_signs, condition)
    for seed in range(4):
        image, box = draw_sign(kind, 40 + seed)
        spoiled = spoil(image, box, kind == "danger", np.random.default_rng(seed))
        assert condition in names(kind, [look(spoiled, box, kind)] * 3)


@pytest.mark.parametrize("lean_deg", [-20.0, -14.0, 0.0, 5.0, 14.0, 20.0])
def test_a_leaning_triangle_is_told_with_its_angle(lean_deg: float) -> None:
    image, _ = draw_sign("danger", 60)
    seen = look_at_turned(image, lean_deg)
    assert seen.lean_deg == pytest.approx(lean_deg, abs=4.0)
    assert ("leaning" in names("danger", [seen] * 3)) == (abs(lean_deg) > 10.0)


def test_what_an_upright_sign_shows_a_leaning_camera_is_no_lean() -> None:
    image, _ = draw_sign("danger", 60)
    camera = replace(CAMERA, roll_deg=14.0)
    # two places level with each other on the road, one to the right: how the picture of this camera leans
    left, right = image_points(camera, np.array([[20.0, 0.5], [20.0, -0.5]]))
    seen_deg = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    seen = look_at_turned(image, seen_deg)
    assert "leaning" in names("danger", [seen] * 3)
    assert "leaning" not in names("danger", [seen] * 3, roll_deg=camera.roll_deg)


def test_one_odd_view_changes_nothing() -> None:
    image, box = draw_sign("prohibitory")
    bleached = spoiled_signs.faded(image, box, False, np.random.default_rng(1))
    sound, odd = look(image, box, "prohibitory"), look(bleached, box, "prohibitory")
    assert names("prohibitory", [sound, odd, sound]) == set()
    assert names("prohibitory", [odd, sound, odd]) == {"faded"}


def test_what_cannot_be_seen_is_said_and_is_no_fault() -> None:
    image, box = draw_sign("prohibitory", 12)
    small = judge_sign("prohibitory", [look(image, box, "prohibitory")] * 5, RULES)
    assert (small.judged, small.faults) == (False, ())
    assert "condition: at most 12 px large" in small.not_assessable
    dark, box = draw_sign("mandatory", 40, light=0.05)
    assert not judge_sign("mandatory", [look(dark, box, "mandatory")] * 5, RULES).judged
    other, box = draw_sign("prohibitory")
    assert not judge_sign("other", [look(other, box, "other")] * 5, RULES).judged
    disc = judge_sign("prohibitory", [look(other, box, "prohibitory")] * 2, RULES)
    assert any(why.startswith("leaning: a disc") for why in disc.not_assessable)


def test_a_box_that_leaves_the_picture_is_measured_as_far_as_it_goes() -> None:
    image, _ = draw_sign("prohibitory")
    beyond = look(image, (-500.0, -500.0, -400.0, -400.0), "prohibitory")
    assert beyond.colour is None
    assert beyond.contrast == 0.0


def test_three_lenses_are_seen_in_a_dark_head_and_not_on_its_back() -> None:
    back = np.full((90, 60, 3), 60, np.uint8)
    head = back.copy()
    for row in (22, 45, 68):
        cv2.circle(head, (30, row), 9, (20, 20, 20), -1)
    where = np.array([15.0, 10.0, 45.0, 80.0], dtype=np.float32)
    seen = [look_at(picture, where, "traffic_light_off").lamps for picture in (head, back)]
    assert seen[0] is not None
    assert seen[0] > 0.7
    assert seen[1] == pytest.approx(0.0, abs=1e-6)


BY_NETWORK = replace(RULES, by="network")


def shown(size_px: float = 40.0, **sure: float) -> CropLook:
    """Give a view that a network takes for something, the rest spread evenly over what it isn't."""
    rest = (1.0 - sum(sure.values())) / (len(SIGN_LOOKS) - len(sure))
    return CropLook(size_px, 0.5, 12.0, shows=tuple(sure.get(name, rest) for name in SIGN_LOOKS))


@pytest.mark.parametrize("name", [name for name in SIGN_LOOKS if name != "sound"])
def test_what_a_network_sees_in_most_views_is_the_condition_of_any_kind_of_sign(name: str) -> None:
    views = [shown(**{name: 0.8})] * 4 + [shown(sound=0.8)]
    for kind in SIGN_KINDS.values():
        found = judge_sign(kind, views, BY_NETWORK)
        assert [fault.name for fault in found.faults] == [name]
        assert "in 4 of 5 views" in found.faults[0].reason
        assert RETROREFLECTIVITY in found.not_assessable


def test_views_that_a_network_takes_for_sound_make_a_sound_sign() -> None:
    found = judge_sign("other", [shown(sound=0.7)] * 3, BY_NETWORK)
    assert found.judged
    assert not found.faults


def test_near_views_count_more_than_far_ones() -> None:
    views = [shown(15.0, sound=0.7)] * 4 + [shown(90.0, bent=0.9)] * 4
    assert [fault.name for fault in judge_sign("danger", views, BY_NETWORK).faults] == ["bent"]


def test_views_that_don_t_agree_or_are_too_small_are_not_assessable_with_the_reason() -> None:
    torn = judge_sign("danger", [shown(sound=0.5, dirty=0.48)] * 3, BY_NETWORK)
    assert not torn.judged
    assert "don't tell sound from dirty" in torn.not_assessable[0]
    small = judge_sign("danger", [shown(9.0, bent=0.9)] * 5, BY_NETWORK)
    assert not small.judged
    assert "at most 9 px" in small.not_assessable[0]


def test_beside_measures_a_network_speaks_only_in_what_it_is_trusted_in() -> None:
    sprayed, image = shown(graffiti=0.95), draw_sign("prohibitory")
    sound = look(*image, "prohibitory")
    both = [replace(sound, shows=sprayed.shows)] * 4
    assert [fault.name for fault in judge_sign("prohibitory", both, RULES).faults] == ["graffiti"]
    unsure = [replace(sound, shows=shown(graffiti=0.55, sound=0.4).shows)] * 4
    assert not judge_sign("prohibitory", unsure, RULES).faults
    for name in ("leaning", "faded"):
        views = [replace(sound, shows=shown(**{name: 0.97}).shows)] * 4
        found = judge_sign("prohibitory", views, RULES)
        assert (found.judged, found.faults) == (True, ())
        assert [fault.name for fault in judge_sign("prohibitory", views, BY_NETWORK).faults] == [name]


def test_a_plate_that_measures_know_nothing_of_is_sound_where_a_network_takes_it_for_that() -> None:
    found = judge_sign("other", [shown(sound=0.9)] * 3, RULES)
    assert (found.judged, found.faults) == (True, ())
    assert "fading and leaning of such a plate" in found.not_assessable
    assert not judge_sign("other", [shown(leaning=0.9)] * 3, RULES).judged


def test_what_measures_call_stays_called() -> None:
    image, box = draw_sign("prohibitory")
    pale = replace(look(image, box, "prohibitory"), colour=0.1, shows=shown(sound=0.95).shows)
    assert [fault.name for fault in judge_sign("prohibitory", [pale] * 3, RULES).faults] == ["faded"]
