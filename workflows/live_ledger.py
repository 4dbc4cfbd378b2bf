"""Keeps a live shift in the ledger as it goes on: a run that is killed loses no part that has passed.

The footage, its examination and the inspection are there from the first picture on. Each part is committed once it has
passed, with all states of equipment so far. With each such commit, and once a minute, the mark of what is there moves
on to the last picture looked at. So what a killed shift leaves is the whole result of a shorter one, of an inspection
that isn't complete. A ledger that can't be written stops no alert: what it didn't take waits for the next commit, and
only at the end of the shift is it an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from sqlalchemy.engine import Engine

from infra.database import writing
from infra.evidence import EvidenceStore
from infra.identity import content_hash
from infra.store.examinations import get_or_create_examination
from infra.store.inspections import InspectionPlan, begin_inspection, save_failures, upsert_footage
from infra.store.line import StationResult, StoredPart, grow_station, save_station
from vision.errors import Failure, StoreError
from vision.line.station_stage import FinishedSpell
from vision.live.queue import LiveFrame
from vision.plant import Plant, Station
from vision.protocols import ModelInfo
from vision.types import FootageInfo, Int, frozen
from workflows.line_conclusion import LineFootage
from workflows.line_stored import stored_spell

COMMIT_EVERY_S = 60.0
_NO_PTS: Int = frozen(np.zeros(1, np.int64))


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """What a shift is, before its first picture.

    Attributes:
        address: Of the camera, as it may be shown.
        plant: Where.
        station: Which one.
        examination_key: Of everything that can change its results.
        model: That gives the results.
        settings_hash: Of the inspection.
        input_hashes: Of the files besides the footage.
    """

    address: str
    plant: Plant
    station: Station
    examination_key: str
    model: ModelInfo
    settings_hash: str
    input_hashes: Mapping[str, str]


class ShiftLedger:
    """One shift in the ledger.

    Args:
        database: The ledger.
        evidence: Pictures.
        plan: What the shift is.
        first: Its first picture.
        say: Told of a ledger that can't be written.

    Raises:
        StoreError: The ledger can't be written.
    """

    def __init__(
        self, database: Engine, evidence: EvidenceStore, plan: ShiftPlan, first: LiveFrame, say: Callable[[str], None]
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._plan = plan
        self._say = say
        self._parts: list[StoredPart] = []
        self._committed = 0
        self._failing = False
        self._committed_s = first.captured_s
        info = _footage(plan.address, first)
        with writing(database) as session:
            upsert_footage(session, info)
            examination = get_or_create_examination(session, info.footage_id, plan.examination_key, plan.model)
            inspection = InspectionPlan((examination,), plan.settings_hash, plan.input_hashes)
            self.inspection_id = begin_inspection(session, inspection)
        self.footage = LineFootage(info, plan.address, plan.station, examination)

    @property
    def parts(self) -> tuple[StoredPart, ...]:
        """All parts so far."""
        return tuple(self._parts)

    def add(self, part: StoredPart) -> None:
        """Take a part; ``commit`` saves it."""
        self._parts.append(part)

    def is_due(self, now_s: float) -> bool:
        """Tell whether there is something to commit, or it is time to move the mark on."""
        return len(self._parts) > self._committed or now_s - self._committed_s >= COMMIT_EVERY_S

    def commit(self, spells: Sequence[FinishedSpell], pts_ns: Sequence[int], now_s: float) -> None:
        """Save the parts that aren't saved yet, and all spells so far.

        Args:
            spells: See ``StationRecord.spells``.
            pts_ns: Of all pictures looked at.
            now_s: By ``time.monotonic()``.
        """
        self._committed_s = now_s
        info, count = _grown(self.footage.info, pts_ns), len(self._parts)
        where = (self._plan.plant, self._plan.station)
        try:
            result = self._result(spells, self._parts[self._committed :])
            with writing(self._database) as session:
                upsert_footage(session, info)
                grow_station(session, self.footage.examination_id, where, result, int(info.frame_pts_ns[-1]) + 1)
        except StoreError as err:
            if not self._failing:
                self._say(f"{err}; the shift goes on, and what wasn't saved is kept for the next try")
            self._failing = True
            return
        self._committed, self._failing = count, False

    def finish(
        self,
        spells: Sequence[FinishedSpell],
        pts_ns: Sequence[int],
        failures: Sequence[Failure],
        own_failures: Sequence[Failure],
    ) -> LineFootage:
        """Save the shift as a whole, and give the footage as it has become.

        Args:
            spells: All of them.
            pts_ns: Of all pictures looked at.
            failures: Of the examination: checks that couldn't be made.
            own_failures: Of the inspection: what the camera didn't show.

        Raises:
            StoreError: The ledger can't be written.
        """
        info = _grown(self.footage.info, pts_ns)
        where, result = (self._plan.plant, self._plan.station), self._result(spells, self._parts)
        with writing(self._database) as session:
            upsert_footage(session, info)
            end_pts_ns = int(info.frame_pts_ns[-1]) + 1
            save_station(session, self.footage.examination_id, where, result, failures, end_pts_ns)
            save_failures(session, self.inspection_id, own_failures)
        return LineFootage(info, self.footage.name, self.footage.station, self.footage.examination_id)

    def _result(self, spells: Sequence[FinishedSpell], parts: Sequence[StoredPart]) -> StationResult:
        stored = tuple(stored_spell(one, self._plan.station, self._evidence) for one in spells)
        return StationResult(tuple(parts), stored)


def _footage(address: str, first: LiveFrame) -> FootageInfo:
    """Describe what a camera shows from its first picture on; its id is of the address and the time, not of content."""
    height, width = first.frame.image.shape[:2]
    return FootageInfo(
        footage_id=content_hash(["live", address, first.captured_at.isoformat()]),
        path=address,
        kind="live",
        width_px=width,
        height_px=height,
        frame_pts_ns=_NO_PTS,
        keyframe_pts_ns=_NO_PTS,
        codec="live",
        clock="arrival",
        recorded_at=first.captured_at - timedelta(seconds=first.frame.pts_ns / 1e9),
    )


def _grown(info: FootageInfo, pts_ns: Sequence[int]) -> FootageInfo:
    pts = frozen(np.array(pts_ns or [0], np.int64))
    return replace(info, frame_pts_ns=pts, keyframe_pts_ns=pts[:1])
