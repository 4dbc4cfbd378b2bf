"""Parts and equipment's states of one examination of a station's footage: saved when it has ended, or as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.store.inspections import failure_values
from infra.tables import EquipmentSpellRow, FailureRow, PartRow, SegmentRow
from vision.errors import Failure
from vision.line.verdict import Breach, PartDefect, PartVerdict
from vision.plant import Level, Plant, Station

_WHOLE = 0
"""Index of the one segment that a station's footage is."""


@dataclass(frozen=True, slots=True)
class StoredView:
    """One frame's view of a defect: when, its box in pixels of the frame, the detector's confidence."""

    pts_ns: int
    xyxy: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class StoredBox:
    """Where a frame shows a part: when, and its box in pixels of the frame."""

    pts_ns: int
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class StoredDefect:
    """A part's defect as it is kept.

    Attributes:
        defect: Kind and sizes.
        confidence: Mean of the detector's over its views.
        views: One a look that showed it, by time.
        outline: In the view that it was surest in, in pixels of the frame.
        offset_px: Of its middle from the middle of the part's box, right and down.
    """

    defect: PartDefect
    confidence: float
    views: tuple[StoredView, ...]
    outline: tuple[tuple[float, float], ...]
    offset_px: tuple[float, float]

    @property
    def best(self) -> StoredView:
        """The view that the detector was surest in."""
        return max(self.views, key=lambda view: view.confidence)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as it is kept; see ``InspectedPart``.

    ``box`` is where its picture shows it; ``pictures`` name that and its heat map in the evidence store.
    """

    number: int
    part_id: str | None
    entered_pts_ns: int
    left_pts_ns: int
    looks: int
    verdict: PartVerdict
    defects: tuple[StoredDefect, ...]
    anomaly_score: float | None
    anomalous: bool | None
    box: StoredBox | None
    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredSpell:
    """A spell of one state as it is kept; see ``StateSpell``. ``severity`` is that of a state that isn't sound."""

    watch: str
    state: str | None
    from_pts_ns: int
    to_pts_ns: int
    sound: bool | None
    severity: Level
    looks: int
    probability: float
    picture: str | None


@dataclass(frozen=True, slots=True)
class StationResult:
    """What a station's footage showed."""

    parts: tuple[StoredPart, ...]
    spells: tuple[StoredSpell, ...]


def save_station(
    session: Session,
    examination_id: str,
    where: tuple[Plant, Station],
    result: StationResult,
    failures: Sequence[Failure],
    end_pts_ns: int,
) -> None:
    """Save what one footage showed, in place of what was there, and mark it as done."""
    session.execute(delete(PartRow).where(col(PartRow.examination_id) == examination_id))
    session.execute(delete(SegmentRow).where(col(SegmentRow.examination_id) == examination_id))
    session.add(SegmentRow(examination_id=examination_id, segment_index=_WHOLE, start_pts_ns=0, end_pts_ns=end_pts_ns))
    session.flush()
    _add(session, examination_id, where, result)
    if failures:
        key = {"examination_id": examination_id, "segment_index": _WHOLE}
        session.execute(insert(FailureRow), [key | failure_values(failure) for failure in failures])
    session.commit()


def grow_station(
    session: Session,
    examination_id: str,
    where: tuple[Plant, Station],
    result: StationResult,
    end_pts_ns: int,
) -> None:
    """Save what a live camera has shown so far: everything up to a time is here, and stays if the run is killed.

    Args:
        session: For writing.
        examination_id: Of what the camera shows.
        where: It stands.
        result: Parts that aren't here yet, and all spells so far, which take the place of those that are.
        end_pts_ns: Up to when it has been looked at.
    """
    row = session.get(SegmentRow, (examination_id, _WHOLE))
    if row is None:
        row = SegmentRow(examination_id=examination_id, segment_index=_WHOLE, start_pts_ns=0, end_pts_ns=end_pts_ns)
    row.end_pts_ns = end_pts_ns
    session.add(row)
    session.flush()
    _add(session, examination_id, where, result)
    session.commit()


def load_station(session: Session, examination_id: str) -> StationResult | None:
    """Give what one footage showed; None where it isn't done."""
    if session.get(SegmentRow, (examination_id, _WHOLE)) is None:
        return None
    parts = session.scalars(
        select(PartRow).where(col(PartRow.examination_id) == examination_id).order_by(col(PartRow.number))
    )
    spells = session.scalars(
        select(EquipmentSpellRow)
        .where(col(EquipmentSpellRow.examination_id) == examination_id)
        .order_by(col(EquipmentSpellRow.watch), col(EquipmentSpellRow.from_pts_ns))
    )
    return StationResult(tuple(_part(row) for row in parts), tuple(_spell(row) for row in spells))


def _add(session: Session, examination_id: str, where: tuple[Plant, Station], result: StationResult) -> None:
    """Add parts, and put spells in the place of those that are there."""
    plant, station = where
    place = {
        "examination_id": examination_id, "site": plant.name, "line": station.line, "station": station.name,
        "asset": station.asset, "part_class": station.part_class,
    }  # fmt: skip
    session.execute(delete(EquipmentSpellRow).where(col(EquipmentSpellRow.examination_id) == examination_id))
    if result.parts:
        session.execute(insert(PartRow), [place | _part_values(part) for part in result.parts])
    if result.spells:
        session.execute(
            insert(EquipmentSpellRow), [{"examination_id": examination_id} | asdict(spell) for spell in result.spells]
        )


def _part_values(part: StoredPart) -> dict[str, Any]:
    return {
        "number": part.number, "part_id": part.part_id, "entered_pts_ns": part.entered_pts_ns,
        "left_pts_ns": part.left_pts_ns, "looks": part.looks, "verdict": part.verdict.verdict,
        "breaches": [asdict(breach) for breach in part.verdict.breaches], "reasons": list(part.verdict.reasons),
        "defects": [asdict(defect) for defect in part.defects], "anomaly_score": part.anomaly_score,
        "anomalous": part.anomalous,
        "box": asdict(part.box) if part.box is not None else None, "pictures": list(part.pictures),
    }  # fmt: skip


def _part(row: PartRow) -> StoredPart:
    verdict = cast(Literal["ok", "reject", "not_assessable"], row.verdict)
    return StoredPart(
        row.number,
        row.part_id,
        row.entered_pts_ns,
        row.left_pts_ns,
        row.looks,
        PartVerdict(verdict, tuple(_breach(breach) for breach in row.breaches), tuple(row.reasons)),
        tuple(_defect(values) for values in row.defects),
        row.anomaly_score,
        row.anomalous,
        _box(row.box) if row.box is not None else None,
        tuple(row.pictures),
    )


def _breach(values: Mapping[str, Any]) -> Breach:
    return Breach(values["kind"], values["severity"], values["reason"], tuple(values["defects"]))


def _defect(values: Mapping[str, Any]) -> StoredDefect:
    across, down = values["offset_px"]
    return StoredDefect(
        PartDefect(**values["defect"]),
        values["confidence"],
        tuple(_view(view) for view in values["views"]),
        tuple((x, y) for x, y in values["outline"]),
        (across, down),
    )


def _box(values: Mapping[str, Any]) -> StoredBox:
    left, top, right, bottom = values["xyxy"]
    return StoredBox(values["pts_ns"], (left, top, right, bottom))


def _view(values: Mapping[str, Any]) -> StoredView:
    left, top, right, bottom = values["xyxy"]
    return StoredView(values["pts_ns"], (left, top, right, bottom), values["confidence"])


def _spell(row: EquipmentSpellRow) -> StoredSpell:
    return StoredSpell(
        row.watch, row.state, row.from_pts_ns, row.to_pts_ns, row.sound, cast(Level, row.severity), row.looks,
        row.probability, row.picture,
    )  # fmt: skip
