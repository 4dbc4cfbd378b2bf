"""The shipped rules are sound, and a mistake in a user's own is told by file and key."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from agents.severity import load_standard
from agents.treatments import load_treatments
from agents.verdicts import load_verdicts
from agents.vocabulary import load_vocabulary
from vision.errors import ConfigError

SHIPPED = resources.files("agents") / "standards"


def edited(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_shipped_rules_cover_the_same_classes() -> None:
    standard, treatments, vocabulary = load_standard(), load_treatments(), load_vocabulary()
    assert set(treatments.classes) == set(vocabulary.classes)
    ungraded = {name for name, rules in treatments.classes.items() if rules.low is None}
    assert set(standard.classes) == set(treatments.classes) - ungraded
    assert {name.split("_")[0] for name in ungraded} == {"sign", "signal"}
    assert load_verdicts().rules
    assert standard.standard.edition
    assert standard.standard.source


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["low", "low", "medium"]', '["low", "low", "grave"]', "classes.pothole.levels.0.2"),
        ('["low", "low", "medium"]', '["low", "medium"]', "classes.pothole"),
        ("medium_from_mm = 10", "medium_from_mm = 100", "classes.longitudinal_crack"),
        ('rule = "opening"', 'rule = "guess"', "classes.longitudinal_crack"),
        ("sigmas = 2.0", "sigmas = -1", "standard.sigmas"),
        ("sigmas = 2.0", "sigmas = 2.0\nsigma = 3", "standard.sigma"),
        ('raises_to = ["medium", "high"]', 'raises_to = ["high", "medium"]', "raises_to"),
    ],
)
def test_wrong_standard_is_told_by_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"own\.toml") as caught:
        load_standard(edited(tmp_path, "astm_d6433.toml", old, new))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("priority = 3", "priority = 9", "classes.pothole.low.priority"),
        (
            "response_days = { main = 28, secondary = 60, local = 90 }",
            "response_days = { main = 28 }",
            "classes.pothole.low",
        ),
        ('default_road_use = "secondary"', 'default_road_use = "motorway"', "default_road_use"),
        ("job_radius_m = 10.0", "", "job_radius_m"),
    ],
)
def test_wrong_treatments_are_told_by_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"own\.toml") as caught:
        load_treatments(edited(tmp_path, "treatments.toml", old, new))
    assert told in str(caught.value)


def test_verdict_rule_without_bounds_is_refused(tmp_path: Path) -> None:
    path = edited(tmp_path, "verdicts.toml", "min_confidence = 0.5\nmin_footages = 2", "")
    with pytest.raises(ConfigError, match="at least one bound"):
        load_verdicts(path)


def test_missing_and_broken_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_standard(tmp_path / "nowhere.toml")
    (tmp_path / "broken.toml").write_text("[standard\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_standard(tmp_path / "broken.toml")


def test_unknown_road_use_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="main, secondary, local"):
        load_treatments().road_use("racetrack")
