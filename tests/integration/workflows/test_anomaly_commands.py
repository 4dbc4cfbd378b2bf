"""``walkdown train`` and ``evaluate`` for stations, as typed: results on standard output, errors in one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders_anomaly import make_gauge, make_texture, with_blob, write_pictures
from workflows.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def walkdown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in a folder of its own: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["walkdown", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def test_a_station_is_learnt_and_measured(walkdown: Run, tmp_path: Path) -> None:
    write_pictures(tmp_path / "normal", [make_texture(seed, 150, 120) for seed in range(20)])
    (tmp_path / "normal" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    write_pictures(tmp_path / "fresh", [make_texture(seed, 150, 120) for seed in range(50, 56)])
    write_pictures(tmp_path / "holes", [with_blob(make_texture(seed, 150, 120)) for seed in range(60, 66)])
    code, out, err = walkdown("train", "anomaly", "--normal", "normal", "--station", "S2")
    assert (code, out) == (0, "S2.anomaly.npz\n")
    assert "broken.png" in err
    assert "1.0% can't be promised with fewer than 99 normals" in err
    measure = ("evaluate", "anomaly", "--model", "S2.anomaly.npz", "--json")
    code, out, _ = walkdown(*measure, "--normal", "fresh", "--defects", "holes", "--heat-maps", "heat")
    sound, holes = json.loads(out)
    assert code == 0
    assert (sound["set"], sound["pictures"], sound["auroc"]) == ("fresh", 6, None)
    assert holes["auroc"] > 0.9
    assert [len(list((tmp_path / "heat" / name).iterdir())) for name in ("0-fresh", "1-holes")] == [6, 6]
    code, _, err = walkdown(*measure, "--normal", "normal", "--defects", "holes")
    assert code == 3
    assert "learnt from these very pictures" in err


def test_too_few_normals_end_in_one_line(walkdown: Run, tmp_path: Path) -> None:
    write_pictures(tmp_path / "few", [make_texture(seed) for seed in range(12)])
    code, out, err = walkdown("train", "anomaly", "--normal", "few", "--station", "S2")
    assert (code, out) == (3, "")
    assert "12 normal pictures of station S2 can be used: at least 20 are needed, take 8 more" in err
    code, _, err = walkdown("train", "anomaly", "--normal", "none", "--station", "S2")
    assert code == 3
    assert "there is no such folder" in err


def test_states_are_learnt_and_measured(walkdown: Run, tmp_path: Path) -> None:
    for name, angle in (("low", 160.0), ("green", 60.0)):
        write_pictures(tmp_path / name, [make_gauge(seed, angle) for seed in range(8)])
        write_pictures(tmp_path / f"{name}-fresh", [make_gauge(seed, angle) for seed in range(30, 36)])
    write_pictures(tmp_path / "covered", [make_texture(seed) for seed in range(6)])
    states = ("--state", "low=low", "--state", "green=green")
    code, out, _ = walkdown("train", "state", "--station", "S3", "--crop", "0,0,96,96", *states)
    assert (code, out) == (0, "S3.state.npz\n")
    fresh = ("--state", "low=low-fresh", "--state", "green=green-fresh", "--state", "covered=covered")
    code, out, _ = walkdown("evaluate", "state", "--model", "S3.state.npz", *fresh, "--json")
    low, green, covered = json.loads(out)
    assert low["green"] == green["low"] == 0
    assert low["low"] >= 4
    assert green["green"] >= 4
    assert covered["unknown"] == 6
    code, _, err = walkdown("train", "state", "--station", "S3", "--crop", "0,0,96,96", "--state", "low")
    assert code == 2
    assert "NAME=FOLDER" in err
