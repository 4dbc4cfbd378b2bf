"""What a perfect observer of an approach can tell of a signal's fault, and what nobody could."""

from __future__ import annotations

from tests.builders_furniture import make_signal
from vision.simulation.signal_evidence import told_of
from vision.simulation.signal_program import SignalProgram

# red 0 to 20 s, red and yellow to 21, green to 33, yellow to 36


def shows(clear_s: tuple[float, float] | None, **fields: object) -> tuple[bool, frozenset[str]]:
    signal = make_signal(**fields)
    told = told_of(signal, SignalProgram(signal, 0.0), clear_s)
    return told.shows, frozenset(told.lenses)


def test_a_dark_yellow_between_green_and_red_is_told_by_its_lens() -> None:
    assert shows((28.0, 38.0), fault="lens_dark", lens="yellow") == (True, {"yellow"})


def test_dark_then_yellow_may_be_the_red_or_the_green_lens_until_green_comes() -> None:
    assert shows((14.0, 21.1), fault="lens_dark", lens="red") == (True, {"red", "green"})
    assert shows((14.0, 24.0), fault="lens_dark", lens="red") == (True, {"red"})


def test_a_lens_whose_turn_never_came_or_without_another_lit_does_not_show() -> None:
    assert shows((22.0, 30.0), fault="lens_dark", lens="red") == (False, frozenset())
    assert shows((2.0, 12.0), fault="lens_dark", lens="red") == (False, frozenset())


def test_stuck_shows_once_it_outlasts_the_longest_phase_and_nothing_shows_that_was_never_clear() -> None:
    assert shows((0.0, 5.9), fault="stuck", stuck_state="yellow")[0] is False
    assert shows((0.0, 6.1), fault="stuck", stuck_state="yellow")[0] is True
    assert shows((0.0, 60.0), fault="stuck", stuck_state="red")[0] is False
    assert shows(None, fault="all_dark")[0] is False


def test_flashing_and_darkness_need_their_time_and_healthy_heads_show_no_fault() -> None:
    assert shows((0.0, 2.9), fault="flashing")[0] is False
    assert shows((0.0, 3.1), fault="flashing")[0] is True
    assert shows((0.0, 2.4), fault="all_dark")[0] is False
    assert shows((0.0, 2.6), fault="all_dark")[0] is True
    assert shows((0.0, 100.0), fault="none")[0] is False
    assert shows((0.0, 100.0), fault="seen_from_behind")[0] is False
