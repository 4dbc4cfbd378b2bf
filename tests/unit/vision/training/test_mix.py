"""Sets that name different classes become one YOLO-seg dataset."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from vision.errors import ConfigError, InputError
from vision.ground_plane import polygon_area
from vision.training.mix import read_mix
from vision.training.yolo_dataset import box_outline, set_of, write_yolo_dataset

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
    for name in ("images/train/a.jpg", "images/val/b.png"):
        cv2.imwrite(str(own / name), np.full((50, 100, 3), 120, dtype=np.uint8))
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
    written = write_yolo_dataset(read_mix(mix_file), tmp_path / "out")

    assert written.instances == {"train": {"pothole": 1, "longitudinal_crack": 1}, "val": {"pothole": 1}}
    (label,) = (tmp_path / "out/labels/train").glob("*.txt")
    rows = [line.split() for line in label.read_text().splitlines()]
    assert [row[0] for row in rows] == ["0", "2"]
    (picture,) = (tmp_path / "out/images/train").iterdir()
    assert picture.resolve() == (tmp_path / "set/images/train/a.jpg").resolve()


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
        ("[[source]]", "tile_px = 12\n[[source]]", "tile_px is 12; write 0 for whole pictures, or 64 or more"),
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


def test_a_class_that_the_set_does_not_have_is_named(mix_file: Path, tmp_path: Path) -> None:
    mix_file.write_text(MIX.replace('hole = "pothole"', 'hoel = "pothole"'))
    with pytest.raises(InputError, match=r"has no class hoel.*it has crack, hole, longitudinal_crack, manhole"):
        write_yolo_dataset(read_mix(mix_file), tmp_path / "out")


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("0 0.1 0.1 0.2", "line 1: 3 numbers after the class"),
        ("7 0.5 0.5 0.2 0.2", r"line 1: class 7 is not in data.yaml \(0 to 2\)"),
        ("0 0.5 0.5 0.2 0.2\n0 50 50 20 20", "line 2: coordinates are fractions"),
        ("hole 0.5 0.5 0.2 0.2", "line 1: invalid literal"),
    ],
)
def test_a_picture_with_a_broken_label_is_left_out_and_told(
    mix_file: Path, tmp_path: Path, label: str, says: str
) -> None:
    cv2.imwrite(str(tmp_path / "set/images/train/c.jpg"), np.zeros((20, 20, 3), dtype=np.uint8))
    (tmp_path / "set/labels/train/c.txt").write_text(label)

    written = write_yolo_dataset(read_mix(mix_file), tmp_path / "out")

    (warning,) = [line for line in written.warnings if "left out" in line]
    assert re.search(says, warning)
    assert warning.endswith("the picture c.jpg is left out")
    assert [path.stem for path in (tmp_path / "out/images/train").iterdir()] == ["set__a__0"]


def test_an_unreadable_picture_is_left_out_and_a_class_that_nothing_shows_is_told(
    mix_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "set/images/train/broken.jpg").write_bytes(b"no picture")

    warnings = write_yolo_dataset(read_mix(mix_file), tmp_path / "out").warnings

    assert "broken.jpg can't be read as a picture" in warnings[0]
    assert warnings[1:] == ["no training picture shows alligator_crack: the model will not learn it"]


def test_a_mix_of_no_usable_picture_is_refused(mix_file: Path, tmp_path: Path) -> None:
    for name in ("images/train/a.jpg", "images/val/b.png"):
        (tmp_path / "set" / name).write_bytes(b"no picture")
    with pytest.raises(InputError, match="no picture of the training sets can be used"):
        write_yolo_dataset(read_mix(mix_file), tmp_path / "out")


def test_large_training_pictures_become_tiles_and_pictures_to_validate_on_stay_whole(
    mix_file: Path, tmp_path: Path
) -> None:
    for name in ("images/train/a.jpg", "images/val/b.png"):
        cv2.imwrite(str(tmp_path / "set" / name), np.full((300, 600, 3), 120, dtype=np.uint8))
    mix_file.write_text("tile_px = 128\n" + MIX)

    write_yolo_dataset(read_mix(mix_file), tmp_path / "out")

    tiles = sorted((tmp_path / "out/images/train").iterdir())
    assert {cv2.imread(str(tile)).shape[:2] for tile in tiles} == {(128, 128)}
    labels = [path.read_text() for path in (tmp_path / "out/labels/train").iterdir()]
    assert any(label.startswith("0 ") for label in labels)
    (whole,) = (tmp_path / "out/images/val").iterdir()
    assert cv2.imread(str(whole)).shape == (300, 600, 3)


def test_the_mixes_of_the_shipped_models_can_be_read() -> None:
    from vision.simulation.options import CLASS_NAMES, SOUND_CLASS_NAMES
    from vision.simulation.roadside_frames import ROADSIDE_CLASS_NAMES

    assert read_mix(ROOT / "vision/training/road.toml").names == CLASS_NAMES + SOUND_CLASS_NAMES
    roadside = read_mix(ROOT / "vision/training/roadside.toml")
    assert (roadside.names, roadside.sources, roadside.simulator) == (ROADSIDE_CLASS_NAMES, (), "roadside")


def test_the_surface_mix_starts_with_what_the_line_simulator_plants() -> None:
    from vision.simulation.line.options import DEFECT_KINDS

    surface = read_mix(ROOT / "vision/training/surface.toml")

    assert (surface.names[: len(DEFECT_KINDS)], surface.simulator) == (DEFECT_KINDS, "line")
