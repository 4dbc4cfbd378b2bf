"""The files that other programs read: findings.geojson, findings.csv, coverage.geojson and inspection.json.

A null is a null, never a zero. GeoJSON is RFC 7946: [longitude, latitude], at most 7 decimals.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from agents.types import Quantity
from vision.types import CoverageBin
from workflows.report_content import FindingEntry, ReportContent

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FINDING_PROPERTIES = (
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
)
"""In this order, in findings.geojson and as the columns of findings.csv."""

EVIDENCE_FOLDER = "evidence"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def findings_geojson(content: ReportContent) -> str:
    """Write one feature a finding, in order of urgency; geometry is null where no coordinates are known."""
    features: list[Json] = [
        {"type": "Feature", "geometry": _point(entry), "properties": finding_properties(entry)}
        for entry in content.findings
    ]
    return _dump({"type": "FeatureCollection", "features": features})


def findings_csv(content: ReportContent) -> str:
    """Write the same properties as a table.

    An empty cell is a null. A box is its four numbers with spaces between, evidence its paths with semicolons. Text
    that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(FINDING_PROPERTIES)
    for entry in content.findings:
        properties = finding_properties(entry)
        table.writerow([table_cell(properties[name]) for name in FINDING_PROPERTIES])
    return out.getvalue()


def coverage_geojson(content: ReportContent) -> str:
    """Write one feature a coverage bin and pass."""
    features: list[Json] = [
        {"type": "Feature", "geometry": _line(one), "properties": _coverage_properties(one)} for one in content.bins
    ]
    return _dump({"type": "FeatureCollection", "features": features})


def inspection_json(content: ReportContent) -> str:
    """Write what the inspection was: counts, failures, models, timings, and where its numbers come from."""
    meta: dict[str, Json] = content.meta.model_dump(mode="json")
    failures = meta.pop("failures")
    timings: dict[str, Json] = {one.stage: round(one.seconds, 3) for one in content.meta.timings}
    by_type = _count(row.error_type for row in content.failures for _ in range(row.count))
    reasons: dict[str, Json] = {row.reason: row.frames for row in content.refusals}
    document: dict[str, Json] = {
        **meta,
        "report_id": content.report_id,
        "planner": content.planner,
        "counts": {
            "frames_seen": content.frames.seen,
            "frames_examined": content.frames.examined,
            "frames_refused": content.frames.refused,
            "refused_by_reason": reasons,
            "findings": len(content.findings),
            "findings_by_verdict": _count(
                entry.assessment.verdict if entry.assessment else "not_assessed" for entry in content.findings
            ),
            "findings_by_class": _count(entry.facts.class_name for entry in content.findings),
            "sentences_dropped": content.dropped_sentences,
        },
        "failures_by_type": by_type,
        "failures": failures,
        "timings_s": timings,
    }
    del document["timings"]
    return _dump(document)


def finding_properties(entry: FindingEntry) -> dict[str, Json]:
    """Give every property of a finding, in the order of ``FINDING_PROPERTIES``."""
    facts, assessment = entry.facts, entry.assessment
    grade = assessment.severity if assessment else None
    treatment = assessment.treatment if assessment else None
    values: tuple[Json, ...] = (
        facts.finding_id,
        facts.class_name,
        round(facts.confidence, 4),
        (grade.low if grade.low == grade.high else f"{grade.low}-{grade.high}") if grade else None,
        grade.basis if grade else None,
        assessment.verdict if assessment else None,
        facts.status,
        entry.place_text,
        _rounded(facts.position_error_m, 2),
        _rounded(facts.chainage_m, 2),
        facts.route,
        _value(facts.area_m2),
        _value(facts.length_m),
        _value(facts.width_m),
        facts.sightings,
        facts.footage_id,
        _rounded(facts.first_pts_s, 6),
        _rounded(facts.last_pts_s, 6),
        _rounded(facts.frame_pts_s, 6),
        [round(edge, 1) for edge in entry.box_xyxy] if entry.box_xyxy else None,
        [f"{EVIDENCE_FOLDER}/{picture.file_name}" for picture in entry.pictures],
        treatment.action if treatment else None,
        treatment.priority if treatment else None,
        treatment.due.isoformat() if treatment and treatment.due else None,
        facts.condition,
    )
    return dict(zip(FINDING_PROPERTIES, values, strict=True))


def _point(entry: FindingEntry) -> Json:
    latitude, longitude = entry.facts.latitude_deg, entry.facts.longitude_deg
    if latitude is None or longitude is None:
        return None
    return {"type": "Point", "coordinates": [round(longitude, 7), round(latitude, 7)]}


def _line(one: CoverageBin) -> Json:
    if len(one.line) < 2:
        return None
    return {"type": "LineString", "coordinates": [[round(lon, 7), round(lat, 7)] for lon, lat in one.line]}


def _coverage_properties(one: CoverageBin) -> dict[str, Json]:
    return {
        "state": one.state,
        "reasons": dict(one.reasons),
        "route": one.route,
        "carriageway": one.carriageway,
        "start_m": round(one.start_m, 2),
        "end_m": round(one.end_m, 2),
        "footage_id": one.footage_id,
        "first_pts_s": None if one.first_pts_ns is None else one.first_pts_ns / 1e9,
        "last_pts_s": None if one.last_pts_ns is None else one.last_pts_ns / 1e9,
    }


def _count(names: Iterable[str]) -> dict[str, Json]:
    return dict(Counter(names).most_common())


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _value(measured: Quantity | None) -> float | None:
    """Round to 4 significant digits, so that a small size never becomes zero."""
    return None if measured is None else float(f"{measured.value:.4g}")


def table_cell(value: Json) -> str:
    """Write a value into a cell of a table; see ``findings_csv``."""
    if value is None:
        return ""
    if isinstance(value, list):
        between = ";" if any(isinstance(one, str) for one in value) else " "
        return between.join(str(one) for one in value)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return str(value)


def _dump(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
