from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import ConfigError
from vision.plant import Plant, Region
from vision.plant_file import read_plant

PLANT = """
kind = "factory"
name = "Works 2"
[[line]]
name = "Line A"
[[line.station]]
name = "S2"
asset = "Conveyor C-07"
criticality = "high"
part_class = "housing"
region = [0.1, 0.2, 0.9, 0.8]
mm_per_px = 0.25
travel = "right"
part_id = "qr"
surface = true
[[line.station.watch]]
name = "pump P-3 leak"
region = [0.0, 0.0, 0.1, 0.1]
states = "pump-p3"
sound = ["dry"]
severity = "high"
[[part_class]]
name = "housing"
[[part_class.limit]]
defect = "scratch"
max_length_mm = 5.0
severity = "low"
"""


def _read(folder: Path, text: str) -> Plant:
    path = folder / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return read_plant(path)


def test_a_plant_file_gives_stations_watches_and_limits(tmp_path: Path) -> None:
    plant = _read(tmp_path, PLANT)
    station = plant.station("S2")
    assert station is not None
    assert (station.line, station.asset, station.part_id, station.mm_per_px) == ("Line A", "Conveyor C-07", "qr", 0.25)
    assert station.watches[0].sound == ("dry",)
    housing = plant.part_class("housing")
    assert housing is not None
    scratch = housing.limit("scratch")
    assert scratch is not None
    assert (scratch.max_length_mm, scratch.severity) == (5.0, "low")
    assert housing.limit("pit") is None
    assert plant.station("S9") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('part_class = "housing"', 'part_class = "lid"', r"station 'S2': part_class 'lid' is not in the file"),
        ("[0.1, 0.2, 0.9, 0.8]", "[0.1, 0.2, 1.9, 0.8]", r"region .* reaches out of the picture"),
        ("[0.1, 0.2, 0.9, 0.8]", "[0.9, 0.2, 0.1, 0.8]", r"encloses nothing"),
        ('kind = "factory"', 'kind = "road"', r'write kind = "factory"'),
        ('travel = "right"', 'travel = "east"', r"travel is 'east'; choose of right, left, up, down"),
        ("mm_per_px = 0.25", "mm_per_px = 0", r"mm_per_px = 0 must be a number greater than 0"),
        ("max_length_mm = 5.0", "", r"limits nothing"),
        ('sound = ["dry"]', "sound = []", r"watch 'pump P-3 leak': sound"),
        ("surface = true", "surfaces = true", r"unknown key 'surfaces'"),
        ('asset = "Conveyor C-07"', "", r"asset is missing"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in PLANT
    with pytest.raises(ConfigError, match=told) as error:
        _read(tmp_path, PLANT.replace(old, new, 1))
    assert str(error.value).startswith("plant.toml")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't be read"):
        read_plant(tmp_path / "none.toml")


def test_a_region_in_pixels_is_never_empty() -> None:
    assert Region(0.1, 0.2, 0.9, 0.8).in_pixels(100, 50) == (10, 10, 90, 40)
    assert Region(0.999, 0.0, 1.0, 0.001).in_pixels(20, 20) == (19, 0, 20, 1)
