import json
import tomllib
from pathlib import Path

import av
import pytest

from vision.errors import StoreError
from vision.simulation.line.options import LineSimulation
from workflows.simulate_line import simulate_line


def test_a_simulated_line_is_a_video_a_plant_and_its_truth(tmp_path: Path) -> None:
    out = simulate_line(LineSimulation(seed=3, parts=1, marker="aruco"), tmp_path / "line")

    truth = json.loads((out / "truth.json").read_text())
    plant = tomllib.loads((out / "plant.toml").read_text())
    with av.open(str(out / "line.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames == truth["frame_count"]
    (watch,) = plant["line"][0]["station"][0]["watch"]
    states = {folder.name for folder in (out / "states").iterdir()}
    assert states == {part["state"] for part in truth["watch"]}
    assert set(watch["sound"]) < states
    assert sorted(path.name for path in out.iterdir()) == ["belt", "line.mp4", "plant.toml", "states", "truth.json"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="can't be written"):
        simulate_line(LineSimulation(parts=1), tmp_path / "file" / "line")
