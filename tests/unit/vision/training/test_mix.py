"""Sets that name different classes become one YOLO-seg dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from vision.errors import ConfigError, InputError
from vision.ground_plane import polygon_area
from vision.training.mix import box_outline, read_mix, set_of, write_yolo_dataset

ROOT = Path(__file__).resolve().parents[4]

MIX = """
names = ["pothole", "alligator_crack", "longitudinal_crack"]

[[source]]
path = "set"
refine_labels = "kinds"
refine_yaml = "kinds.yaml"
[source.classes]
hole = "pothole"
crack = "alligator_crack"
longitudinal_crack = "longitudinal_crack"
"""


@pytest.fixture
def mix_file(tmp_path: Path) -> Path:
    """A mix over one set of two pictures: outlines of a hole, a crack and a manhole; and one box."""
    own = tmp_path / "set"
    for folder in ("images/train", "images/val", "labels/train", "labels/val", "kinds/train"):
        (own / folder).mkdir(parents=True)
    (own / "data.yaml").write_text(yaml.safe_dump({"names": ["hole", "crack", "manhole"]}))
    (own / "kinds.yaml").write_text(yaml.safe_dump({"names": {0: "longitudinal_crack"}}))
    (own / "images/train/a.jpg").write_bytes(b"a")
    (own / "images/val/b.png").write_bytes(b"b")
    (own / "labels/train/a.txt").write_text(
        "0 0.1 0.1 0.2 0.1 0.2 0.2\n1 0.5 0.1 0.6 0.1 0.6 0.9 0.5 0.9\n2 0.7 0.7 0.8 0.7 0.8 0.8\n"
    )
    (own / "kinds/train/a.txt").write_text("0 0.55 0.5 0.1 0.8\n")
    (own / "labels/val/b.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    path = tmp_path / "mix.toml"
    path.write_text(MIX)
    return path


def test_each_set_says_what_it_labels(mix_file: Path, tmp_path: Path) -> None:
    write_yolo_dataset(read_mix(mix_file), tmp_path / "out")

    layout = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert layout["labelled"] == {"set": ["pothole", "alligator_crack", "longitudinal_crack"]}
    (picture,) = (tmp_path / "out/images/train").iterdir()
    assert set_of(str(picture)) == "set"


def test_classes_are_renamed_refined_or_dropped(mix_file: Path, tmp_path: Path) -> None:
    counts = write_yolo_dataset(read_mix(mix_file), tmp_path / "out")

    assert counts == {"train": {"pothole": 1, "longitudinal_crack": 1}, "val": {"pothole": 1}}
    (label,) = (tmp_path / "out/labels/train").glob("*.txt")
    rows = [line.split() for line in label.read_text().splitlines()]
    assert [row[0] for row in rows] == ["0", "2"]
    (picture,) = (tmp_path / "out/images/train").iterdir()
    assert picture.read_bytes() == b"a"


def test_a_box_becomes_an_outline_within_it(mix_file: Path, tmp_path: Path) -> None:
    write_yolo_dataset(read_mix(mix_file), tmp_path / "out")
    (label,) = (tmp_path / "out/labels/val").glob("*.txt")
    polygon = np.array(label.read_text().split()[1:], dtype=np.float64).reshape(-1, 2)

    np.testing.assert_allclose(polygon.min(axis=0), [0.4, 0.3], atol=1e-3)
    np.testing.assert_allclose(polygon.max(axis=0), [0.6, 0.7], atol=1e-3)
    assert np.pi / 4 * 0.08 < polygon_area(polygon) < 0.08


def test_an_outline_stays_in_the_picture() -> None:
    assert box_outline(0.02, 0.98, 0.2, 0.2).min() >= 0.0
    assert box_outline(0.02, 0.98, 0.2, 0.2).max() <= 1.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("names = [", "name = [", "not a training mix"),
        ('hole = "pothole"', 'hole = "hole"', "names don't list: hole"),
        ('path = "set"', 'path = "set"\nrepeats = 2', "not a training mix"),
        ("[[source]]", 'simulator = "sea"\n[[source]]', "simulator is 'sea'; write one of road, roadside"),
    ],
)
def test_a_mix_that_makes_no_sense_says_so(mix_file: Path, old: str, new: str, says: str) -> None:
    mix_file.write_text(MIX.replace(old, new, 1))
    with pytest.raises(ConfigError, match=says):
        read_mix(mix_file)


def test_a_missing_set_is_named(mix_file: Path, tmp_path: Path) -> None:
    mix_file.write_text(MIX.replace('path = "set"', 'path = "sett"'))
    with pytest.raises(InputError, match="sett has no images folder"):
        write_yolo_dataset(read_mix(mix_file), tmp_path / "out")


def test_the_mixes_of_the_shipped_models_can_be_read() -> None:
    from vision.simulation.options import CLASS_NAMES, SOUND_CLASS_NAMES
    from vision.simulation.roadside_frames import ROADSIDE_CLASS_NAMES

    assert read_mix(ROOT / "vision/training/road.toml").names == CLASS_NAMES + SOUND_CLASS_NAMES
    roadside = read_mix(ROOT / "vision/training/roadside.toml")
    assert (roadside.names, roadside.sources, roadside.simulator) == (ROADSIDE_CLASS_NAMES, (), "roadside")
