"""Footage, inspections and their failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.identity import inspection_id_of
from infra.tables import ExaminationRow, FailureRow, FootageRow, InspectionFootageRow, InspectionRow, now_utc
from vision.errors import ConfigError, Failure, StoreError
from vision.types import FootageInfo


@dataclass(frozen=True, slots=True)
class InspectionPlan:
    """What makes an inspection the one that it is.

    Attributes:
        examination_ids: Of its footages, in the order in which they were handed in.
        settings_hash: Of every setting that its results depend on.
        input_hashes: Of the files besides the footage, such as ``site`` or ``telemetry drive.gpx`` -> content hash.
    """

    examination_ids: tuple[str, ...]
    settings_hash: str
    input_hashes: Mapping[str, str]

    @property
    def inspection_id(self) -> str:
        """Name it by its content."""
        return inspection_id_of(self.examination_ids, self.settings_hash, self.input_hashes)


def upsert_footage(session: Session, info: FootageInfo) -> None:
    """Note a footage, or where it now lies; what is live still grows. A recording time that is known stays known."""
    row = session.get(FootageRow, info.footage_id)
    if row is None:
        row = FootageRow(
            footage_id=info.footage_id, path=info.path, kind=info.kind, codec=info.codec, clock=info.clock,
            width_px=info.width_px, height_px=info.height_px, frame_count=0, duration_ns=0,
        )  # fmt: skip
    row.frame_count = len(info.frame_pts_ns)
    row.duration_ns = int(info.frame_pts_ns[-1] - info.frame_pts_ns[0])
    row.path = info.path
    row.recorded_at = info.recorded_at or row.recorded_at
    session.add(row)
    session.commit()


def begin_inspection(session: Session, plan: InspectionPlan) -> str:
    """Make the inspection, or find the one that the same content made before; give its id.

    Raises:
        StoreError: An examination isn't in the ledger.
    """
    name = plan.inspection_id
    if session.get(InspectionRow, name) is None:
        session.add(
            InspectionRow(inspection_id=name, settings_hash=plan.settings_hash, input_hashes=dict(plan.input_hashes))
        )
        session.flush()
        for position, examination_id in enumerate(dict.fromkeys(plan.examination_ids)):
            if session.get(ExaminationRow, examination_id) is None:
                raise StoreError(f"examination {examination_id} isn't in the ledger; examine its footage first")
            session.add(InspectionFootageRow(inspection_id=name, examination_id=examination_id, position=position))
    session.commit()
    return name


def complete_inspection(session: Session, inspection_id: str) -> None:
    """Note that the inspection ran to its end; the first time stands."""
    row = inspection_row(session, inspection_id)
    row.completed_at = row.completed_at or now_utc()
    session.commit()


def find_inspection(session: Session, start: str) -> str:
    """Give the id of the one inspection whose id starts so.

    Raises:
        ConfigError: There is none, or more than one.
    """
    names = session.scalars(
        select(col(InspectionRow.inspection_id)).where(col(InspectionRow.inspection_id).startswith(start))
    ).all()
    if len(names) == 1:
        return names[0]
    if names:
        raise ConfigError(f"{len(names)} inspections start with {start!r}; give more of the id")
    raise ConfigError(f"no inspection {start!r} in the ledger; `walkdown inspections` lists them")


def save_failures(session: Session, inspection_id: str, failures: Sequence[Failure]) -> None:
    """Replace the failures that belong to the inspection as a whole, such as footage that can't be opened."""
    inspection_row(session, inspection_id)
    session.execute(delete(FailureRow).where(col(FailureRow.inspection_id) == inspection_id))
    if failures:
        session.execute(insert(FailureRow), [{"inspection_id": inspection_id} | failure_values(f) for f in failures])
    session.commit()


def load_failures(session: Session, inspection_id: str) -> list[Failure]:
    """Give the inspection's own failures, then those of its examinations by footage and time."""
    examinations = select(col(InspectionFootageRow.examination_id)).where(
        col(InspectionFootageRow.inspection_id) == inspection_id
    )
    rows = session.execute(
        select(col(FailureRow.footage_id), col(FailureRow.pts_ns), col(FailureRow.error_type), col(FailureRow.message))
        .where((col(FailureRow.inspection_id) == inspection_id) | col(FailureRow.examination_id).in_(examinations))
        .order_by(
            col(FailureRow.inspection_id).is_(None),
            col(FailureRow.footage_id),
            col(FailureRow.pts_ns),
            col(FailureRow.failure_id),
        )
    )
    return [Failure(footage_id, pts_ns, error_type, message) for footage_id, pts_ns, error_type, message in rows]


def failure_values(failure: Failure) -> dict[str, object]:
    """Give a failure's columns."""
    return {
        "footage_id": failure.footage_id, "pts_ns": failure.pts_ns, "error_type": failure.error_type,
        "message": failure.message,
    }  # fmt: skip


def inspection_row(session: Session, inspection_id: str) -> InspectionRow:
    """Give the row of an inspection; for this package only.

    Raises:
        StoreError: There is no such inspection.
    """
    row = session.get(InspectionRow, inspection_id)
    if row is None:
        raise StoreError(f"no inspection {inspection_id} in the ledger; `walkdown inspections` lists them")
    return row
