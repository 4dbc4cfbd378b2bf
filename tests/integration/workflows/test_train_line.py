from pathlib import Path

import yaml

from vision.simulation.line.line_frames import write_line_frames
from vision.simulation.line.options import DEFECT_KINDS
from vision.training.detector import DetectorTraining
from workflows.train import DetectorJob, _dataset


def test_simulated_parts_say_nothing_of_the_classes_of_other_sets(tmp_path: Path) -> None:
    mix = tmp_path / "mix.toml"
    mix.write_text('names = ["scratch", "pit", "stain", "crack", "chipped_edge", "pin_hole"]\nsimulator = "line"\n')
    rendered = tmp_path / "out" / "simulated"  # as an interrupted run leaves them
    write_line_frames(rendered, [1], 2)
    write_line_frames(rendered, [2], 1, split="val")
    training = DetectorTraining(tmp_path / "data.yaml", tmp_path / "init.pt", tmp_path / "out")

    data = _dataset(DetectorJob(mix, None, tmp_path / "init.pt", tmp_path / "out", 2, training))

    layout = yaml.safe_load(data.read_text())
    assert layout["labelled"] == {"simulated": list(DEFECT_KINDS)}
    assert len(list((data.parent / "images" / "train").iterdir())) == 2
    assert len(list((data.parent / "images" / "val").iterdir())) == 1
