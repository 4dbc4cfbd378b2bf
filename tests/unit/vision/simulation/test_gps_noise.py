import numpy as np
import pytest

from vision.simulation.gps_noise import CORRELATION_TIME_S, receive


def errors(seed: int, drms_m: float, seconds: int = 4000) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    time_s = np.arange(float(seconds))
    still = np.zeros_like(time_s)  # standing still: no drop-outs or jumps, which come by the metre
    fixes = receive(seed, 1, drms_m, time_s, still, still)
    return fixes.east_m, fixes.north_m


@pytest.mark.parametrize("drms_m", [0.5, 2.0, 8.0])
def test_radial_rms_error_is_what_was_asked_for(drms_m: float) -> None:
    squares = [np.mean(east**2 + north**2) for east, north in (errors(seed, drms_m) for seed in range(8))]
    assert np.sqrt(np.mean(squares)) == pytest.approx(drms_m, rel=0.08)


def test_half_of_the_variance_drifts_with_the_stated_correlation_time() -> None:
    lag = int(CORRELATION_TIME_S)
    shares = []
    for seed in range(12):
        east, _ = errors(seed, 2.0)
        variance = np.mean(east**2)
        shares.append((np.mean(east[1:] * east[:-1]) / variance, np.mean(east[lag:] * east[:-lag]) / variance))
    near, far = np.mean(shares, axis=0)
    assert near == pytest.approx(0.5 * np.exp(-1.0 / CORRELATION_TIME_S), abs=0.06)
    assert far == pytest.approx(0.5 * np.exp(-1.0), abs=0.07)


def test_without_noise_the_track_is_perfect() -> None:
    time_s = np.arange(60.0)
    fixes = receive(1, 1, 0.0, time_s, 14.0 * time_s, np.zeros_like(time_s))
    np.testing.assert_array_equal(fixes.east_m, 14.0 * time_s)
    np.testing.assert_array_equal(fixes.time_s, time_s)


def test_drop_outs_last_four_to_eight_seconds_and_jumps_are_rare() -> None:
    gaps, jumps, fixes_seen = [], 0, 0
    time_s = np.arange(25.0)
    for seed in range(120):
        fixes = receive(seed, 1, 2.0, time_s, 14.0 * time_s, np.zeros_like(time_s))
        gaps += [gap for gap in np.diff(fixes.time_s) if gap > 1.5]
        jumps += int(np.count_nonzero(np.hypot(fixes.east_m - 14.0 * fixes.time_s, fixes.north_m) > 20.0))
        fixes_seen += len(fixes.time_s)
        assert fixes.time_s[0] == time_s[0]
        assert fixes.time_s[-1] == time_s[-1]
    assert 60 < len(gaps) < 190
    assert 4.0 <= np.median(gaps) <= 9.0
    assert 10 < jumps < 80
    assert fixes_seen > 2000


def test_another_pass_has_other_noise() -> None:
    time_s = np.arange(20.0)
    first, second = (receive(1, number, 2.0, time_s, time_s, time_s) for number in (1, 2))
    assert abs(float(first.east_m[0] - second.east_m[0])) > 1e-6
