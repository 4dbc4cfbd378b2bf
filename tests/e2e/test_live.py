"""`walkdown inspect --live` as a command: alerts on standard output, the report at the end, Ctrl-C, kill -9."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Home


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A line whose equipment's states are learnt, as a user learns them."""
    home = Home(tmp_path_factory.mktemp("line"), shared_cache)
    folder = home.folder / "line"
    home.run("simulate", "line", "--out", folder, "--seed", "1", "--parts", "3", "--marker", "aruco")
    states = [f"--state={one.name}={one}" for one in sorted((folder / "states").iterdir())]
    crop, name = _watch(folder)
    home.run("train", "state", "--station", "S2", "--crop", crop, *states, "--out", folder / f"{name}.state.npz")
    return folder


@pytest.fixture(autouse=True)
def _room_for_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, no frame is dropped: what is seen must not depend on it."""
    monkeypatch.setenv("WALKDOWN_LIVE__QUEUE_FRAMES", "1000")


def _watch(folder: Path) -> tuple[str, str]:
    from vision.plant_file import read_plant

    (watch,) = read_plant(folder / "plant.toml").stations[0].watches
    truth = json.loads((folder / "truth.json").read_text())
    return ",".join(str(edge) for edge in watch.region.in_pixels(truth["width"], truth["height"])), watch.states


def start(home: Home, *arguments: str | Path) -> subprocess.Popen[str]:
    ours = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a child of one that ignores it would ignore it too
    try:
        return subprocess.Popen(
            home.command("inspect", *arguments),
            env=home.environment(),
            cwd=home.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ours)


def parts_in(database: Path) -> int:
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as ledger:
            return int(ledger.execute("SELECT count(*) FROM part").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def wait_for_a_part(home: Home, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120.0
    while parts_in(home.database) == 0:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_video_played_live_tells_a_fault_at_once_and_ends_in_a_report(home: Home, line: Path) -> None:
    out = home.folder / "report"
    process = start(home, line / "line.mp4", "--site", line / "plant.toml", "--live", "--out", out)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert process.poll() is None  # it is told while the shift goes on
    rest, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    *alerts, path = [first.rstrip("\n"), *rest.splitlines()]
    fault = next(json.loads(one) for one in alerts if json.loads(one)["part"] is None)
    assert fault["class_names"] == ["equipment_state"]
    assert Path(fault["picture"]).is_file()
    assert path == str(out / "report.html")
    document = json.loads((out / "inspection.json").read_text())
    assert document["live"]["alerts"]["told"] == len(alerts)
    assert document["counts"]["parts"] == 3
    rows = json.loads(home.run("inspections", "--json").stdout)
    assert [(row["complete"], row["footage"]) for row in rows] == [(True, ["line.mp4"])]


def test_ctrl_c_ends_the_shift_with_its_report(home: Home, line: Path) -> None:
    out = home.folder / "report"
    process = start(home, line / "line.mp4", "--site", line / "plant.toml", "--live", "--for", "8h", "--out", out)
    wait_for_a_part(home, process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert printed.splitlines()[-1] == str(out / "report.html")
    document = json.loads((out / "inspection.json").read_text())
    assert document["live"]["ended_by"] == "the user"
    assert 1 <= document["counts"]["parts"] <= 3


def test_a_shift_that_is_killed_leaves_its_parts_in_the_ledger(home: Home, line: Path) -> None:
    out = home.folder / "report"
    process = start(home, line / "line.mp4", "--site", line / "plant.toml", "--live", "--out", out)
    wait_for_a_part(home, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert parts_in(home.database) >= 1
    assert not out.exists()
    rows = json.loads(home.run("inspections", "--json").stdout)
    assert [(row["complete"], row["footage"]) for row in rows] == [(False, ["line.mp4"])]
    with sqlite3.connect(home.database) as ledger:
        ((end_pts_ns,),) = ledger.execute("SELECT end_pts_ns FROM segment").fetchall()
        ((left_pts_ns,),) = ledger.execute("SELECT max(left_pts_ns) FROM part").fetchall()
        names = ledger.execute("SELECT pictures FROM part").fetchall()
    assert end_pts_ns > left_pts_ns
    assert all((home.folder / "evidence" / name).is_file() for (text,) in names for name in json.loads(text))


def test_for_ends_the_shift(home: Home, line: Path) -> None:
    done = home.run("inspect", line / "line.mp4", "--site", line / "plant.toml", "--live", "--for", "2s")
    assert done.stdout.splitlines()[-1] == "walkdown-report/report.html"
    document = json.loads((home.folder / "walkdown-report" / "inspection.json").read_text())
    assert document["live"]["ended_by"] == "the time set"


def test_what_makes_no_sense_is_one_line(home: Home, line: Path) -> None:
    plant = line / "plant.toml"
    for code, says, arguments in (
        (3, "doesn't answer", ["rtsp://user:hidden@127.0.0.1:9/line", "--site", plant]),
        (3, "doesn't answer", ["/dev/video99", "--site", plant]),
        (2, "--site plant.toml", ["rtsp://127.0.0.1:9/line"]),
        (2, "such as 8h", [line / "line.mp4", "--site", plant, "--live", "--for", "soon"]),
        (2, "--for is for a camera", [line / "line.mp4", "--site", plant, "--for", "8h"]),
    ):
        done = home.run("inspect", *arguments, expect=code)
        complaints = [text for text in done.stderr.splitlines() if text.startswith("walkdown: ")]
        assert len(complaints) == 1
        assert says.replace("--site plant.toml", "plant.toml with --site") in complaints[0]
        assert "hidden" not in done.stderr
        assert done.stdout == ""
