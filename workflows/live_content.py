"""What a report says of a live shift beyond what it says of any footage: what was missed, and how fast alerts were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import AwareDatetime, NonNegativeFloat, NonNegativeInt

from infra.alerts import AlertCounts
from vision.errors import Failure
from vision.live.reader import ReaderCounts
from workflows.report_drawings import Frozen

ShiftEnd = Literal["the time set", "the user", "the end of the file", "the camera, which stayed away", "an error"]


class LatencyNote(Frozen):
    """Seconds from the capture of the frame that made a finding certain to its alert."""

    alerts: NonNegativeInt
    median_s: NonNegativeFloat
    p95_s: NonNegativeFloat
    most_s: NonNegativeFloat


class AlertNote(Frozen):
    """What became of the alerts; see ``AlertCounts``. ``latency`` is None where there was none."""

    told: NonNegativeInt
    left_out: NonNegativeInt
    unread: NonNegativeInt
    webhook_delivered: NonNegativeInt
    webhook_undelivered: NonNegativeInt
    latency: LatencyNote | None


class LiveNote(Frozen):
    """A live shift.

    Attributes:
        address: Of the camera, without its password.
        started_at: When the first picture came.
        ended_at: When the last one that was looked at came.
        ended_by: What ended the shift.
        frames_captured: Pictures that came.
        frames_looked_at: Those that were looked at.
        frames_dropped: Those that weren't, since nobody was free to look.
        frames_refused: Those of another size than the first.
        losses: Times that the camera went away.
        reconnects: Times that it came back.
        away_s: For how long nothing was seen, in all.
        alerts: What became of them.
    """

    address: str
    started_at: AwareDatetime
    ended_at: AwareDatetime
    ended_by: ShiftEnd
    frames_captured: NonNegativeInt
    frames_looked_at: NonNegativeInt
    frames_dropped: NonNegativeInt
    frames_refused: NonNegativeInt
    losses: NonNegativeInt
    reconnects: NonNegativeInt
    away_s: NonNegativeFloat
    alerts: AlertNote


def alert_note(counts: AlertCounts, latencies_s: Sequence[float]) -> AlertNote:
    """Say what became of the alerts.

    Args:
        counts: Of all.
        latencies_s: Of those told.
    """
    latency = None
    if latencies_s:
        median, p95 = np.percentile(latencies_s, [50, 95])
        latency = LatencyNote(
            alerts=len(latencies_s),
            median_s=round(float(median), 3),
            p95_s=round(float(p95), 3),
            most_s=round(max(latencies_s), 3),
        )
    return AlertNote(
        told=counts.told,
        left_out=counts.below,
        unread=counts.unread,
        webhook_delivered=counts.delivered,
        webhook_undelivered=counts.undelivered,
        latency=latency,
    )


def unseen(footage_id: str, reader: ReaderCounts, dropped: int, refused: int) -> list[Failure]:
    """Give what a camera's shift didn't show, as failures: they stand in the ledger, too."""
    failures = [
        Failure(
            footage_id,
            round(gap.from_s * 1e9),
            "FootageError",
            f"the camera was away: nothing was seen for {gap.to_s - gap.from_s:.1f} s",
        )
        for gap in reader.gaps
    ]
    if reader.broke is not None:
        failures.append(Failure(footage_id, None, "FootageError", reader.broke))
    if dropped:
        message = f"{dropped} of {reader.frames} frames were dropped: looking took longer than they came"
        failures.append(Failure(footage_id, None, "FootageError", message))
    if refused:
        message = f"{refused} frames were of another size than the first, and couldn't be looked at"
        failures.append(Failure(footage_id, None, "FootageError", message))
    return failures
