"""Which weights look beside the road: the ones named, else the shipped ones, else nobody looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings import Settings
from vision.detectors.weights import SHIPPED_ROADSIDE, find_roadside_weights
from vision.errors import WeightsNotFound
from workflows.roadside import roadside_config


def test_named_weights_are_taken_or_missed_aloud(tmp_path: Path) -> None:
    weights = tmp_path / "roadside.pt"
    with pytest.raises(WeightsNotFound, match=r"correct roadside\.weights"):
        find_roadside_weights(weights)
    weights.write_bytes(b"weights")
    assert find_roadside_weights(weights) == weights
    config = roadside_config(Settings.model_validate({"roadside": {"weights": weights, "image_size_px": 1280}}))
    assert config is not None
    assert (config.weights, config.yolo.image_size) == (weights, 1280)


def test_nobody_looks_where_it_is_turned_off_or_no_weights_are_there(tmp_path: Path) -> None:
    weights = tmp_path / "roadside.pt"
    weights.write_bytes(b"weights")
    assert roadside_config(Settings.model_validate({"roadside": {"enabled": False, "weights": weights}})) is None
    shipped = SHIPPED_ROADSIDE if SHIPPED_ROADSIDE.is_file() else None
    assert find_roadside_weights(None) == shipped
