import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from vision.errors import InputError
from vision.simulation.roadside_frames import ROADSIDE_CLASS_NAMES, RoadsideRules, write_roadside_frames

SEEDS, FRAMES = (4, 5), 4


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("roadside")
    return folder, write_roadside_frames(folder, SEEDS, FRAMES)


def class_ids(folder: Path, pattern: str = "*") -> list[int]:
    files = folder.glob(f"labels/train/{pattern}.txt")
    return [int(line.split()[0]) for path in files for line in path.read_text().splitlines()]


def test_every_picture_has_a_label_file_and_the_set_names_its_classes(written: tuple[Path, dict[str, int]]) -> None:
    folder, _ = written
    images = {path.stem for path in folder.glob("images/train/*.jpg")}
    assert images == {path.stem for path in folder.glob("labels/train/*.txt")}
    assert len(images) == len(SEEDS) * FRAMES
    known = yaml.safe_load((folder / "data.yaml").read_text())
    assert tuple(known["names"]) == ROADSIDE_CLASS_NAMES
    assert (known["train"], known["val"]) == ("images/train", "images/val")


def test_labels_are_boxes_inside_the_picture_as_large_as_the_rules_ask(written: tuple[Path, dict[str, int]]) -> None:
    folder, counts = written
    assert len(class_ids(folder)) == sum(counts.values()) > 8
    for path in folder.glob("images/train/*.jpg"):
        height, width = cv2.imread(str(path)).shape[:2]
        for line in (folder / "labels" / "train" / f"{path.stem}.txt").read_text().splitlines():
            class_id, x, y, wide, tall = (float(value) for value in line.split())
            assert 0 <= class_id < len(ROADSIDE_CLASS_NAMES)
            assert min(x - 0.5 * wide, y - 0.5 * tall) > -1e-5
            assert max(x + 0.5 * wide, y + 0.5 * tall) < 1.0 + 1e-5
            assert max(wide * width, tall * height) >= RoadsideRules().least_side_px - 0.01


def test_mandatory_signs_are_bluer_than_the_pictures_they_stand_in(tmp_path: Path) -> None:
    write_roadside_frames(tmp_path, range(30, 33), 4, conditions=("day",), rules=RoadsideRules(least_side_px=20.0))
    mandatory = ROADSIDE_CLASS_NAMES.index("traffic_sign_mandatory")
    more = []
    for path in tmp_path.glob("images/train/*.jpg"):
        image = cv2.imread(str(path)).astype(float)
        blueness = image[..., 0] - image[..., 2]
        for line in (tmp_path / "labels" / "train" / f"{path.stem}.txt").read_text().splitlines():
            class_id, x, y, wide, tall = (float(value) for value in line.split())
            if class_id == mandatory:
                height, width = image.shape[:2]
                left, right = int((x - 0.5 * wide) * width), int((x + 0.5 * wide) * width)
                top, bottom = int((y - 0.5 * tall) * height), int((y + 0.5 * tall) * height)
                around = blueness[max(0, top - 20) : bottom + 20, max(0, left - 20) : right + 20]
                more.append(blueness[top:bottom, left:right].mean() - np.median(around))
    assert len(more) >= 2
    assert np.median(more) > 5.0


def test_the_same_seeds_give_the_same_set(written: tuple[Path, dict[str, int]], tmp_path: Path) -> None:
    folder, counts = written
    first = class_ids(folder, f"roadside{SEEDS[0]:06d}_*")
    expected = {name: first.count(index) for index, name in enumerate(counts)}
    assert write_roadside_frames(tmp_path, SEEDS[:1], FRAMES) == expected
    for path in tmp_path.glob("*/train/*"):
        twin = folder / path.relative_to(tmp_path)
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(twin.read_bytes()).digest()


def test_no_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frames_per_seed"):
        write_roadside_frames(tmp_path, [1], 0)
