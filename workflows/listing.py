"""What the ledger holds, as rows for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.database import open_database, reading
from infra.settings import Settings
from infra.store.assessments import load_agent_result
from infra.store.facts import finding_facts
from infra.store.inspection_list import list_inspections
from infra.store.inspections import find_inspection
from vision.errors import StoreError
from workflows.doctor import DoctorReport
from workflows.report_format import chainage, coordinates, metres, words

Row: TypeAlias = dict[str, Any]

_ANY_WIDTH = 10_000


def inspection_rows(settings: Settings) -> list[Row]:
    """List inspections, newest first."""
    with reading(open_database(settings.storage.database_url)) as session:
        return [
            {
                "inspection_id": one.inspection_id,
                "begun_at": one.created_at.isoformat(timespec="seconds"),
                "complete": one.completed_at is not None,
                "recorded_at": one.recorded_at.isoformat(timespec="seconds") if one.recorded_at else None,
                "footage": list(one.footage_paths),
                "frames_examined": one.frames_examined,
                "frames_refused": sum(one.frames_refused.values()),
                "findings": one.findings,
                "valid_km": round(one.valid_m / 1000.0, 3),
                "failures": one.failures,
                "report": one.report_location,
            }
            for one in list_inspections(session)
        ]


def finding_rows(settings: Settings, inspection: str | None) -> list[Row]:
    """List the findings of one inspection, or of every complete one with its newest word on each finding.

    Raises:
        ConfigError: There is no such inspection.
        StoreError: It was cut short, or the ledger can't be read.
    """
    rows: dict[str, Row] = {}
    with reading(open_database(settings.storage.database_url)) as session:
        if inspection is not None:
            names = [find_inspection(session, inspection)]
        else:
            names = [one.inspection_id for one in list_inspections(session) if one.completed_at is not None]
        for name in names:
            result = load_agent_result(session, name)
            if result is None:
                raise StoreError(f"inspection {name} was cut short: run walkdown inspect on its footage again")
            assessed = {one.finding_id: one for one in result.assessments}
            for facts in finding_facts(session, name, settings.ledger):
                if facts.finding_id in rows:
                    continue
                assessment = assessed.get(facts.finding_id)
                severity = assessment.severity if assessment else None
                treatment = assessment.treatment if assessment else None
                rows[facts.finding_id] = {
                    "finding_id": facts.finding_id,
                    "class_name": facts.class_name,
                    "status": facts.status,
                    "verdict": assessment.verdict if assessment else None,
                    "confidence": round(facts.confidence, 3),
                    "severity": f"{severity.low}-{severity.high}" if severity else None,
                    "route": facts.route,
                    "chainage_m": facts.chainage_m,
                    "latitude_deg": facts.latitude_deg,
                    "longitude_deg": facts.longitude_deg,
                    "position_error_m": facts.position_error_m,
                    "condition": facts.condition,
                    "area_m2": facts.area_m2.value if facts.area_m2 else None,
                    "action": treatment.action if treatment else None,
                    "priority": treatment.priority if treatment else None,
                    "due": treatment.due.isoformat() if treatment and treatment.due else None,
                    "inspection_id": name,
                }
    return list(rows.values())


def check_rows(report: DoctorReport) -> list[Row]:
    """Give the doctor's checks as plain rows."""
    return [asdict(check) for check in report.checks]


def inspection_table(rows: Sequence[Row]) -> list[Row]:
    """Give inspections as a person reads them: frames examined, findings seen, kilometres validly seen."""
    return [
        {
            "inspection": row["inspection_id"],
            "begun": row["begun_at"][:16].replace("T", " "),
            "footage": _first_of([PurePath(path).name for path in row["footage"]]),
            "frames": row["frames_examined"],
            "failures": row["failures"],
            "seen": row["findings"],
            "km": row["valid_km"],
            "report": row["report"] if row["complete"] else "cut short: inspect the footage again",
        }
        for row in rows
    ]


def finding_table(rows: Sequence[Row]) -> list[Row]:
    """Give findings as a person reads them, in few columns."""
    return [
        {
            "finding": row["finding_id"],
            "class": words(row["class_name"]),
            "severity": (row["severity"] or "not graded").replace("-", " to "),
            "verdict": row["verdict"],
            "status": words(row["status"]),
            "place": _place(row),
            "act": _when(row),
        }
        for row in rows
    ]


def print_checks(report: DoctorReport) -> None:
    """Print one line a check, with what to do where one failed."""
    console = Console(highlight=False, soft_wrap=True)
    for check in report.checks:
        mark = "[green]ok[/]  " if check.ok else "[red]FAIL[/]"
        console.print(f"{mark} {escape(check.name):<13} {escape(check.detail)}")
        if check.advice:
            console.print(f"     {'':<13} {escape(check.advice)}")


def print_rows(rows: Sequence[Row], when_empty: str) -> None:
    """Print rows as a table on standard output; ``when_empty`` goes to standard error.

    The first column names a row, and is never broken. A table that isn't for a terminal is as wide as it needs to be.
    """
    if not rows:
        Console(stderr=True).print(when_empty, markup=False)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for index, name in enumerate(rows[0]):
        table.add_column(name.replace("_", " "), overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    Console(highlight=False, width=None if sys.stdout.isatty() else _ANY_WIDTH).print(table)


def _place(row: Row) -> str | None:
    error = f" ± {metres(row['position_error_m'])}" if row["position_error_m"] is not None else ""
    if row["chainage_m"] is not None:
        return f"{row['route'] or ''} {chainage(row['chainage_m'])}{error}".lstrip()
    if row["latitude_deg"] is not None:
        return f"{coordinates(row['latitude_deg'], row['longitude_deg'])}{error}"
    condition = row.get("condition")  # of a part on a line it begins with site, line, station, asset and part
    return str(condition) if condition is not None else None


def _when(row: Row) -> str | None:
    if row["priority"] is None:
        return None
    return f"P{row['priority']} by {row['due']}" if row["due"] is not None else f"P{row['priority']}"


def _first_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
