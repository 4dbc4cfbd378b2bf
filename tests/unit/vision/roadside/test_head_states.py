"""States from single frames' looks: changes that several frames show are followed, a single frame's error is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_roadside import cycling, flashing, steady, watch
from vision.roadside.head_states import StateRules, is_no_head, with_likeliest_states
from vision.roadside.look_classes import HEAD_LOOKS
from vision.roadside.signal_judgement import SignalRules, judge_signal
from vision.roadside.signal_timeline import HeadView

RULES = StateRules()


def look(name: str, sure: float = 0.9) -> tuple[float, ...]:
    rest = (1.0 - sure) / (len(HEAD_LOOKS) - 1)
    return tuple(sure if one == name else rest for one in HEAD_LOOKS)


def looked(views: list[HeadView], of: Callable[[HeadView], tuple[float, ...]] | None = None) -> list[HeadView]:
    """Give views whose detector is always wrong, and whose network is right unless told otherwise."""
    return [replace(view, state="green", shows=of(view) if of else look(str(view.state))) for view in views]


def test_the_network_is_believed_over_the_detectors_class() -> None:
    views = looked(watch(cycling(), 44.0, 20.0, 4.6))
    assert [view.state for view in with_likeliest_states(views, RULES)] == [
        view.state for view in watch(cycling(), 44.0, 20.0, 4.6)
    ]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, 40)), st.sampled_from(["off", "red", "green", "behind"]))
def test_single_frames_that_err_are_left_out(wrong: set[int], as_what: str) -> None:
    views = looked(watch(steady("yellow"), 0.0, 9.0, 4.6))
    alone = {row for row in wrong if row - 1 not in wrong and row + 1 not in wrong}
    views = [replace(view, shows=look(as_what)) if row in alone else view for row, view in enumerate(views)]
    seen = with_likeliest_states(views, RULES)
    if len(alone) < 8:
        assert {view.state for view in seen} == {"yellow"}


@pytest.mark.parametrize("fps", [4.6, 10.0, 30.0])
def test_flashing_is_followed(fps: float) -> None:
    views = looked(watch(flashing("yellow"), 0.1, 4.0, fps))
    assert judge_signal(with_likeliest_states(views, RULES), SignalRules()).fault == "flashing"


def test_a_back_is_dark_and_not_assessable_and_a_dark_front_is_a_fault() -> None:
    for name, fault in (("behind", "not_assessable"), ("off", "all_dark")):
        views = looked(watch(steady("off"), 0.0, 5.0, 4.6), lambda _, name=name: look(name))  # type: ignore[misc]
        assert judge_signal(with_likeliest_states(views, RULES), SignalRules()).fault == fault


def test_what_looks_like_a_back_is_no_dark_spell_of_a_head_that_was_seen_lit() -> None:
    views = looked(watch(cycling(), 24.0, 10.0, 4.6))
    views = [replace(view, shows=look("behind")) if view.pts_ns < 2e9 else view for view in views]
    judged = judge_signal(with_likeliest_states(views, RULES), SignalRules())
    assert judged.fault == "none", judged.reason


def test_views_that_show_no_head_say_nothing_and_a_thing_of_such_views_is_none() -> None:
    views = looked(watch(steady("red"), 0.0, 5.0, 4.6), lambda _: look("nothing"))
    assert {view.state for view in with_likeliest_states(views, RULES)} == {None}
    assert is_no_head([view.shows for view in views], RULES)
    assert not is_no_head([look("red")] * 3 + [look("nothing")] * 2, RULES)
    assert not is_no_head([None, None], RULES)


def test_views_that_no_network_looked_at_stay_as_they_were_detected() -> None:
    views = watch(cycling(), 0.0, 5.0, 4.6)
    assert with_likeliest_states(views, RULES) == views
