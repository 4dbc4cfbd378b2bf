"""The files that other programs read, as those programs read them."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_report import (
    make_agent,
    make_assessment,
    make_bins,
    make_facts,
    make_meta,
    make_record,
    make_report,
)
from vision.errors import Failure
from workflows.exports import coverage_geojson, findings_csv, findings_geojson, inspection_json
from workflows.report_builder import build_report
from workflows.report_content import ReportContent, RoadsideNote

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
"""As DESIGN.md lists them under "Outputs that other programs rely on"."""

NOWHERE = {
    "latitude_deg": None,
    "longitude_deg": None,
    "position_error_m": None,
    "route": None,
    "chainage_m": None,
    "lateral_m": None,
    "heading_deg": None,
    "area_m2": None,
    "length_m": None,
    "width_m": None,
}


def report_of(**overrides: object) -> ReportContent:
    facts = make_facts(1, **overrides)
    return build_report(make_meta(), [make_record(facts)], make_agent([make_assessment(facts.finding_id)]), ())


def test_a_feature_has_exactly_the_promised_properties_in_order() -> None:
    document = json.loads(findings_geojson(make_report(count=8)))

    assert document["type"] == "FeatureCollection"
    assert [list(one["properties"]) for one in document["features"]] == [PROPERTIES] * 8


def test_a_located_finding_reads_as_promised() -> None:
    content = report_of(latitude_deg=52.92171234567, longitude_deg=-1.53491234567)

    (feature,) = json.loads(findings_geojson(content))["features"]

    assert feature["geometry"] == {"type": "Point", "coordinates": [-1.5349123, 52.9217123]}
    properties = feature["properties"]
    assert properties["severity"] == "low-medium"
    assert properties["verdict"] == "confirmed"
    assert properties["area_m2"] == 0.42
    assert properties["box_xyxy"] == [402.5, 511.0, 655.2, 604.0]
    assert properties["evidence"] == ["evidence/f00000000001-view.jpg", "evidence/f00000000001-close.jpg"]
    assert properties["due"] == "2025-06-18"
    assert properties["place"] == "Mill Lane 1+177; 52.921712° N, 1.534912° W"


def test_unknown_is_null_and_never_zero() -> None:
    facts = make_facts(1, **NOWHERE)
    record = make_record(facts, box_xyxy=None, pictures=())
    content = build_report(make_meta(), [record], make_agent([]), ())

    (feature,) = json.loads(findings_geojson(content))["features"]

    assert feature["geometry"] is None
    null = {name for name, value in feature["properties"].items() if value is None}
    assert null == set(PROPERTIES) - {
        "finding_id",
        "class_name",
        "confidence",
        "status",
        "sightings",
        "footage_id",
        "first_pts_s",
        "last_pts_s",
        "frame_pts_s",
        "evidence",
    }
    assert feature["properties"]["evidence"] == []


def test_a_tiny_crack_keeps_its_size() -> None:
    (feature,) = json.loads(findings_geojson(report_of(area_m2={"value": 0.0000412345, "error": 0.00001})))["features"]

    assert feature["properties"]["area_m2"] == 0.00004123


def test_csv_has_the_same_columns_and_rows() -> None:
    content = make_report(count=8)

    rows = list(csv.DictReader(io.StringIO(findings_csv(content), newline="")))

    features = json.loads(findings_geojson(content))["features"]
    assert list(rows[0]) == PROPERTIES
    for row, feature in zip(rows, features, strict=True):
        for name in PROPERTIES:
            value = feature["properties"][name]
            if not isinstance(value, list):
                assert row[name] == ("" if value is None else str(value))
    assert rows[0]["evidence"].split(";") == features[0]["properties"]["evidence"]
    assert [float(edge) for edge in rows[0]["box_xyxy"].split(" ")] == features[0]["properties"]["box_xyxy"]


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_route_name_survives_csv_and_can_be_no_formula(name: str) -> None:
    content = report_of(route=name)

    (row,) = csv.DictReader(io.StringIO(findings_csv(content), newline=""))

    assert row["route"].removeprefix("'") == name.removeprefix("'")
    assert not row["route"].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_coordinate_has_more_than_seven_decimals() -> None:
    content = make_report(count=8)

    for text in (findings_geojson(content), coverage_geojson(content)):
        geometries = [one["geometry"] for one in json.loads(text)["features"]]
        assert all(len(tail) <= 7 for tail in re.findall(r"\.(\d+)", json.dumps(geometries)))


def test_coverage_has_every_bin_with_state_and_reasons() -> None:
    content = make_report()

    features = json.loads(coverage_geojson(content))["features"]

    assert len(features) == len(make_bins()) == 260
    states = [one["properties"]["state"] for one in features]
    assert {state: states.count(state) for state in set(states)} == {"valid": 217, "invalid": 25, "not_driven": 18}
    dark = next(one for one in features if one["properties"]["reasons"] == {"too_dark": 3})
    assert dark["properties"]["route"] == "Mill Lane"
    assert dark["geometry"]["type"] == "LineString"
    undriven = features[-1]["properties"]
    assert (undriven["footage_id"], undriven["first_pts_s"]) == (None, None)


def test_coverage_by_chainage_only_has_no_geometry() -> None:
    features = json.loads(coverage_geojson(make_report(mode="chainage")))["features"]

    assert {one["geometry"] for one in features} == {None}
    assert features[3]["properties"]["start_m"] == 1030.0


def test_inspection_json_holds_what_it_promises() -> None:
    failures = (Failure("a", 1, "FootageError", "damaged"), Failure("a", 2, "FootageError", "damaged"))
    content = make_report(count=5, failures=failures)

    document = json.loads(inspection_json(content))

    assert document["counts"]["frames_seen"] == 7248
    assert document["counts"]["frames_examined"] == 742
    assert document["counts"]["refused_by_reason"] == {"blurred": 21, "too_dark": 9, "not_a_road": 3}
    assert document["failures_by_type"] == {"FootageError": 2}
    assert [one["message"] for one in document["failures"]] == ["damaged", "damaged"]
    assert document["models"][0]["info"]["name"] == "road-yolov8n-seg"
    assert document["models"][0]["info"]["weights_sha256"] == "c0ffee12" * 8
    assert document["timings_s"]["examine"] == 61.9
    assert document["vlm_calls"] == 0
    assert document["covered"] == {"valid_m": 2170.0, "invalid_m": 250.0, "not_driven_m": 180.0}
    assert document["created_at"] == "2025-06-04T09:41:12Z"


def test_not_a_number_is_refused_rather_than_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        findings_geojson(report_of(position_error_m=float("nan")))


def test_what_stands_beside_the_road_is_counted_and_a_fault_says_how_it_was_told() -> None:
    told = "Nothing was lit in 12 frames over 4.1 s."
    facts = make_facts(1, class_name="signal_dark", condition=told, area_m2=None, length_m=None, width_m=None)
    meta = make_meta(roadside=RoadsideNote(signs_sound=4, signals_faulty=1))
    content = build_report(meta, [make_record(facts)], make_agent([make_assessment(facts.finding_id)]), ())

    (feature,) = json.loads(findings_geojson(content))["features"]
    document = json.loads(inspection_json(content))

    assert feature["properties"]["condition"] == told
    assert (document["roadside"]["signs_sound"], document["roadside"]["signals_faulty"]) == (4, 1)
    assert document["roadside"]["signals_healthy"] == 0
    assert json.loads(inspection_json(make_report(count=2)))["roadside"] is None
