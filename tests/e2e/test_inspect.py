"""What a user does first: inspect a drive, look at what came out, inspect again, drive the road again."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

from pyproj import Geod

from tests.e2e.conftest import Home, inspect_arguments
from tests.ledger_digest import ledger_rows

PROPERTIES = [
    "finding_id",
    "class_name",
    "confidence",
    "severity",
    "severity_basis",
    "verdict",
    "status",
    "place",
    "position_error_m",
    "chainage_m",
    "route",
    "area_m2",
    "length_m",
    "width_m",
    "sightings",
    "footage_id",
    "first_pts_s",
    "last_pts_s",
    "frame_pts_s",
    "box_xyxy",
    "evidence",
    "action",
    "priority",
    "due",
    "condition",
]
"""What other programs rely on; kept apart from the code that writes it, so that a renamed property fails here."""


def _features(report: Path) -> list[dict]:
    return json.loads((report / "findings.geojson").read_text(encoding="utf-8"))["features"]


def _truth(drive: Path, class_name: str) -> list[tuple[float, float]]:
    features = json.loads((drive / "truth.geojson").read_text(encoding="utf-8"))["features"]
    return [
        tuple(feature["geometry"]["coordinates"])
        for feature in features
        if feature["properties"].get("class_name") == class_name and not feature["properties"].get("distractor")
    ]


def test_a_drive_becomes_a_report_with_every_promised_file(home: Home, drives: Path) -> None:
    out = home.folder / "report"
    done = home.run(*inspect_arguments(drives / "first", out, "--engine", "inline"))
    assert Path(done.stdout.strip()) == out / "report.html"
    assert {path.name for path in out.iterdir()} >= {
        "report.html", "findings.geojson", "findings.csv", "coverage.geojson", "inspection.json", "evidence",
    }  # fmt: skip
    assert "validly seen" in done.stderr
    features = _features(out)
    assert features, "a road with planted defects gives findings"
    assert all(list(feature["properties"]) == PROPERTIES for feature in features)
    with (out / "findings.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == PROPERTIES
    for feature in features:
        assert all((out / name).is_file() for name in feature["properties"]["evidence"])


def test_findings_lie_where_the_defects_are_not_where_the_camera_was(home: Home, drives: Path) -> None:
    out = home.folder / "report"
    home.run(*inspect_arguments(drives / "first", out, "--engine", "inline"))
    planted = _truth(drives / "first", "pothole")
    geod = Geod(ellps="WGS84")
    errors = []
    for feature in _features(out):
        if feature["properties"]["class_name"] == "pothole":
            place = feature["geometry"]["coordinates"]
            errors.append(min(geod.inv(*place, *defect)[2] for defect in planted))
    assert errors
    assert sorted(errors)[len(errors) // 2] < 3.5


def test_json_on_stdout_is_the_inspection(home: Home, drives: Path) -> None:
    out = home.folder / "report"
    done = home.run(*inspect_arguments(drives / "first", out, "--engine", "inline", "--json"))
    document = json.loads(done.stdout)
    assert document == json.loads((out / "inspection.json").read_text(encoding="utf-8"))
    assert document["counts"]["frames_examined"] > 10


def test_inspecting_the_same_again_adds_nothing(home: Home, drives: Path) -> None:
    arguments = inspect_arguments(drives / "first", home.folder / "report", "--engine", "inline")
    home.run(*arguments)
    once = ledger_rows(home.database)
    home.run(*arguments)
    assert ledger_rows(home.database) == once
    listed = json.loads(home.run("inspections", "--json").stdout)
    assert len(listed) == 1


def test_a_second_pass_merges_into_the_same_findings(home: Home, drives: Path) -> None:
    home.run(*inspect_arguments(drives / "first", home.folder / "one", "--engine", "inline"))
    home.run(*inspect_arguments(drives / "second", home.folder / "two", "--engine", "inline"))
    first = {f["properties"]["finding_id"] for f in _features(home.folder / "one")}
    second = [f["properties"] for f in _features(home.folder / "two")]
    again = [one for one in second if one["finding_id"] in first and one["sightings"] >= 2]
    assert len(again) >= len(second) / 2
    listed = json.loads(home.run("findings", "--json").stdout)
    assert len({one["finding_id"] for one in listed}) == len(listed)


def test_nine_good_clips_are_inspected_and_the_bad_one_is_named(home: Home, drives: Path) -> None:
    folder = home.folder / "footage"
    folder.mkdir()
    shutil.copy(drives / "first" / "drive.mp4", folder / "good.mp4")
    (folder / "bad.mp4").write_bytes((drives / "first" / "drive.mp4").read_bytes()[:4000])
    done = home.run("inspect", folder, "--engine", "inline", "--every", "1s", "--out", home.folder / "report", "--json")
    document = json.loads(done.stdout)
    assert [footage["name"] for footage in document["footages"]] == ["good.mp4"]
    assert any("bad.mp4" in failure["message"] for failure in document["failures"])


def test_footage_without_position_says_so_and_places_nothing(home: Home, drives: Path) -> None:
    clip = home.folder / "nowhere.mp4"
    shutil.copy(drives / "first" / "drive.mp4", clip)
    home.run("inspect", clip, "--engine", "inline", "--out", home.folder / "report")
    features = _features(home.folder / "report")
    assert features
    assert all(feature["geometry"] is None for feature in features)
    assert all(feature["properties"]["chainage_m"] is None for feature in features)
    assert all(feature["properties"]["first_pts_s"] is not None for feature in features)


def test_evidence_that_was_deleted_is_made_again(home: Home, drives: Path) -> None:
    arguments = inspect_arguments(drives / "first", home.folder / "report", "--engine", "inline", "--every", "6m")
    home.run(*arguments)
    before = {path.name: path.read_bytes() for path in (home.folder / "report" / "evidence").iterdir()}
    assert before
    shutil.rmtree(home.folder / "evidence")
    home.run(*arguments)
    assert {path.name: path.read_bytes() for path in (home.folder / "report" / "evidence").iterdir()} == before
