"""Cuts lists of ids to what one query may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

IDS_A_QUERY = 500
"""Well under the least number of parameters that a database takes (SQLite before 3.32: 999)."""


def batches(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """Give distinct ids in order, a batch at a time."""
    ordered = sorted(set(names))
    return (ordered[start : start + IDS_A_QUERY] for start in range(0, len(ordered), IDS_A_QUERY))
