"""How many valid frames showed a stretch of road."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.tables import ExaminedFrameRow
from vision.types import CoverageBin


class ValidFrames:
    """The frames that the gate let through, loaded for a footage when first asked for."""

    def __init__(self, session: Session, examination_of: Mapping[str, str]) -> None:
        """Keep what to look up.

        Args:
            session: For reading.
            examination_of: Footage id -> examination id.
        """
        self._session = session
        self._examination_of = examination_of
        self._times: dict[str, Sequence[int]] = {}

    def count(self, bins: Iterable[CoverageBin]) -> int:
        """Count the distinct valid frames that show any of the bins."""
        shown: set[tuple[str, int]] = set()
        for b in bins:
            if b.footage_id is None or b.first_pts_ns is None or b.last_pts_ns is None:
                continue
            times = self._of(b.footage_id)
            inside = times[bisect_left(times, b.first_pts_ns) : bisect_right(times, b.last_pts_ns)]
            shown.update((b.footage_id, pts_ns) for pts_ns in inside)
        return len(shown)

    def _of(self, footage_id: str) -> Sequence[int]:
        if footage_id not in self._times:
            self._times[footage_id] = self._session.scalars(
                select(col(ExaminedFrameRow.pts_ns))
                .where(
                    col(ExaminedFrameRow.examination_id) == self._examination_of.get(footage_id),
                    col(ExaminedFrameRow.refusal_reason).is_(None),
                )
                .order_by(col(ExaminedFrameRow.pts_ns))
            ).all()
        return self._times[footage_id]
