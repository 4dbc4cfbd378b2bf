"""A live shift as it goes on: frames are looked at as they come, alerts told, parts committed, until it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType

from sqlalchemy.engine import Engine

from infra.alerts import Alert, AlertSender
from infra.evidence import EvidenceStore
from infra.identity import finding_id_of
from infra.store.line import StationResult, StoredPart, StoredSpell
from vision.errors import StoreError, WalkdownError
from vision.line.station_stage import FinishedPart, FinishedSpell
from vision.live.queue import FrameQueue, LiveFrame
from vision.live.reader import CameraReader
from vision.live.station import LiveEvent, LiveStation
from workflows.line_builder import LineRun, part_entry, spell_entry, station_note
from workflows.line_content import StationNote
from workflows.line_sightings import line_sightings
from workflows.line_stations import class_of
from workflows.line_stored import stored_part, stored_spell
from workflows.live_alerts import part_alert, spell_alert
from workflows.live_content import LiveNote, ShiftEnd, alert_note
from workflows.live_ledger import ShiftLedger, ShiftPlan
from workflows.report_format import clock

_LOOK_UP_S = 0.2
_WORD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class ShiftTools:
    """What a shift works with.

    Attributes:
        station: Looks at the frames.
        reader: Fills the queue; started by whoever runs the shift, and stopped.
        queue: Of frames.
        sender: Of alerts.
        database: The ledger.
        evidence: Pictures.
        say: Told what a person should know, a line each.
    """

    station: LiveStation
    reader: CameraReader
    queue: FrameQueue
    sender: AlertSender
    database: Engine
    evidence: EvidenceStore
    say: Callable[[str], None]


class Shift:
    """One shift at one station.

    Args:
        plan: What it is.
        tools: What it works with.
    """

    def __init__(self, plan: ShiftPlan, tools: ShiftTools) -> None:
        self.ledger: ShiftLedger | None = None
        self.broke: WalkdownError | None = None
        self._plan = plan
        self._tools = tools
        self._first: LiveFrame | None = None
        self._last: LiveFrame | None = None
        self._ended_by: ShiftEnd | None = None
        self._latencies_s: list[float] = []
        self._losses = 0
        self._evidence_fails = False

    def run(self, stop: threading.Event, seconds: float | None) -> None:
        """Look until the shift ends, and every frame that was waiting then is looked at.

        Args:
            stop: The user's wish that it end.
            seconds: Its length; None: until it is ended.
        """
        began_s = word_s = time.monotonic()
        try:
            while not self._tools.queue.finished:
                now_s = time.monotonic()
                over = seconds is not None and now_s - began_s >= seconds
                if self._ended_by is None and (over or stop.is_set()):
                    self._ended_by = "the user" if stop.is_set() else "the time set"
                    self._tools.reader.ask_to_stop()
                self._step(self._tools.queue.get(_LOOK_UP_S))
                if now_s - word_s >= _WORD_EVERY_S:
                    word_s = now_s
                    self._tools.say(f"{clock(now_s - began_s)}: {self._counts()}")
            self._tell_all(self._tools.station.interrupt())
        except WalkdownError as err:
            self.broke, self._ended_by = err, "an error"

    def note(self) -> LiveNote | None:
        """Say what the shift was; None if it has shown nothing. To be called when all is stopped."""
        if self._first is None or self._last is None:
            return None
        counts, station = self._tools.reader.counts, self._tools.station
        return LiveNote(
            address=self._plan.address,
            started_at=self._first.captured_at,
            ended_at=self._last.captured_at,
            ended_by=self._ended_by or ("the camera, which stayed away" if counts.losses else "the end of the file"),
            frames_captured=counts.frames,
            frames_looked_at=len(station.pts_ns),
            frames_dropped=self._tools.queue.dropped,
            frames_refused=station.refused,
            losses=counts.losses,
            reconnects=counts.reconnects,
            away_s=round(counts.away_s, 1),
            alerts=alert_note(self._tools.sender.counts, self._latencies_s),
        )

    def _step(self, live: LiveFrame | None) -> None:
        """Look at a frame; where none came since the camera is away, at what that means."""
        station, reader = self._tools.station, self._tools.reader
        if live is not None:
            self._first, self._last = self._first or live, live
            self._tell_all(station.observe(live))
        elif reader.away and reader.counts.losses != self._losses:
            self._losses = reader.counts.losses
            self._tell_all(station.interrupt())
        now_s = time.monotonic()
        if self.ledger is not None and self.ledger.is_due(now_s):
            self.ledger.commit(station.spells(), station.pts_ns, now_s)

    def _tell_all(self, events: Sequence[LiveEvent]) -> None:
        if self.ledger is None and self._first is not None and self._tools.station.pts_ns:
            tools = self._tools
            self.ledger = ShiftLedger(tools.database, tools.evidence, self._plan, self._first, tools.say)
        if self.ledger is None:
            return
        info = self.ledger.footage.info
        where = station_note(
            info, self._plan.address, self._plan.station, class_of(self._plan.plant, self._plan.station)
        )
        for event in events:
            alert = self._alert(self.ledger, event, where)
            if alert is not None and self._tools.sender.send(alert):
                self._latencies_s.append(alert.latency_s)

    def _alert(self, ledger: ShiftLedger, event: LiveEvent, where: StationNote) -> Alert | None:
        location = self._tools.evidence.location
        if isinstance(event.what, FinishedPart):
            part = self._stored_part(event.what)
            ledger.add(part)
            run = self._run(ledger, StationResult((part,), ()))
            return part_alert(part_entry(part, where, run), event.frame, location)
        spell = self._stored_spell(event.what)
        run = self._run(ledger, StationResult((), (spell,)))
        return spell_alert(spell_entry(spell, where, run), event.frame, location)

    def _run(self, ledger: ShiftLedger, result: StationResult) -> LineRun:
        """Give what words about a part or spell need; each sighting begins a finding, named after it."""
        plan, info = self._plan, ledger.footage.info
        sightings, _ = line_sightings(info, plan.plant, plan.station, result)
        ids = {one.sighting_id: finding_id_of(one.sighting_id, ()) for one in sightings}
        created_at = info.recorded_at or datetime.now(UTC)
        return LineRun(ledger.inspection_id, created_at, plan.plant.name, (), (), ids, {})

    def _stored_part(self, finished: FinishedPart) -> StoredPart:
        """Keep a part's pictures; an evidence store that fails costs them, and no alert."""
        try:
            return stored_part(finished, self._tools.evidence)
        except StoreError as err:
            self._say_evidence_fails(err)
            return stored_part(replace(finished, jpegs=()), self._tools.evidence)

    def _stored_spell(self, finished: FinishedSpell) -> StoredSpell:
        try:
            return stored_spell(finished, self._plan.station, self._tools.evidence)
        except StoreError as err:
            self._say_evidence_fails(err)
            return stored_spell(FinishedSpell(finished.spell, None), self._plan.station, self._tools.evidence)

    def _say_evidence_fails(self, err: StoreError) -> None:
        if not self._evidence_fails:
            self._tools.say(f"{err}; the shift goes on without such pictures")
        self._evidence_fails = True

    def _counts(self) -> str:
        verdicts = Counter(part.verdict.verdict for part in (self.ledger.parts if self.ledger is not None else ()))
        return (
            f"{verdicts.total()} parts, {verdicts['reject']} to reject, {verdicts['not_assessable']} not assessable; "
            f"{self._tools.sender.counts.told} alerts; {self._tools.queue.dropped} frames dropped"
        )


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """Give what Ctrl-C or SIGTERM sets; a second one stops at once, as it does before and afterwards."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only that one may handle signals
        yield stop
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
