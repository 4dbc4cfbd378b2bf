"""What a drive may be asked to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import ConfigError
from vision.simulation.options import RoadSimulation, most_defects, usual_defects


@given(st.floats(20.0, 20_000.0))
def test_every_length_can_be_driven_with_its_usual_defects(length_m: float) -> None:
    assert RoadSimulation(seed=0, length_m=length_m, defects=usual_defects(length_m)).defects <= 24


def test_more_defects_than_a_road_holds_are_refused() -> None:
    with pytest.raises(ConfigError, match="defects = 16 must lie from 0 to 15"):
        RoadSimulation(seed=0, length_m=30.0, defects=most_defects(30.0) + 1)
