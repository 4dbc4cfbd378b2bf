from __future__ import annotations

from dataclasses import replace

import numpy as np
from sqlalchemy import Engine

from infra.database import reading, writing
from infra.store.examinations import get_or_create_examination
from infra.store.inspections import upsert_footage
from infra.store.line import (
    StationResult,
    StoredPart,
    StoredSpell,
    grow_station,
    load_station,
    save_station,
)
from vision.line.verdict import Breach, PartVerdict
from vision.plant import PartClass, Plant, Region, Station
from vision.protocols import ModelInfo
from vision.types import FootageInfo

STATION = Station(
    "S2",
    "Line A",
    "Conveyor C-07",
    "high",
    "housing",
    Region(0.1, 0.1, 0.9, 0.9),
    None,
    "right",
    "count",
    surface=False,
)
PLANT = Plant("Works", (STATION,), (PartClass("housing", ()),))
REJECT = PartVerdict("reject", (Breach("crack", "high", "crack: never acceptable on a housing", (0,)),))
INFO = FootageInfo(
    footage_id="f" * 64, path="rtsp://camera/1", kind="live", width_px=64, height_px=48,
    frame_pts_ns=np.zeros(1, np.int64), keyframe_pts_ns=np.zeros(1, np.int64), codec="live", clock="arrival",
)  # fmt: skip


def part(number: int) -> StoredPart:
    return StoredPart(number, f"HSG-{number}", number * 10, number * 10 + 5, 8, REJECT, (), None, None, None, ())


def spell(from_ns: int, to_ns: int, state: str) -> StoredSpell:
    return StoredSpell("lamp H-1", state, from_ns, to_ns, state == "green", "high", 4, 0.9, None)


def test_what_a_camera_shows_is_there_as_it_comes(engine: Engine) -> None:
    with writing(engine) as session:
        upsert_footage(session, INFO)
        name = get_or_create_examination(session, INFO.footage_id, "settings", ModelInfo("m", "0" * 64, "cpu", ()))
        assert load_station(session, name) is None
        grow_station(session, name, (PLANT, STATION), StationResult((part(1),), (spell(0, 10, "green"),)), 11)
    with reading(engine) as session:
        assert load_station(session, name) == StationResult((part(1),), (spell(0, 10, "green"),))

    last = (spell(0, 20, "green"), spell(21, 25, "red"))
    with writing(engine) as session:
        upsert_footage(session, replace(INFO, frame_pts_ns=np.array([0, 25], np.int64)))
        grow_station(session, name, (PLANT, STATION), StationResult((part(2), part(3)), last), 26)
    with reading(engine) as session:
        assert load_station(session, name) == StationResult((part(1), part(2), part(3)), last)

    with writing(engine) as session:
        save_station(session, name, (PLANT, STATION), StationResult((part(1), part(2)), last), (), 30)
    with reading(engine) as session:
        assert load_station(session, name) == StationResult((part(1), part(2)), last)
