from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from infra.settings import Settings, load_settings
from vision.errors import ConfigError, InputError
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.run import SimulatedLine
from vision.simulation.line.truth_eye import TruthEye
from workflows.evaluate_line import learn_states
from workflows.inspect_line import LineRequest, is_plant_file, run_line_inspection
from workflows.line_scoring import score_line
from workflows.listing import finding_rows, inspection_rows
from workflows.progress import PlainProgress
from workflows.simulate_line import simulate_line

OPTIONS = LineSimulation(seed=1, parts=4, marker="aruco")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_line(OPTIONS, tmp_path_factory.mktemp("line"))


def quiet() -> PlainProgress:
    return PlainProgress(io.StringIO())


def settings_in(folder: Path) -> Settings:
    settings = load_settings(None)
    own = {"database_url": f"sqlite:///{folder}/ledger.db", "evidence_url": (folder / "evidence").as_uri()}
    return settings.model_copy(update={"storage": settings.storage.model_copy(update=own)})


def test_parts_are_judged_by_serial_number_and_states_told(line: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    learn_states(line, settings)
    request = LineRequest((line / "line.mp4",), line / "plant.toml", out=tmp_path / "report")
    eye = TruthEye(SimulatedLine(OPTIONS))
    first = run_line_inspection(request, settings, quiet(), eye)
    score = score_line(json.loads((line / "truth.json").read_text()), first.report)
    assert score.verdicts_right == 1.0
    assert score.ids_right == OPTIONS.parts
    assert (score.changes_right, score.changes, score.false_changes) == (1, 1, 0)
    page = first.report_path.read_text(encoding="utf-8")
    assert all(part.label in page for part in first.report.parts)
    for part in first.report.attention:
        assert all((tmp_path / "report" / "evidence" / name).stat().st_size > 1000 for name in part.pictures)

    rows = finding_rows(settings, None)
    beyond = [defect for part in first.report.parts for defect in part.defects if defect.beyond]
    assert {row["finding_id"] for row in rows} == {one.finding_id for one in (*beyond, *first.report.faults)}
    assert len(rows) == len(beyond) + 1
    assert inspection_rows(settings)[0]["report"] == str(first.report_path.absolute())

    again = run_line_inspection(request, settings, quiet(), eye)  # nothing is looked at twice, nothing doubled
    assert again.report.parts == first.report.parts
    assert again.report.spells == first.report.spells
    assert again.report.inspection_id == first.report.inspection_id
    assert again.report.timings_s["inspect"] < 0.5 * first.report.timings_s["inspect"]


def test_checks_that_cant_be_made_leave_parts_not_assessable_and_are_told(line: Path, tmp_path: Path) -> None:
    plant = (line / "plant.toml").read_text()
    plant = plant.replace('states = "', 'states = "missing-').replace('"scratch", ', '"scratch", "dent", ')
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "belt").symlink_to(line / "belt")
    (folder / "plant.toml").write_text(plant)
    request = LineRequest((line / "line.mp4",), folder / "plant.toml", out=tmp_path / "report")
    report = run_line_inspection(request, settings_in(tmp_path), quiet()).report
    messages = " ".join(failure.message for failure in report.failures)
    assert "walkdown train state" in messages
    assert "dent" in messages or "no surface model" in messages
    assert report.spells == ()
    assert not any(part.verdict == "ok" for part in report.parts)
    assert len(report.parts) == OPTIONS.parts


def test_a_belt_that_is_never_empty_says_what_to_do(line: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "belt").mkdir()
    (folder / "plant.toml").write_text((line / "plant.toml").read_text())
    request = LineRequest((line / "line.mp4",), folder / "plant.toml", out=tmp_path / "report")
    with pytest.raises(InputError, match="no picture"):
        run_line_inspection(request, settings_in(tmp_path), quiet())


def test_a_station_that_the_plant_lacks_is_told(line: Path, tmp_path: Path) -> None:
    request = LineRequest((line / "line.mp4",), line / "plant.toml", "S9", tmp_path / "report")
    with pytest.raises(ConfigError, match="it has S2"):
        run_line_inspection(request, settings_in(tmp_path), quiet())


def test_a_plant_file_is_told_from_a_site_file(line: Path, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('kind = "road"\n')
    assert is_plant_file(line / "plant.toml")
    assert not is_plant_file(tmp_path / "site.toml")
    assert not is_plant_file(None)
