"""The closing words of an inspection, on standard error: findings, kilometres, refusals, time."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from workflows.report_content import ReportContent
from workflows.report_drawings import LEVELS


def print_summary(content: ReportContent) -> None:
    """Print findings by class and severity, road covered, frames refused and why, failures and time."""
    console = Console(stderr=True, highlight=False)
    figures = content.figures
    table = Table(title=f"Inspection {content.meta.inspection_id}", title_justify="left")
    table.add_column("open findings")
    for level in LEVELS:
        table.add_column(level.replace("_", " "), justify="right")
    table.add_column("all", justify="right")
    for row in (*figures.by_class, figures.totals):
        name = row.class_text if row is not figures.totals else "all classes"
        table.add_row(name, *(str(count) for count in row.counts), str(row.total))
    console.print(table)
    console.print(
        f"verdicts: {figures.confirmed} confirmed, {figures.unverified} unverified, {figures.rejected} rejected"
    )
    if figures.covered is not None:
        covered = figures.covered
        parts = [f"{covered.valid_m / 1000:.2f} km validly seen", f"{covered.invalid_m / 1000:.2f} km not validly seen"]
        if covered.not_driven_m is not None:
            parts.append(f"{covered.not_driven_m / 1000:.2f} km not driven")
        console.print(f"road: {', '.join(parts)}")
    refusals = ", ".join(f"{row.frames} {row.reason.replace('_', ' ')}" for row in content.refusals) or "none"
    console.print(f"frames: {content.frames.seen} seen, {content.frames.examined} examined; refused: {refusals}")
    for failure in content.failures:
        console.print(
            f"failed: {failure.count} x {failure.error_type} in {failure.subject}: {failure.message}", style="red"
        )
    stages = ", ".join(f"{timing.stage} {timing.seconds:.1f}" for timing in content.meta.timings)
    console.print(f"seconds: {stages}")
