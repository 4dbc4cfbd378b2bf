from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_furniture import make_signal
from vision.simulation.signal_program import LIT, SignalProgram, led_gain, start_program

FAULTS = st.sampled_from(
    [
        {"fault": "none"},
        {"fault": "lens_dark", "lens": "red"},
        {"fault": "lens_dark", "lens": "yellow"},
        {"fault": "lens_dark", "lens": "green"},
        {"fault": "all_dark"},
        {"fault": "flashing"},
        {"fault": "stuck", "stuck_state": "yellow"},
        {"fault": "seen_from_behind"},
    ]
)


@given(FAULTS, st.floats(-50.0, 50.0), st.floats(0.0, 60.0), st.floats(0.1, 40.0))
def test_a_timeline_covers_its_window_and_says_what_is_shown(
    fault: dict[str, str], began_s: float, start_s: float, length_s: float
) -> None:
    program = SignalProgram(make_signal(**fault), began_s)
    spans = program.timeline(start_s, start_s + length_s)
    assert spans[0][0] == start_s
    assert spans[-1][1] == start_s + length_s
    for (_, end, state), (begin, _, later) in pairwise(spans):
        assert end == begin
        assert state != later
    for begin, end, state in spans:
        if end - begin > 1e-6:
            assert program.shown(begin + 0.37 * (end - begin)) == state


@given(FAULTS, st.floats(-50.0, 50.0), st.floats(0.0, 200.0))
def test_a_lens_that_is_out_never_lights_and_is_due_only_in_its_own_phases(
    fault: dict[str, str], began_s: float, time_s: float
) -> None:
    program = SignalProgram(make_signal(**fault), began_s)
    lens = program.signal.lens
    assert lens not in LIT[program.shown(time_s)]
    assert program.dark_lens_due(time_s) == (lens is not None and lens in LIT[program.due(time_s)])


def test_a_cycle_runs_red_red_yellow_green_yellow_with_its_phase_times() -> None:
    spans = SignalProgram(make_signal(), 0.0).timeline(0.0, 72.0)
    assert [state for _, _, state in spans] == ["red", "red_yellow", "green", "yellow"] * 2
    assert [end - start for start, end, _ in spans] == pytest.approx([20.0, 1.0, 12.0, 3.0] * 2)


def test_flashing_is_yellow_and_dark_by_turns_sixty_times_a_minute() -> None:
    spans = SignalProgram(make_signal(fault="flashing"), 0.0).timeline(0.0, 60.0)
    assert [state for _, _, state in spans] == ["yellow", "off"] * 60
    assert all(end - start == pytest.approx(0.5) for start, end, _ in spans)


@given(st.sampled_from(["red", "yellow", "green"]), st.floats(0.0, 0.999), st.integers(1, 60), st.floats(5.0, 100.0))
def test_a_drive_meets_the_phase_of_the_lens_that_is_out(lens: str, moment: float, drive: int, passed_s: float) -> None:
    program = start_program(make_signal(fault="lens_dark", lens=lens, moment=moment), passed_s, drive)
    last = [program.dark_lens_due(passed_s - 0.05 * step) for step in range(90)]
    assert any(last)


def test_drives_over_the_same_road_meet_other_phases() -> None:
    signal = make_signal()
    assert len({start_program(signal, 10.0, drive).due(9.0) for drive in range(1, 12)}) >= 3


@given(st.floats(0.0, 1e4), st.floats(1e-4, 0.05))
def test_a_pulsed_lamp_keeps_a_share_of_its_light(time_s: float, exposure_s: float) -> None:
    assert -1e-9 <= led_gain(time_s, exposure_s) <= 1.0 + 1e-9


def test_single_frames_at_a_short_shutter_find_a_pulsed_lamp_dark_and_a_long_one_never() -> None:
    short = [led_gain(index / 30.0, 1.0 / 2000.0) for index in range(900)]
    dark = [gain < 0.05 for gain in short]
    assert 0.04 < sum(dark) / len(dark) < 0.16
    assert not any(now and then for now, then in pairwise(dark))
    assert min(led_gain(index / 30.0, 1.0 / 60.0) for index in range(900)) > 0.8
