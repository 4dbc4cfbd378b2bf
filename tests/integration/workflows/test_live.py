"""A simulated line inspected live: a file at its own speed, and a camera that goes away and comes back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from infra.database import open_database, reading
from infra.settings import LiveSettings, Settings, load_settings
from infra.store.inspection_list import list_inspections
from tests.live_servers import as_stream, camera, webhook
from vision.errors import ConfigError, FootageError, InputError
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.run import SimulatedLine
from vision.simulation.line.truth_eye import TruthEye
from workflows.evaluate_line import learn_states
from workflows.line_scoring import score_line
from workflows.live import LiveRequest, run_live
from workflows.progress import PlainProgress
from workflows.simulate_line import simulate_line

OPTIONS = LineSimulation(seed=1, parts=4, marker="aruco")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line whose equipment's states are learnt."""
    folder = simulate_line(OPTIONS, tmp_path_factory.mktemp("line"))
    learn_states(folder, load_settings(None))
    return folder


def settings_in(folder: Path, **live: Any) -> Settings:
    settings = load_settings(None)
    own = {"database_url": f"sqlite:///{folder}/ledger.db", "evidence_url": (folder / "evidence").as_uri()}
    storage = settings.storage.model_copy(update=own)
    return settings.model_copy(update={"storage": storage, "live": LiveSettings(**live)})


class Wire(io.StringIO):
    """A stream that keeps, for each alert, whether its picture was there when the alert was told."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[bool] = []

    def write(self, text: str) -> int:
        picture = json.loads(text)["picture"]
        self.pictures.append(picture is not None and Path(picture).read_bytes().startswith(b"\xff\xd8"))
        return super().write(text)


def test_a_file_at_its_own_speed_gives_alerts_at_once_and_the_report_of_a_batch(line: Path, tmp_path: Path) -> None:
    wire, said = Wire(), io.StringIO()
    eye = TruthEye(SimulatedLine(OPTIONS))
    with webhook([503]) as (url, got):
        settings = settings_in(tmp_path, webhook_url=url, queue_frames=200)
        request = LiveRequest(str(line / "line.mp4"), line / "plant.toml", out=tmp_path / "report")
        report = run_live(request, settings, wire, PlainProgress(said), eye).report
    truth = json.loads((line / "truth.json").read_text())
    score = score_line(truth, report)
    assert score.verdicts_right == 1.0
    assert score.ids_right == OPTIONS.parts
    assert (score.changes_right, score.false_changes) == (1, 0)

    alerts = [json.loads(text) for text in wire.getvalue().splitlines()]
    rejected = [one for one in report.parts if one.verdict == "reject"]
    assert rejected
    assert sorted(one["part"] for one in alerts if one["part"]) == sorted(one.label for one in rejected)
    assert [one["class_names"] for one in alerts if one["part"] is None] == [["equipment_state"]]
    assert all(wire.pictures)
    told = {finding for one in alerts for finding in one["finding_ids"]}
    listed = {one.finding_id for part in report.parts for one in part.defects} | {s.finding_id for s in report.faults}
    assert told == listed - {None}
    assert [one for one in got if one in alerts][: len(alerts)]
    assert {json.dumps(one) for one in got} == {json.dumps(one) for one in alerts}

    live = report.live
    assert live is not None
    assert (live.frames_captured, live.frames_looked_at + live.frames_dropped) == (truth["frame_count"],) * 2
    assert (live.losses, live.ended_by) == (0, "the end of the file")
    assert (live.alerts.told, live.alerts.webhook_delivered) == (len(alerts), len(alerts))
    assert live.alerts.latency is not None
    assert live.alerts.latency.alerts == len(alerts)
    written = json.loads((tmp_path / "report" / "inspection.json").read_text())
    assert written["live"]["alerts"]["latency"]["p95_s"] == live.alerts.latency.p95_s
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Live from" in page
    assert "its alert: 95 % within" in page
    with reading(open_database(settings.storage.database_url)) as session:
        (inspection,) = list_inspections(session)
    assert inspection.completed_at is not None
    assert inspection.footage_paths == ("line.mp4",)


def test_a_camera_that_goes_away_is_sought_again_and_the_report_says_for_how_long(line: Path, tmp_path: Path) -> None:
    content, seconds = as_stream(line / "line.mp4", tmp_path / "camera.ts", OPTIONS.fps)
    said = io.StringIO()
    plant = tmp_path / "plant.toml"
    (tmp_path / "belt").symlink_to(line / "belt")
    plant.write_text((line / "plant.toml").read_text().split("[[line.station.watch]]")[0] + PART_CLASS)
    settings = settings_in(tmp_path, reconnect_first_s=0.2, reconnect_longest_s=0.4, give_up_s=2.0, queue_frames=200)
    with camera(content, seconds, pauses_s=[1.5]) as address:
        secret = address.replace("//", "//inspector:hush-hush@")
        result = run_live(LiveRequest(secret, plant, out=tmp_path / "report"), settings, Wire(), PlainProgress(said))
    live = result.report.live
    assert live is not None
    assert (live.losses, live.reconnects, live.ended_by) == (2, 1, "the camera, which stayed away")
    assert live.away_s >= 3.0
    assert len(result.report.parts) >= 2 * OPTIONS.parts - 2
    assert [part.verdict for part in result.report.parts] == ["not_assessable"] * len(result.report.parts)
    away = [one.message for one in result.report.failures if "nothing was seen for" in one.message]
    assert len(away) == 2
    assert "is back after" in said.getvalue()
    for text in (said.getvalue(), *(path.read_text() for path in (tmp_path / "report").glob("*.*"))):
        assert "hush-hush" not in text


PART_CLASS = '[[part_class]]\nname = "housing"\ndefects = ["dent"]\n'
"""A kind that no model finds, so that no part can be judged, whichever models ship."""


class BreaksTheStore(PlainProgress):
    """Puts a file in the place of the evidence's folder as the shift begins."""

    def __init__(self, folder: Path) -> None:
        self.said = io.StringIO()
        self.folder = folder
        super().__init__(self.said)

    def note(self, message: str) -> None:
        super().note(message)
        if message.startswith("live from"):
            self.folder.rmdir()
            self.folder.write_bytes(b"")


class MendsTheStore(io.StringIO):
    """Puts it right again when the second alert comes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\n") == 2:
            self.folder.unlink()
            self.folder.mkdir()
        return written


def test_a_store_that_fails_for_a_while_costs_pictures_and_nothing_else(line: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, queue_frames=200)
    request = LiveRequest(str(line / "line.mp4"), line / "plant.toml", out=tmp_path / "report", seconds=600.0)
    progress, stream = BreaksTheStore(tmp_path / "evidence"), MendsTheStore(tmp_path / "evidence")
    report = run_live(request, settings, stream, progress, TruthEye(SimulatedLine(OPTIONS))).report
    alerts = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert [one["picture"] for one in alerts[:2]] == [None, None]
    assert len([one for one in alerts if one["part"]]) == report.totals.rejected > 0
    assert len(report.parts) == OPTIONS.parts
    said = progress.said.getvalue()
    assert said.count("goes on without such pictures") == 1
    assert said.count("kept for the next try") == 1


@pytest.mark.parametrize(
    ("address", "error", "says"),
    [
        ("tcp://127.0.0.1:9", FootageError, "doesn't answer"),
        ("/dev/video99", FootageError, "doesn't answer"),
        ("nowhere.mp4", FootageError, "neither a stream"),
    ],
)
def test_a_camera_that_never_answers_ends_the_run(
    line: Path, tmp_path: Path, address: str, error: type[Exception], says: str
) -> None:
    request = LiveRequest(address, line / "plant.toml", out=tmp_path / "report")
    with pytest.raises(error, match=says):
        run_live(request, settings_in(tmp_path, camera_timeout_s=1.0), io.StringIO(), PlainProgress(io.StringIO()))
    assert not (tmp_path / "report").exists()


def test_a_webhook_that_is_no_address_is_refused_before_anything(line: Path, tmp_path: Path) -> None:
    request = LiveRequest(str(line / "line.mp4"), line / "plant.toml", out=tmp_path / "report")
    with pytest.raises(ConfigError, match="no http"):
        run_live(request, settings_in(tmp_path, webhook_url="ftp://x"), io.StringIO(), PlainProgress(io.StringIO()))


def test_belt_pictures_of_another_camera_are_told_at_the_first_frame(line: Path, tmp_path: Path) -> None:
    import cv2

    (tmp_path / "belt").mkdir()
    for path in (line / "belt").iterdir():
        small = cv2.resize(cv2.imread(str(path)), (480, 272))
        cv2.imwrite(str(tmp_path / "belt" / path.name), small)
    plant = tmp_path / "plant.toml"
    plant.write_text((line / "plant.toml").read_text())
    request = LiveRequest(str(line / "line.mp4"), plant, out=tmp_path / "report")
    with pytest.raises(InputError, match="the belt was learnt at 480 x 272"):
        run_live(request, settings_in(tmp_path), io.StringIO(), PlainProgress(io.StringIO()))
