from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sqlalchemy import Engine, text

from infra.database import open_database, reading, writing
from infra.store.examinations import (
    examination_model,
    get_or_create_examination,
    load_examined,
    save_segment,
    segments_done,
)
from infra.store.inspections import upsert_footage
from tests.builders_ledger import CLASSES, DAY_0, MODEL, make_detections, make_examined, make_footage, make_segment
from tests.builders_roadside import make_roadside
from vision.errors import Failure, StoreError
from vision.roadside.looks import CropLook
from vision.types import Detections, ExaminedFrame, FrameQuality, RoadsideFrame

FOOTAGE = make_footage()


def begin(engine: Engine) -> str:
    with writing(engine) as session:
        upsert_footage(session, FOOTAGE)
        return get_or_create_examination(session, FOOTAGE.footage_id, "settings", MODEL)


def same(first: Detections | None, second: Detections | None) -> bool:
    if first is None or second is None:
        return first is second
    arrays: list[tuple[Any, Any]] = [
        (first.xyxy, second.xyxy),
        (first.confidence, second.confidence),
        (first.class_id, second.class_id),
    ]
    arrays += list(zip(first.outlines, second.outlines, strict=True))
    return (first.footage_id, first.pts_ns, first.class_names) == (
        second.footage_id, second.pts_ns, second.class_names
    ) and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays)  # fmt: skip


def count(engine: Engine, table: str) -> int:
    with reading(engine) as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_frames_come_back_as_they_were_by_time(engine: Engine) -> None:
    name = begin(engine)
    first, second = make_segment(FOOTAGE, 0), make_segment(FOOTAGE, 1)
    refused = ExaminedFrame(first.end_pts_ns - 1, FrameQuality("too_dark", 3.0, 8.5), None)
    empty = ExaminedFrame(
        first.end_pts_ns - 2, FrameQuality(None, 90.0, 80.0), make_detections(FOOTAGE, first.end_pts_ns - 2, 0)
    )
    examined = [*make_examined(FOOTAGE, first, 4), refused, empty]
    with writing(engine) as session:
        save_segment(session, name, second, make_examined(FOOTAGE, second))
        save_segment(session, name, first, examined)
    with reading(engine) as session:
        loaded = load_examined(session, name)
        assert segments_done(session, name) == {0, 1}
        assert examination_model(session, name) == MODEL
    expected = sorted([*examined, *make_examined(FOOTAGE, second)], key=lambda frame: frame.pts_ns)
    assert [(f.pts_ns, f.quality) for f in loaded] == [(f.pts_ns, f.quality) for f in expected]
    assert all(same(a.detections, b.detections) for a, b in zip(loaded, expected, strict=True))


finite = st.floats(-1e4, 1e4, width=32)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(0, 4))
def test_every_detection_comes_back_exactly(sqlite_engine: Engine, data: st.DataObject, size: int) -> None:
    engine = sqlite_engine
    name = begin(engine)
    segment = make_segment(FOOTAGE)
    detections = Detections(
        footage_id=FOOTAGE.footage_id,
        pts_ns=data.draw(st.integers(0, segment.end_pts_ns - 1)),
        xyxy=data.draw(npst.arrays(np.float32, (size, 4), elements=finite)),
        confidence=data.draw(npst.arrays(np.float32, size, elements=st.floats(0, 1, width=32))),
        class_id=data.draw(npst.arrays(np.int64, size, elements=st.integers(0, len(CLASSES) - 1))),
        class_names=CLASSES,
        outlines=tuple(
            data.draw(npst.arrays(np.float32, st.tuples(st.integers(0, 5), st.just(2)), elements=finite))
            for _ in range(size)
        ),
    )
    quality = FrameQuality(None, data.draw(st.floats(allow_infinity=False)), data.draw(st.floats(0, 255)))
    with writing(engine) as session:
        save_segment(session, name, segment, [ExaminedFrame(detections.pts_ns, quality, detections)])
    with reading(engine) as session:
        (loaded,) = load_examined(session, name)
    assert same(loaded.detections, detections)
    assert loaded.quality == quality or (math.isnan(loaded.quality.sharpness) and math.isnan(quality.sharpness))


def test_saving_a_segment_again_replaces_it(engine: Engine) -> None:
    name = begin(engine)
    segment = make_segment(FOOTAGE)
    failure = Failure(FOOTAGE.footage_id, 5, "FootageError", "frame can't be decoded")
    for detections in (5, 2, 2):
        with writing(engine) as session:
            save_segment(session, name, segment, make_examined(FOOTAGE, segment, detections), [failure, failure])
    frames = len(segment.sample_pts_ns)
    assert [count(engine, table) for table in ("segment", "examined_frame", "detection", "failure")] == [
        1, frames, 2 * frames, 2,
    ]  # fmt: skip


def test_a_segment_without_frames_is_done_too(engine: Engine) -> None:
    name = begin(engine)
    with writing(engine) as session:
        save_segment(session, name, make_segment(FOOTAGE, 3), [])
    with reading(engine) as session:
        assert segments_done(session, name) == {3}
        assert load_examined(session, name) == []


def test_footage_met_again_is_the_same_and_keeps_its_time(engine: Engine) -> None:
    begin(engine)
    with writing(engine) as session:
        upsert_footage(session, replace(FOOTAGE, path="moved/drive.mp4", recorded_at=None))
    with reading(engine) as session:
        path, recorded_at = session.execute(text("SELECT path, recorded_at FROM footage")).one()
    assert path == "moved/drive.mp4"
    assert str(recorded_at).startswith(f"{DAY_0:%Y-%m-%d %H:%M}")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"footage_id": "other"}, "of another frame or footage"),
        ({"class_names": ("dent",)}, "come from another model"),
        ({"pts_ns": 7}, "of another frame or footage"),
    ],
)
def test_results_of_another_footage_or_model_are_refused(database_url: str, what: dict[str, Any], message: str) -> None:
    engine = open_database(database_url)
    name = begin(engine)
    segment = make_segment(FOOTAGE)
    frame = make_examined(FOOTAGE, segment)[0]
    assert frame.detections is not None
    values = {"class_id": np.zeros(1, dtype=np.int64)} | what
    wrong = replace(frame, detections=replace(frame.detections, **values))
    with pytest.raises(StoreError, match=message), writing(engine) as session:
        save_segment(session, name, segment, [wrong])
    with reading(engine) as session:
        assert segments_done(session, name) == frozenset()


def test_one_settings_hash_cannot_stand_for_two_models(database_url: str) -> None:
    engine = open_database(database_url)
    begin(engine)
    other = replace(MODEL, weights_sha256="cd" * 32)
    with pytest.raises(StoreError, match="settings hash must cover the weights"), writing(engine) as session:
        get_or_create_examination(session, FOOTAGE.footage_id, "settings", other)
    with writing(engine) as session:
        assert get_or_create_examination(session, FOOTAGE.footage_id, "other settings", other) != begin(engine)


def test_an_unknown_examination_is_an_error(database_url: str) -> None:
    with pytest.raises(StoreError, match="no examination nothing"), reading(open_database(database_url)) as session:
        load_examined(session, "nothing")


def test_what_stands_beside_the_road_comes_back_with_its_looks(engine: Engine) -> None:
    name = begin(engine)
    segment = make_segment(FOOTAGE)
    times = segment.sample_pts_ns[:3].tolist()
    boxes = [np.array([10.5, 20.0, 50.0, 61.25]), np.array([300.0, 40.0, 320.0, 95.0])]
    seen = make_roadside(times[0], boxes, [6, 0], FOOTAGE.footage_id)
    looks = (
        CropLook(
            39.5,
            0.4,
            11.0,
            colour=0.71,
            rim_gaps=0.0,
            leaves=0.01,
            foreign=0.0,
            soil=0.1,
            lean_deg=-2.5,
            text="60",
            text_confidence=0.97,
        ),
        CropLook(20.0, 0.2, 9.0, leaves=0.0, lamps=0.66),
    )
    nothing = RoadsideFrame(make_roadside(times[1], [], [], FOOTAGE.footage_id), ())
    examined = [
        ExaminedFrame(
            times[0], FrameQuality(None, 9.0, 8.0), make_detections(FOOTAGE, times[0], 1), RoadsideFrame(seen, looks)
        ),
        ExaminedFrame(times[1], FrameQuality(None, 9.0, 8.0), None, nothing),
        ExaminedFrame(times[2], FrameQuality("too_dark", 9.0, 8.0), None),
    ]
    for _ in range(2):  # a second time replaces the first
        with writing(engine) as session:
            save_segment(session, name, segment, examined)
    with reading(engine) as session:
        found, empty, dark = (frame.roadside for frame in load_examined(session, name))
    assert found is not None
    assert same(found.detections, seen)
    assert found.looks == looks
    assert empty is not None
    assert len(empty.detections) == 0
    assert dark is None
    assert count(engine, "roadside_detection") == 2


def test_roadside_boxes_of_another_frame_are_refused(engine: Engine) -> None:
    name = begin(engine)
    segment = make_segment(FOOTAGE)
    beside = RoadsideFrame(make_roadside(7, [], [], FOOTAGE.footage_id), ())
    with writing(engine) as session, pytest.raises(StoreError, match="another frame"):
        save_segment(session, name, segment, [ExaminedFrame(0, FrameQuality(None, 1.0, 1.0), None, beside)])
