"""What the ledger holds, as rows for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

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


def inspection_rows(settings: Settings) -> list[dict[str, Any]]:
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


def finding_rows(settings: Settings, inspection: str | None) -> list[dict[str, Any]]:
    """List the findings of one inspection, or of every complete one with its newest word on each finding.

    Raises:
        StoreError: There is no such inspection.
    """
    rows: dict[str, dict[str, Any]] = {}
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
                    "area_m2": facts.area_m2.value if facts.area_m2 else None,
                    "action": treatment.action if treatment else None,
                    "priority": treatment.priority if treatment else None,
                    "due": treatment.due.isoformat() if treatment and treatment.due else None,
                    "inspection_id": name,
                }
    return list(rows.values())


def check_rows(report: DoctorReport) -> list[dict[str, Any]]:
    """Give the doctor's checks as plain rows."""
    return [asdict(check) for check in report.checks]


def print_checks(report: DoctorReport) -> None:
    """Print one line a check, with what to do where one failed."""
    console = Console(highlight=False)
    for check in report.checks:
        mark = "[green]ok[/]  " if check.ok else "[red]FAIL[/]"
        console.print(f"{mark} {escape(check.name):<10} {escape(check.detail)}")
        if check.advice:
            console.print(f"     {'':<10} {escape(check.advice)}")


def print_rows(rows: Sequence[dict[str, Any]], when_empty: str) -> None:
    """Print rows as a table on standard output; ``when_empty`` goes to standard error."""
    if not rows:
        Console(stderr=True).print(when_empty, markup=False)
        return
    table = Table()
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
