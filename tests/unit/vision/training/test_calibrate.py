from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vision.calibration import Calibration, read_calibration
from vision.errors import InputError
from vision.training.calibrate import LabelledTrack, fit_calibration, write_calibration


def make_tracks(class_name: str, count: int, share_true: float, seed: int = 0) -> list[LabelledTrack]:
    """Give tracks whose confidence says something, but not all, of their truth."""
    rng = np.random.default_rng(seed)
    tracks = []
    for _ in range(count):
        true = bool(rng.random() < share_true)
        level = float(np.clip(rng.normal(0.6 if true else 0.35, 0.15), 0.05, 0.95))
        tracks.append(LabelledTrack(class_name, (level,) * int(rng.integers(1, 5)), 4, true))
    return tracks


def mean_probability(calibration: Calibration, tracks: list[LabelledTrack]) -> float:
    return float(np.mean([calibration.probability(t.class_name, t.confidences, t.frames_expected) for t in tracks]))


def test_a_probability_is_the_share_that_is_right() -> None:
    potholes, cracks = make_tracks("pothole", 400, 0.7), make_tracks("transverse_crack", 400, 0.3, seed=1)
    calibration = fit_calibration(potholes + cracks, "test", 2.5)

    for tracks in (potholes, cracks):
        right = float(np.mean([track.true for track in tracks]))
        assert mean_probability(calibration, tracks) == pytest.approx(right, abs=0.04)


def test_a_class_that_is_always_right_is_trusted_more_than_the_rest() -> None:
    others, always = make_tracks("pothole", 300, 0.4), make_tracks("transverse_crack", 40, 1.0, seed=1)
    calibration = fit_calibration(others + always, "test", 2.5)

    unsure = (0.3, 0.3)
    assert calibration.probability("transverse_crack", unsure, 4) > calibration.probability("pothole", unsure, 4) + 0.2


def test_a_few_tracks_move_a_class_little() -> None:
    others, few = make_tracks("pothole", 300, 0.5), make_tracks("surface_damage", 9, 0.0, seed=1)
    calibration = fit_calibration(others + few, "test", 2.5)
    assert set(calibration.coefficients) == {"*", "pothole"}
    assert calibration.probability("surface_damage", (0.9, 0.9), 2) > 0.6


def test_evidence_never_speaks_against_a_defect() -> None:
    calibration = fit_calibration(make_tracks("pothole", 60, 0.5), "test", 2.5)
    assert all(weight >= 0.0 for weight in calibration.coefficients["pothole"][1:])


def test_too_few_tracks_or_one_outcome_are_refused() -> None:
    with pytest.raises(InputError, match="use more drives"):
        fit_calibration(make_tracks("pothole", 20, 0.5), "test", 2.5)
    with pytest.raises(InputError, match="one or two outcomes"):
        fit_calibration(make_tracks("pothole", 50, 1.0), "test", 2.5)


def test_the_file_reads_back(tmp_path: Path) -> None:
    made = fit_calibration(make_tracks("pothole", 60, 0.5), "60 tracks", 2.5)
    write_calibration(made, tmp_path / "road.calibration.json")
    read = read_calibration(tmp_path / "road.calibration.json")
    assert (read.source, read.mask_logit) == ("60 tracks", 2.5)
    assert read.probability("pothole", (0.5,), 2) == pytest.approx(made.probability("pothole", (0.5,), 2), abs=1e-3)
