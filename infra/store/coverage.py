"""Which road an inspection saw, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.store.inspections import inspection_row
from infra.store.places import carriageway_of
from infra.tables import CoverageRow
from vision.errors import StoreError
from vision.types import CoverageBin, CoverageState

_STATES = frozenset(get_args(CoverageState))


def save_coverage(session: Session, inspection_id: str, bins: Sequence[CoverageBin]) -> None:
    """Save an inspection's coverage in place of what was there.

    Raises:
        StoreError: There is no such inspection.
    """
    inspection_row(session, inspection_id)
    session.execute(delete(CoverageRow).where(col(CoverageRow.inspection_id) == inspection_id))
    if bins:
        session.execute(insert(CoverageRow), [_values(inspection_id, index, b) for index, b in enumerate(bins)])
    session.commit()


def load_coverage(session: Session, inspection_id: str) -> list[CoverageBin]:
    """Give an inspection's coverage in the order in which it was saved."""
    rows = session.scalars(
        select(CoverageRow).where(col(CoverageRow.inspection_id) == inspection_id).order_by(col(CoverageRow.bin_index))
    )
    return [_bin(row) for row in rows]


def _values(inspection_id: str, index: int, b: CoverageBin) -> dict[str, object]:
    return {
        "inspection_id": inspection_id,
        "bin_index": index,
        "start_m": b.start_m,
        "end_m": b.end_m,
        "route": b.route,
        "carriageway": b.carriageway,
        "state": b.state,
        "reasons": dict(b.reasons),
        "line": [[longitude, latitude] for longitude, latitude in b.line],
        "footage_id": b.footage_id,
        "first_pts_ns": b.first_pts_ns,
        "last_pts_ns": b.last_pts_ns,
    }


def _bin(row: CoverageRow) -> CoverageBin:
    if row.state not in _STATES:
        raise StoreError(
            f"the ledger holds coverage of state {row.state!r}, which this walkdown doesn't know; upgrade it"
        )
    return CoverageBin(
        start_m=row.start_m,
        end_m=row.end_m,
        route=row.route,
        state=cast(CoverageState, row.state),
        reasons=dict(row.reasons),
        line=tuple((longitude, latitude) for longitude, latitude in row.line),
        footage_id=row.footage_id,
        carriageway=carriageway_of(row.carriageway),
        first_pts_ns=row.first_pts_ns,
        last_pts_ns=row.last_pts_ns,
    )
