"""Alerts of a live inspection: a line of JSON each, and a webhook that may fail without stopping anything."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TextIO
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from vision.errors import ConfigError

AlertSeverity = Literal["low", "medium", "high"]
_ORDER: tuple[AlertSeverity, ...] = ("low", "medium", "high")
_WAITING = 200
_CLIENT_ERRORS = range(400, 500)
_WORTH_ANOTHER_TRY = (408, 429)


class Alert(BaseModel):
    """What is told the moment a finding is certain.

    Attributes:
        time: UTC, of the frame that made it certain.
        place: Line and station, or road and chainage.
        part: Code of the part, or its number; None for equipment.
        class_names: Of the findings, the surest first.
        message: What is wrong, in words.
        severity: Of the gravest; None where nothing states one.
        finding_ids: The same in the report.
        picture: Where its evidence picture is; None where it has none.
        latency_s: From the capture of that frame to this alert.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: datetime
    place: str
    part: str | None
    class_names: tuple[str, ...]
    message: str
    severity: AlertSeverity | None
    finding_ids: tuple[str, ...]
    picture: str | None
    latency_s: float


@dataclass(frozen=True, slots=True)
class AlertRules:
    """Which findings are told, and where.

    Attributes:
        classes: One of them must be among the alert's; empty: any.
        least_severity: Lowest severity told; what has none is told.
        webhook_url: Told by HTTP POST as well; None: nobody.
        tries: Attempts to reach the webhook for each alert.
        timeout_s: Of an attempt.
        wait_s: Before the second attempt; doubled before each more.
    """

    classes: tuple[str, ...] = ()
    least_severity: AlertSeverity = "low"
    webhook_url: str | None = None
    tries: int = 3
    timeout_s: float = 5.0
    wait_s: float = 1.0

    def __post_init__(self) -> None:
        if self.webhook_url is not None and urlsplit(self.webhook_url).scheme not in ("http", "https"):
            raise ConfigError(f"the webhook {self.webhook_url} is no http or https address: correct it")

    def tells(self, alert: Alert) -> bool:
        """Tell whether an alert is wanted."""
        wanted = not self.classes or any(name in self.classes for name in alert.class_names)
        grave = alert.severity is None or _ORDER.index(alert.severity) >= _ORDER.index(self.least_severity)
        return wanted and grave


@dataclass(slots=True)
class AlertCounts:
    """What became of the alerts.

    Attributes:
        told: Written to the stream.
        below: Left out by the rules.
        delivered: Taken by the webhook.
        undelivered: Not taken by it, after all tries or for want of room in the queue.
        unread: Not taken by the stream, whose reader has gone.
    """

    told: int = 0
    below: int = 0
    unread: int = 0
    delivered: int = 0
    undelivered: int = 0


class AlertSender:
    """Tells alerts as they happen; a webhook is called in a thread of its own.

    Args:
        rules: Which alerts, and where to.
        stream: For a line of JSON each, written out at once.
        say: Told of a webhook that fails, a line each; called in the webhook's thread.
    """

    def __init__(self, rules: AlertRules, stream: TextIO, say: Callable[[str], None]) -> None:
        self.counts = AlertCounts()
        self._rules = rules
        self._stream = stream
        self._say = say
        self._waiting: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        if rules.webhook_url is not None:
            self._thread = threading.Thread(target=self._deliver_all, args=(rules.webhook_url,), daemon=True)
            self._thread.start()

    def send(self, alert: Alert) -> bool:
        """Tell one alert, if the rules want it, and give whether they do; never waits for the webhook."""
        if not self._rules.tells(alert):
            self.counts.below += 1
            return False
        line = alert.model_dump_json()
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
            self.counts.told += 1
        except OSError as err:
            if not self.counts.unread:
                self._say(f"whoever reads the alerts has gone ({err.strerror}): the inspection goes on without")
            self.counts.unread += 1
        if self._thread is not None:
            try:
                self._waiting.put_nowait(line)
            except queue.Full:
                self.counts.undelivered += 1
        return True

    def close(self, longest_s: float = 10.0) -> None:
        """Wait for the webhook to take what waits, but no longer than so many seconds; the rest is undelivered."""
        if self._thread is None:
            return
        end = time.monotonic() + longest_s
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=longest_s)
        self._thread.join(max(0.0, end - time.monotonic()))
        self._closing.set()  # what still waits is counted as undelivered
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(self._rules.timeout_s)

    def _deliver_all(self, url: str) -> None:
        while (line := self._waiting.get()) is not None:
            failure = self._deliver(url, line.encode("utf-8"))
            if failure is None:
                self.counts.delivered += 1
            else:
                self.counts.undelivered += 1
                self._say(f"the webhook at {urlsplit(url).hostname} didn't take an alert: {failure}")

    def _deliver(self, url: str, body: bytes) -> str | None:
        """Post one alert; give why it failed, or None."""
        failure = "the inspection ended before it could be reached"
        wait_s = self._rules.wait_s
        for attempt in range(self._rules.tries):
            if attempt:
                self._closing.wait(wait_s)
                wait_s *= 2.0
            if self._closing.is_set():
                return failure
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=self._rules.timeout_s):
                    return None
            except urllib.error.HTTPError as err:
                err.close()
                failure = f"it answered {err.code}"
                if err.code in _CLIENT_ERRORS and err.code not in _WORTH_ANOTHER_TRY:
                    return failure
            except OSError as err:
                failure = str(getattr(err, "reason", err))
        return failure
