from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from vision.errors import InputError
from vision.simulation.line.face import FaceLight
from vision.simulation.line.line_frames import write_line_frames
from vision.simulation.line.options import DEFECT_KINDS, DefectKind
from vision.simulation.line.part import make_part, plan_series, raster_scale
from vision.simulation.line.planting import Wanted
from vision.simulation.random_streams import random_stream

_LIGHT = FaceLight((0.6, 0.4, 1.2), 0.5, 0.2)


def test_frames_are_a_yolo_set_and_follow_from_the_seed(tmp_path: Path) -> None:
    counts = write_line_frames(tmp_path / "a", range(7, 10), 2)
    write_line_frames(tmp_path / "b", range(7, 10), 2)

    assert yaml.safe_load((tmp_path / "a" / "data.yaml").read_text())["names"] == list(DEFECT_KINDS)
    pictures = sorted((tmp_path / "a" / "images" / "train").iterdir())
    assert [picture.read_bytes() for picture in pictures] == [
        picture.read_bytes() for picture in sorted((tmp_path / "b" / "images" / "train").iterdir())
    ]
    rows = [row for label in (tmp_path / "a" / "labels" / "train").iterdir() for row in label.read_text().splitlines()]
    assert len(pictures) == 6
    assert len(rows) == sum(counts.values()) > 0
    for row in rows:
        numbers = np.array(row.split()[1:], float)
        assert len(numbers) >= 6
        assert len(numbers) % 2 == 0
        assert ((numbers >= 0.0) & (numbers <= 1.0)).all()


def test_no_frames_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frames_per_seed = 0"):
        write_line_frames(tmp_path, [1], 0)


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_a_defect_shows_inside_its_outline_alone(kind: DefectKind) -> None:
    series = plan_series(3, 90.0, 0.25, "plate")
    wanted = [Wanted(kind, 9.0, 15.0, raster_scale(series))]

    sound = make_part(series, [], _LIGHT, random_stream(3, "part"))
    faulty = make_part(series, wanted, _LIGHT, random_stream(3, "part"))

    (defect,) = faulty.defects
    change = np.abs(np.clip(faulty.shade, 0, 1) - np.clip(sound.shade, 0, 1)).max(axis=2)
    change = np.maximum(change, np.abs(faulty.face.alpha - sound.face.alpha))
    inside = faulty.face.filled([defect.outline_mm]) > 0.5
    near = cv2.dilate(inside.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    assert change[inside].mean() > 15.0 / 255.0
    assert change[~near].max() < 0.05
    assert defect.contrast >= 15.0
    assert 0.5 * 9.0 < defect.length_mm < 2.0 * 9.0


def test_a_scratch_measures_what_was_asked() -> None:
    series = plan_series(5, 90.0, 0.25, "plate")

    part = make_part(series, [Wanted("scratch", 12.0, 12.0, raster_scale(series))], _LIGHT, random_stream(5, "part"))

    (scratch,) = part.defects
    assert scratch.length_mm == pytest.approx(12.0, rel=0.1)
    assert scratch.width_mm < 1.2
    assert scratch.area_mm2 == pytest.approx(scratch.length_mm * scratch.width_mm)
