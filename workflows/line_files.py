"""The files of a line's report: report.html, parts.csv, findings.csv, findings.geojson, inspection.json, evidence."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping

from infra.evidence import EvidenceStore
from workflows.exports import EVIDENCE_FOLDER, FINDING_PROPERTIES, Json, table_cell
from workflows.line_content import DefectEntry, LineReport, PartEntry, SpellEntry
from workflows.line_sightings import ANOMALY, EQUIPMENT
from workflows.render_line_report import render_line_report

PART_COLUMNS = (
    "number", "part_id", "verdict", "severity", "reasons", "defects", "line_place", "footage", "entered_s", "left_s",
    "seen_at", "looks", "anomaly_score", "anomalous", "evidence",
)  # fmt: skip
"""Of parts.csv, in this order."""


def line_files(report: LineReport, evidence: EvidenceStore) -> tuple[dict[str, str], dict[str, bytes]]:
    """Give the report's texts by name, and its evidence pictures by name; pictures that are gone are left out.

    Raises:
        StoreError: The evidence store can't be read.
    """
    names = dict.fromkeys(name for part in (*report.attention, *report.parts) for name in part.pictures)
    names |= dict.fromkeys(spell.picture for spell in report.spells if spell.picture is not None)
    pictures = {name: evidence.get(name) for name in names if evidence.exists(name)}
    files = {
        "report.html": render_line_report(report, pictures),
        "parts.csv": parts_csv(report),
        "findings.csv": _findings_csv(report),
        "findings.geojson": _findings_geojson(report),
        "coverage.geojson": _dump({"type": "FeatureCollection", "features": []}),
        "inspection.json": line_inspection_json(report),
    }
    return files, pictures


def parts_csv(report: LineReport) -> str:
    """Write one row a part: its verdict, why, and its defects with sizes in mm. An empty cell is a null."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(PART_COLUMNS)
    for part in report.parts:
        values: tuple[Json, ...] = (
            part.number,
            part.part_id,
            part.verdict,
            part.severity,
            list(part.reasons) or None,
            [_defect_text(part, index) for index in range(len(part.defects))] or None,
            part.place,
            part.footage_name,
            round(part.entered_s, 3),
            round(part.left_s, 3),
            part.seen_at.isoformat() if part.seen_at is not None else None,
            part.looks,
            None if part.anomaly_score is None else round(part.anomaly_score, 3),
            part.anomalous,
            [f"{EVIDENCE_FOLDER}/{name}" for name in part.pictures] or None,
        )
        table.writerow([table_cell(value) for value in values])
    return out.getvalue()


def line_inspection_json(report: LineReport) -> str:
    """Write what the inspection was: counts, failures, models, timings, every part and every state."""
    document: dict[str, Json] = report.model_dump(mode="json", exclude={"attention", "faults", "failures"})
    frames = sum(one.frames for one in report.stations)
    document["counts"] = {
        "frames_seen": report.live.frames_captured if report.live is not None else frames,
        "frames_examined": frames,
        "parts": report.totals.parts,
        "parts_by_verdict": dict(Counter(part.verdict for part in report.parts)),
        "findings": sum(1 for _ in _findings(report)),
    }
    document["failures_by_type"] = dict(Counter(failure.error_type for failure in report.failures))
    document["failures"] = [
        {
            "footage_id": one.footage_id,
            "pts_ns": one.pts_ns,
            "error_type": one.error_type,
            "message": one.message,
        }
        for one in report.failures
    ]
    return _dump(document)


def _findings_csv(report: LineReport) -> str:
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(FINDING_PROPERTIES)
    for properties in _findings(report):
        table.writerow([table_cell(properties[name]) for name in FINDING_PROPERTIES])
    return out.getvalue()


def _findings_geojson(report: LineReport) -> str:
    features: list[Json] = [
        {"type": "Feature", "geometry": None, "properties": dict(properties)} for properties in _findings(report)
    ]
    return _dump({"type": "FeatureCollection", "features": features})


def _findings(report: LineReport) -> Iterator[Mapping[str, Json]]:
    for part in report.attention:
        for defect in part.defects:
            if defect.finding_id is not None:
                known = _part_properties(part, defect.finding_id, defect.kind)
                yield known | _defect_properties(defect) | _ledger_properties(report, defect.finding_id)
        if part.anomaly_finding_id is not None:
            known = _part_properties(part, part.anomaly_finding_id, ANOMALY)
            yield known | _ledger_properties(report, part.anomaly_finding_id)
    for spell in report.faults:
        yield _spell_properties(spell) | _ledger_properties(report, spell.finding_id)


def _ledger_properties(report: LineReport, finding_id: str | None) -> dict[str, Json]:
    """Give what the ledger and the agent say of a finding; nothing where they don't know it."""
    word = report.findings.get(finding_id) if finding_id is not None else None
    return {} if word is None else {"status": word.status, "verdict": word.verdict, "sightings": word.sightings}


def _part_properties(part: PartEntry, finding_id: str, class_name: str) -> dict[str, Json]:
    values: dict[str, Json] = dict.fromkeys(FINDING_PROPERTIES)
    values |= {
        "finding_id": finding_id,
        "class_name": class_name,
        "severity": part.severity,
        "severity_basis": "acceptance limits of the plant file" if part.severity else None,
        "place": f"{part.place}, part {part.label}",
        "footage_id": part.footage_id,
        "first_pts_s": round(part.entered_s, 6),
        "last_pts_s": round(part.left_s, 6),
        "evidence": [f"{EVIDENCE_FOLDER}/{name}" for name in part.pictures],
        "action": "take the part out" if part.verdict == "reject" else "look at the part by hand",
        "condition": "; ".join(part.reasons) or None,
    }
    return values


def _defect_properties(defect: DefectEntry) -> dict[str, Json]:
    return {
        "confidence": round(defect.confidence, 4),
        "area_m2": _in_metres(defect.area_mm2, 1e6),
        "length_m": _in_metres(defect.length_mm, 1e3),
        "width_m": _in_metres(defect.width_mm, 1e3),
        "frame_pts_s": round(defect.pts_s, 6),
        "box_xyxy": [round(edge, 1) for edge in defect.xyxy],
    }


def _in_metres(value: float | None, scale: float) -> float | None:
    return None if value is None else float(f"{value / scale:.4g}")


def _spell_properties(spell: SpellEntry) -> dict[str, Json]:
    values: dict[str, Json] = dict.fromkeys(FINDING_PROPERTIES)
    values |= {
        "finding_id": spell.finding_id,
        "class_name": EQUIPMENT,
        "confidence": round(spell.probability, 4),
        "severity": spell.severity,
        "severity_basis": "severity of the watch in the plant file",
        "place": f"{spell.place}, {spell.watch}",
        "footage_id": spell.footage_id,
        "first_pts_s": round(spell.from_s, 6),
        "last_pts_s": round(spell.to_s, 6),
        "frame_pts_s": round(spell.from_s, 6),
        "evidence": [f"{EVIDENCE_FOLDER}/{spell.picture}"] if spell.picture is not None else [],
        "action": f"see to {spell.watch}",
        "condition": f"{spell.watch} is {spell.state}",
    }
    return values


def _defect_text(part: PartEntry, index: int) -> str:
    defect = part.defects[index]
    size = "size not known" if defect.length_mm is None else f"{defect.length_mm:.1f} x {defect.width_mm:.1f} mm"
    return f"{defect.kind} {size}"


def _dump(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
