"""``walkdown evaluate roadside --oracle`` on one short drive."""

from __future__ import annotations

import io
from pathlib import Path

from infra.settings import Settings
from vision.simulation.options import RoadSimulation
from workflows.evaluate_roadside import RoadsideEvaluation, evaluate_roadside
from workflows.progress import PlainProgress
from workflows.roadside_scoring import summary_rows


def test_what_stands_beside_a_simulated_road_is_found_in_its_place(tmp_path: Path) -> None:
    drive = RoadSimulation(seed=0, length_m=60.0, defects=0, gps_noise_m=0.5, signs=3, signals=1)
    evaluation = RoadsideEvaluation((4,), drive, oracle=True, keep_dir=tmp_path)
    score = evaluate_roadside(evaluation, Settings(), PlainProgress(io.StringIO()))
    *rows, reading = summary_rows(score)
    assert sum(int(str(row["planted"])) for row in rows) == sum(score.calls.values()) == 4
    assert all(row["missed"] == 0 for row in rows)
    assert all(float(str(row["place_error_m"])) < 3.0 for row in rows if row["planted"])
    assert (reading["planted"], reading["right"]) == (1, 1)
    video = tmp_path / "roadside-4" / "drive.mp4"
    made = video.stat().st_mtime_ns
    assert evaluate_roadside(evaluation, Settings(), PlainProgress(io.StringIO())) == score
    assert video.stat().st_mtime_ns == made
