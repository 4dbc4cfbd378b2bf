"""What a live shift says: durations on the command line, alerts, what wasn't seen."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
import pytest

from infra.alerts import AlertCounts
from vision.errors import ConfigError
from vision.live.queue import LiveFrame
from vision.live.reader import Gap, ReaderCounts
from vision.plant import Level
from vision.types import Frame
from workflows.line_content import DefectEntry, PartEntry
from workflows.live import parse_duration
from workflows.live_alerts import part_alert
from workflows.live_content import alert_note, unseen


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28800.0), ("30m", 1800.0), ("60s", 60.0), ("1h30m", 5400.0), ("0.5h", 1800.0)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "8", "h", "0s", "-5m", "8 hours", "30m1h"])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 8h"):
        parse_duration(text)


def entry(verdict: str, *kinds: str, anomalous: bool = False, severity: Level | None = None) -> PartEntry:
    defects = tuple(
        DefectEntry(
            kind=kind, length_mm=14.2, width_mm=1.1, area_mm2=9.0, confidence=0.8, looks=7, beyond=True,
            finding_id=f"f-{kind}", pts_s=3.0, xyxy=(0.0, 0.0, 9.0, 9.0),
        )
        for kind in kinds
    )  # fmt: skip
    return PartEntry.model_validate(
        {
            "label": "HSG-7", "number": 7, "part_id": "HSG-7", "place": "Works, Line A, S2, Conveyor C-07",
            "footage_id": "f" * 64, "footage_name": "camera", "entered_s": 1.0, "left_s": 4.0, "seen_at": None,
            "verdict": verdict, "severity": severity, "reasons": ("scratch: 14.2 mm long",), "defects": defects,
            "looks": 8, "anomaly_score": 2.0 if anomalous else None, "anomalous": anomalous or None,
            "pictures": ("a.jpg", "b.jpg"), "anomaly_finding_id": "f-anomaly" if anomalous else None,
            "to_act_on": True,
        }
    )  # fmt: skip


def certain(seconds_ago: float) -> LiveFrame:
    frame = Frame("camera", 0, np.zeros((2, 2, 3), np.uint8))
    return LiveFrame(frame, time.monotonic() - seconds_ago, datetime(2026, 3, 2, 6, 0, tzinfo=UTC))


def test_an_alert_names_every_finding_of_the_part_and_where_its_picture_is() -> None:
    part = entry("reject", "scratch", "crack", "scratch", anomalous=True, severity="high")
    alert = part_alert(part, certain(0.5), "/evidence/{}".format)
    assert alert is not None
    assert alert.class_names == ("scratch", "crack", "anomaly")
    assert alert.finding_ids == ("f-scratch", "f-crack", "f-scratch", "f-anomaly")
    assert (alert.part, alert.severity, alert.picture) == ("HSG-7", "high", "/evidence/a.jpg")
    assert alert.latency_s >= 0.5


def test_an_anomaly_has_no_severity_that_nothing_states() -> None:
    alert = part_alert(entry("not_assessable", anomalous=True), certain(0.0), str)
    assert alert is not None
    assert (alert.class_names, alert.severity) == (("anomaly",), None)


@pytest.mark.parametrize("verdict", ["ok", "not_assessable"])
def test_a_part_without_a_fault_is_no_alert(verdict: str) -> None:
    assert part_alert(entry(verdict), certain(0.0), str) is None


def test_latencies_are_those_of_the_alerts_told() -> None:
    note = alert_note(AlertCounts(told=100), [n / 100 for n in range(1, 101)])
    assert note.latency is not None
    assert (note.latency.alerts, note.latency.most_s) == (100, 1.0)
    assert note.latency.p95_s == pytest.approx(0.95, abs=0.01)
    assert alert_note(AlertCounts(), []).latency is None


def test_what_was_not_seen_is_told_by_time_and_count() -> None:
    counts = ReaderCounts(frames=100, losses=2, gaps=[Gap(5.0, 17.5), Gap(30.0, 31.0)])
    told = unseen("f", counts, dropped=3, refused=2)
    assert [one.pts_ns for one in told] == [5_000_000_000, 30_000_000_000, None, None]
    assert "12.5 s" in told[0].message
    assert "3 of 100 frames" in told[2].message
    assert unseen("f", ReaderCounts(frames=100), 0, 0) == []
