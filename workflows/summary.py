"""The closing words of an inspection, on standard error: findings, kilometres, refusals, time."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from workflows.line_content import LineReport
from workflows.report_content import FailureRow, ReportContent
from workflows.report_drawings import LEVELS
from workflows.report_format import clock

_FAILURES_SHOWN = 10
"""More would push the findings off the screen; the report lists them all."""


_PARTS_SHOWN = 20


def print_summary(content: ReportContent) -> None:
    """Print findings by class and severity, road covered, frames refused and why, failures and time."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
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
    else:
        console.print("road: not known, the footage carries no position")
    refusals = ", ".join(f"{row.frames} {row.reason.replace('_', ' ')}" for row in content.refusals) or "none"
    console.print(f"frames: {content.frames.seen} seen, {content.frames.examined} examined; refused: {refusals}")
    for failure in content.failures[:_FAILURES_SHOWN]:
        console.print(_failure_line(failure), style="red")
    if (left := len(content.failures) - _FAILURES_SHOWN) > 0:
        console.print(f"failed: {left} more kinds, listed in the report", style="red")
    timings = content.meta.timings
    whole = sum(timing.seconds for timing in timings if timing.part_of is None)
    stages = ", ".join(
        f"{one.stage} {one.seconds:.1f}" + (f" (in {one.part_of})" if one.part_of is not None else "")
        for one in timings
    )
    console.print(f"seconds: {whole:.1f} in all; {stages}")


def print_line_summary(report: LineReport) -> None:
    """Print parts by verdict, the parts to act on, equipment faults, failures and time."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    totals = report.totals
    console.print(
        f"Inspection {report.inspection_id}: {totals.parts} parts, {totals.rejected} to reject, {totals.ok} within the "
        f"limits, {totals.not_assessable} not assessable"
    )
    for part in report.attention[:_PARTS_SHOWN]:
        console.print(f"{part.label}: {part.verdict.replace('_', ' ')}: {'; '.join(part.reasons)}")
    if (left := len(report.attention) - _PARTS_SHOWN) > 0:
        console.print(f"{left} more parts to act on, listed in the report")
    for spell in report.faults:
        until = f"{clock(spell.from_s)} to {clock(spell.to_s)}"
        console.print(f"{spell.watch}: {spell.state} from {until} in {spell.footage_name}", style="red")
    for message, count in Counter(failure.message for failure in report.failures).most_common(_FAILURES_SHOWN):
        console.print(f"failed: {count} x {message}", style="red")
    if report.live is not None:
        live = report.live
        latency = live.alerts.latency
        soon = f", 95 % within {latency.p95_s:.2f} s of the picture" if latency is not None else ""
        console.print(
            f"live: {live.frames_looked_at} of {live.frames_captured} frames looked at, {live.frames_dropped} dropped; "
            f"camera away {live.losses} times, for {live.away_s:.1f} s; {live.alerts.told} alerts{soon}"
        )
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.timings_s.items())
    console.print(f"seconds: {sum(report.timings_s.values()):.1f} in all; {stages}")


def _failure_line(failure: FailureRow) -> str:
    times = ", ".join(clock(at) for at in failure.first_pts_s)
    more = ", …" if failure.first_pts_s and failure.count > len(failure.first_pts_s) else ""
    when = f" at {times}{more}" if times else ""
    return f"failed: {failure.count} x {failure.error_type} in {failure.subject}{when}: {failure.message}"
