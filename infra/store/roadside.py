"""What the roadside detector saw, frame by frame; part of an examination."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.tables import RoadsideDetectionRow
from vision.errors import StoreError
from vision.roadside.kinds import ROADSIDE_CLASSES
from vision.roadside.looks import CropLook
from vision.types import Detections, ExaminedFrame, RoadsideFrame, frozen

_NO_OUTLINE = np.zeros((0, 2), np.float32)


def save_roadside(session: Session, examination_id: str, footage_id: str, examined: Sequence[ExaminedFrame]) -> None:
    """Save the roadside detections of frames that are in the ledger already; the caller commits.

    Raises:
        StoreError: A frame's detections are of another frame or footage, or of classes that no roadside model has.
    """
    rows = [values for frame in examined for values in _values(examination_id, footage_id, frame)]
    if rows:
        session.execute(insert(RoadsideDetectionRow), rows)


def load_roadside(session: Session, examination_id: str, footage_id: str) -> Callable[[int], RoadsideFrame]:
    """Give what any of an examination's frames holds, by its time; empty where nothing was found."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(
        select(
            col(RoadsideDetectionRow.pts_ns), col(RoadsideDetectionRow.class_name),
            col(RoadsideDetectionRow.confidence), col(RoadsideDetectionRow.left_px), col(RoadsideDetectionRow.top_px),
            col(RoadsideDetectionRow.right_px), col(RoadsideDetectionRow.bottom_px), col(RoadsideDetectionRow.look),
        )
        .where(col(RoadsideDetectionRow.examination_id) == examination_id)
        .order_by(col(RoadsideDetectionRow.pts_ns), col(RoadsideDetectionRow.detection_index))
    ):  # fmt: skip
        found[row[0]].append(row)
    return lambda pts_ns: _frame(footage_id, pts_ns, found.get(pts_ns, []))


def _values(examination_id: str, footage_id: str, frame: ExaminedFrame) -> list[dict[str, object]]:
    if frame.roadside is None:
        return []
    found, looks = frame.roadside.detections, frame.roadside.looks
    if found.footage_id != footage_id or found.pts_ns != frame.pts_ns:
        raise StoreError(
            f"roadside boxes at {found.pts_ns} ns are of another frame or footage than the one they are of"
        )
    names = [found.class_names[index] for index in found.class_id.tolist()]
    unknown = sorted(set(names) - set(ROADSIDE_CLASSES))
    if unknown:
        raise StoreError(f"{unknown[0]} is no class of a roadside model; it has {', '.join(ROADSIDE_CLASSES)}")
    return [
        {
            "examination_id": examination_id,
            "pts_ns": int(frame.pts_ns),
            "detection_index": index,
            "class_name": name,
            "confidence": float(found.confidence[index]),
            "look": {key: _storable(value) for key, value in asdict(looks[index]).items()},
        }
        | dict(zip(("left_px", "top_px", "right_px", "bottom_px"), found.xyxy[index].tolist(), strict=True))
        for index, name in enumerate(names)
    ]


def _frame(footage_id: str, pts_ns: int, rows: Sequence[Any]) -> RoadsideFrame:
    detections = Detections(
        footage_id=footage_id,
        pts_ns=pts_ns,
        xyxy=frozen(np.array([row[3:7] for row in rows], dtype=np.float32).reshape(-1, 4)),
        confidence=frozen(np.array([row[2] for row in rows], dtype=np.float32)),
        class_id=frozen(np.array([ROADSIDE_CLASSES.index(row[1]) for row in rows], dtype=np.int64)),
        class_names=ROADSIDE_CLASSES,
        outlines=tuple(_NO_OUTLINE for _ in rows),
    )
    return RoadsideFrame(detections, tuple(_look(row[7]) for row in rows))


def _look(stored: dict[str, Any]) -> CropLook:
    shows = stored.get("shows")
    return CropLook(**stored | {"shows": tuple(shows) if shows is not None else None})


def _storable(value: float | str | tuple[float, ...] | None) -> float | str | list[float] | None:
    if isinstance(value, tuple):
        return [float(one) for one in value]
    if isinstance(value, str):
        return value
    return None if value is None or not math.isfinite(value) else float(value)
