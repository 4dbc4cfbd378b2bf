"""Real, sound signs are seldom called faulty, and the same signs spoiled are mostly told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sign_conditions import CONDITIONS, measure


@pytest.mark.parametrize("kind", ["prohibitory", "danger", "mandatory"])
def test_false_alarms_stay_within_a_twentieth(shared: Path, kind: str) -> None:
    false_alarms, found, judged, seen = measure(shared / "data" / "traffic_sign_gtsdb", f"traffic_sign_{kind}")
    assert judged >= 0.4 * seen
    for condition in CONDITIONS:
        assert false_alarms[condition] <= 0.05 * judged, condition
        assert found[condition] >= 0.6 * found[f"{condition} judged"], condition
