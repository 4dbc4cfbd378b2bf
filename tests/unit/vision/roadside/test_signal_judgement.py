"""What is wrong with a signal head: told where it can be told, and never where it can't."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders_roadside import AMERICAN, GERMAN, Lamps, cycling, flashing, steady, watch
from vision.roadside.kinds import HeadState
from vision.roadside.signal_judgement import SignalRules, judge_signal
from vision.roadside.signal_phases import LENSES, Lens
from vision.roadside.signal_timeline import HeadView

RULES = SignalRules()
CYCLES = {"German": GERMAN, "American": AMERICAN}
WITHOUT_FAULT = {"none", "not_assessable"}

cycles = st.sampled_from(sorted(CYCLES))
offsets = st.floats(min_value=0.0, max_value=60.0)
rates = st.floats(min_value=4.0, max_value=30.0)


def with_dark_frames(views: list[HeadView], dark: Iterable[int]) -> list[HeadView]:
    """Give the views with single frames dark, no two in a row."""
    chosen = sorted(set(dark))
    alone = [index for before, index in zip([-9, *chosen], chosen, strict=False) if index - before > 1]
    return [replace(view, state="off") if index in alone else view for index, view in enumerate(views)]


@settings(max_examples=60, deadline=None)
@given(cycles, offsets, rates)
def test_a_healthy_cycle_has_no_fault_at_any_offset_and_rate(cycle: str, start_s: float, fps: float) -> None:
    judged = judge_signal(watch(cycling(CYCLES[cycle]), start_s, 75.0, fps), RULES)
    assert judged.fault == "none", judged.reason


@settings(max_examples=80, deadline=None)
@given(cycles, offsets, st.floats(min_value=0.5, max_value=40.0), st.floats(min_value=0.3, max_value=30.0))
def test_a_healthy_head_is_never_called_faulty_however_shortly_or_seldom_it_is_seen(
    cycle: str, start_s: float, length_s: float, fps: float
) -> None:
    judged = judge_signal(watch(cycling(CYCLES[cycle]), start_s, length_s, fps), RULES)
    assert judged.fault in WITHOUT_FAULT, judged.reason


@settings(max_examples=80, deadline=None)
@given(cycles, offsets, st.floats(min_value=3.0, max_value=90.0), rates, st.data())
def test_flicker_is_never_a_fault(cycle: str, start_s: float, length_s: float, fps: float, data: st.DataObject) -> None:
    views = watch(cycling(CYCLES[cycle]), start_s, length_s, fps)
    dark = data.draw(st.lists(st.integers(0, len(views) - 1), max_size=len(views) // 2))
    judged = judge_signal(with_dark_frames(views, dark), RULES)
    assert judged.fault in WITHOUT_FAULT, judged.reason


@settings(max_examples=60, deadline=None)
@given(offsets, rates)
def test_a_little_flicker_hides_no_healthy_cycle(start_s: float, fps: float) -> None:
    views = watch(cycling(), start_s, 75.0, fps)
    assert judge_signal(with_dark_frames(views, range(3, len(views), 11)), RULES).fault == "none"


@settings(max_examples=60, deadline=None)
@given(cycles, offsets, rates, st.sampled_from(LENSES))
def test_a_dark_lens_is_found_in_a_whole_cycle(cycle: str, start_s: float, fps: float, lens: Lens) -> None:
    judged = judge_signal(watch(cycling(CYCLES[cycle], {lens}), start_s, 75.0, fps), RULES)
    assert (judged.fault, judged.lenses) == ("lens_dark", {lens}), judged.reason


@settings(max_examples=150, deadline=None)
@given(cycles, offsets, st.floats(min_value=0.5, max_value=40.0), rates, st.sampled_from(LENSES))
def test_a_dark_lens_seen_in_part_is_that_lens_or_nothing_lit_or_not_assessable_but_never_sound(
    cycle: str, start_s: float, length_s: float, fps: float, lens: Lens
) -> None:
    views = watch(cycling(CYCLES[cycle], {lens}), start_s, length_s, fps)
    judged = judge_signal(views, RULES)
    assert judged.fault in {"lens_dark", "all_dark", "not_assessable"}, judged.reason
    if judged.fault == "lens_dark":
        assert lens in judged.lenses, judged.reason
        assert len(judged.lenses) == 1 or "which of them can't be told" in judged.reason
    if judged.fault == "all_dark":
        assert {view.state for view in views} == {"off"}


@settings(max_examples=40, deadline=None)
@given(st.floats(min_value=0.0, max_value=2.0), st.floats(min_value=8.0, max_value=30.0), st.floats(0.9, 1.2))
def test_flashing_is_found_from_eight_frames_a_second_on(start_s: float, fps: float, period_s: float) -> None:
    judged = judge_signal(watch(flashing("yellow", period_s), start_s, 8.0, fps), RULES)
    assert (judged.fault, judged.lenses) == ("flashing", {"yellow"}), judged.reason


@settings(max_examples=80, deadline=None)
@given(st.floats(min_value=0.0, max_value=2.0), st.floats(min_value=0.5, max_value=12.0), st.floats(3.0, 30.0))
@example(1.5, 3.625, 3.0)
@example(0.0, 3.0, 10.0)
def test_flashing_is_never_sound_nor_another_fault_at_a_lower_rate(start_s: float, fps: float, length_s: float) -> None:
    judged = judge_signal(watch(flashing("yellow", 1.03), start_s, length_s, fps), RULES)
    assert judged.fault in {"flashing", "not_assessable"}, judged.reason


@pytest.mark.parametrize("state", ["red", "green", "yellow", "red_yellow"])
def test_stuck_is_called_only_after_the_longest_phase(state: HeadState) -> None:
    longest = {"red": 240.0, "green": 240.0, "yellow": 6.5, "red_yellow": 2.5}[state]
    assert judge_signal(watch(steady(state), 0.0, longest - 0.5, 4.0), RULES).fault == "not_assessable"
    judged = judge_signal(watch(steady(state), 0.0, longest + 1.0, 4.0), RULES)
    assert judged.fault == "stuck"


def test_waiting_unseen_is_no_evidence_of_being_stuck() -> None:
    views = [view for view in watch(steady("red"), 0.0, 400.0, 4.0) if not 10e9 < view.pts_ns < 390e9]
    assert judge_signal(views, RULES).fault == "not_assessable"


def test_a_dark_head_is_dark_only_where_its_lenses_are_seen() -> None:
    dark: Lamps = steady("off")
    assert judge_signal(watch(dark, 0.0, 5.0, 4.0), RULES).fault == "all_dark"
    assert judge_signal(watch(dark, 0.0, 5.0, 4.0, lamps=0.1), RULES).fault == "not_assessable"
    assert judge_signal(watch(dark, 0.0, 5.0, 4.0, lamps=None), RULES).fault == "not_assessable"
    assert judge_signal(watch(dark, 0.0, 1.0, 4.0), RULES).fault == "not_assessable"


def test_a_head_behind_leaves_is_obscured_and_a_small_one_is_not_assessable() -> None:
    views = watch(cycling(), 0.0, 10.0, 4.0, covered=0.6)
    assert judge_signal(views, RULES).fault == "obscured"
    small = judge_signal(watch(cycling(dark={"red"}), 0.0, 75.0, 4.0, height_px=7.0), RULES)
    assert small.fault == "not_assessable"
    assert "7 px" in small.reason


def test_the_reason_names_the_phases_and_their_times() -> None:
    judged = judge_signal(watch(cycling(dark={"yellow"}), 48.0, 12.0, 5.0), RULES)
    assert judged.fault == "lens_dark"
    assert judged.reason.startswith("Yellow never lit while its turn came: green 0:00.0 to 0:02.8")
    assert "dark 0:03.0 to 0:05.8 (15 frames)" in judged.reason


def test_darkness_and_a_colour_slower_than_any_flashing_are_a_dark_lens() -> None:
    views = watch(cycling(dark={"green"}), 51.6 - 3.0, 4.2, 5.0)  # 2.4 s of dark green, then yellow
    judged = judge_signal(views, RULES)
    assert (judged.fault, judged.lenses) == ("lens_dark", {"red", "green"}), judged.reason
