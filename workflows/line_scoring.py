"""Score what was made of a simulated line's parts and equipment against its truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from workflows.line_content import LineReport, PartEntry

MATCH_S = 0.9
"""A part found that leaves further than this from every true one is invented; parts pass every 2 s."""

STATE_LATE_S = 3.0
"""A change of equipment's state must be told within so long, at the right moment within the looks' step."""

_NO_MATCH = 1e6


@dataclass(frozen=True, slots=True)
class LineScore:
    """Sums over lines.

    Attributes:
        verdicts: (truth, what was said) -> parts; ``missed`` where no part was found, ``invented`` as truth where none
            passed.
        ids_right: Parts with the right code read.
        ids_wrong: Parts with another code read.
        ids_missing: Parts whose code wasn't read.
        defects: (kind, found or missed) -> planted defects, where the part was found.
        extra_defects: Kinds found on parts where the truth has none of that kind.
        length_errors: Share by which the length of each found defect is off.
        changes_right: Changes of equipment's state that were told, in state and time.
        changes: That happened.
        false_changes: That were told and did not happen.
        seconds: Spent looking.
        footage_s: Of footage.
    """

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    ids_right: int = 0
    ids_wrong: int = 0
    ids_missing: int = 0
    defects: Counter[tuple[str, str]] = field(default_factory=Counter)
    extra_defects: Counter[str] = field(default_factory=Counter)
    length_errors: tuple[float, ...] = ()
    changes_right: int = 0
    changes: int = 0
    false_changes: int = 0
    seconds: float = 0.0
    footage_s: float = 0.0

    def __add__(self, other: LineScore) -> LineScore:
        """Give the sums of both."""
        return LineScore(
            self.verdicts + other.verdicts,
            self.ids_right + other.ids_right,
            self.ids_wrong + other.ids_wrong,
            self.ids_missing + other.ids_missing,
            self.defects + other.defects,
            self.extra_defects + other.extra_defects,
            self.length_errors + other.length_errors,
            self.changes_right + other.changes_right,
            self.changes + other.changes,
            self.false_changes + other.false_changes,
            self.seconds + other.seconds,
            self.footage_s + other.footage_s,
        )

    @property
    def verdicts_right(self) -> float | None:
        """Share of all parts, true and invented ones, whose verdict is right; None of none."""
        total = sum(self.verdicts.values())
        return sum(count for (truth, said), count in self.verdicts.items() if truth == said) / total if total else None


def score_line(truth: Mapping[str, Any], report: LineReport) -> LineScore:
    """Compare a line's truth with its report.

    Args:
        truth: The content of truth.json.
        report: Of that line's footage alone.
    """
    pairs, invented = _match(truth["parts"], report.parts)
    verdicts: Counter[tuple[str, str]] = Counter()
    ids: Counter[str] = Counter()
    defects: Counter[tuple[str, str]] = Counter()
    extra: Counter[str] = Counter()
    errors: list[float] = []
    for true, found in pairs:
        verdicts[true["verdict"], found.verdict if found is not None else "missed"] += 1
        if true["part_id"] is not None:
            read = found.part_id if found is not None else None
            ids["missing" if read is None else "right" if read == true["part_id"] else "wrong"] += 1
        if found is not None:
            _compare_defects(true["defects"], found, defects, extra, errors)
    verdicts["invented", "invented part"] += len(invented)
    verdicts = +verdicts
    right, changes, false = _changes(truth["watch"], report)
    return LineScore(
        verdicts, ids["right"], ids["wrong"], ids["missing"], defects, extra, tuple(errors), right, changes, false,
        report.timings_s.get("inspect", 0.0), sum(one.duration_s for one in report.stations),
    )  # fmt: skip


def score_rows(score: LineScore) -> list[dict[str, object]]:
    """Give the score as rows of a table: what, figure, of how many."""
    parts = sum(score.verdicts.values())
    coded = score.ids_right + score.ids_wrong + score.ids_missing
    rows: list[dict[str, object]] = [
        {"what": "verdict right", "figure": _rounded(score.verdicts_right), "of": parts},
    ]
    for (truth, said), count in sorted(score.verdicts.items()):
        rows.append({"what": f"  {truth}, called {said.replace('_', ' ')}", "figure": count, "of": parts})
    if coded:
        rows.append({"what": "code read right", "figure": _rounded(score.ids_right / coded), "of": coded})
        rows.append({"what": "  misread", "figure": score.ids_wrong, "of": coded})
    for kind in sorted({kind for kind, _ in score.defects}):
        found = score.defects[kind, "found"]
        total = found + score.defects[kind, "missed"]
        rows.append({"what": f"{kind} found", "figure": _rounded(found / total), "of": total})
    for kind, count in sorted(score.extra_defects.items()):
        rows.append({"what": f"{kind} on parts that have none", "figure": count, "of": parts})
    if score.length_errors:
        median = float(np.median(np.abs(score.length_errors)))
        rows.append({"what": "length off by, median", "figure": _rounded(median), "of": len(score.length_errors)})
    if score.changes:
        rows.append(
            {
                "what": "state changes right",
                "figure": _rounded(score.changes_right / score.changes),
                "of": score.changes,
            }
        )
        rows.append({"what": "  told and not so", "figure": score.false_changes, "of": score.changes})
    if score.footage_s:
        rows.append(
            {"what": "seconds taken for a second of footage", "figure": _rounded(score.seconds / score.footage_s),
             "of": round(score.footage_s)}
        )  # fmt: skip
    return rows


def _match(
    true: Sequence[Mapping[str, Any]], found: Sequence[PartEntry]
) -> tuple[list[tuple[Mapping[str, Any], PartEntry | None]], list[PartEntry]]:
    """Pair true parts with found ones by when they leave the region, one to one."""
    apart = np.array([[abs(one["leaves_s"] - other.left_s) for other in found] for one in true])
    apart = apart.reshape(len(true), len(found))
    offset = float(np.median(apart.min(axis=1))) if apart.size else 0.0
    cost = np.where(np.abs(apart - offset) <= MATCH_S, np.abs(apart - offset), _NO_MATCH)
    rows, columns = linear_sum_assignment(cost)
    chosen = {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cost[r, c] < _NO_MATCH}
    pairs = [(one, found[chosen[index]] if index in chosen else None) for index, one in enumerate(true)]
    return pairs, [one for index, one in enumerate(found) if index not in chosen.values()]


def _compare_defects(
    true: Sequence[Mapping[str, Any]],
    found: PartEntry,
    defects: Counter[tuple[str, str]],
    extra: Counter[str],
    errors: list[float],
) -> None:
    left = list(found.defects)
    for one in true:
        alike = [other for other in left if other.kind == one["kind"]]
        best = min(alike, key=lambda other: abs((other.length_mm or 0.0) - one["length_mm"]), default=None)
        defects[one["kind"], "missed" if best is None else "found"] += 1
        if best is not None:
            left.remove(best)
            if best.length_mm is not None:
                errors.append(best.length_mm / one["length_mm"] - 1.0)
    extra.update(other.kind for other in left)


def _changes(watch: Sequence[Mapping[str, Any]], report: LineReport) -> tuple[int, int, int]:
    """Give changes told right, changes that happened, and changes told that did not happen."""
    happened = [one for one in watch if one["from_s"] > 0.0]
    told = [spell for spell in report.spells if spell.from_s > 0.6]
    right = 0
    for one in happened:
        near = [s for s in told if s.watch == one["name"] and s.state == one["state"]]
        match = next((s for s in near if abs(s.from_s - one["from_s"]) <= STATE_LATE_S), None)
        if match is not None:
            right += 1
            told.remove(match)
    watched = bool(report.spells)
    return right, len(happened) if watched else 0, len(told)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
