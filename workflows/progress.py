"""Progress for people, on standard error: a bar per stage on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

_PLAIN_EVERY_S = 5.0


class Progress(Protocol):
    """Where a workflow says how far it is."""

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of ``total`` steps; it follows and ends the stage before."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Say that steps of the present stage are done."""
        ...

    def note(self, message: str) -> None:
        """Say something in passing."""
        ...


class PlainProgress:
    """One line at a stage's start and end, and every few seconds between."""

    def __init__(self, stream: TextIO) -> None:
        """Write to ``stream``."""
        self._stream = stream
        self._stage = ""
        self._done = self._total = 0
        self._spoke_at = 0.0

    def start(self, stage: str, total: int) -> None:
        """Begin a stage."""
        self._stage, self._done, self._total = stage, 0, total
        self._say(f"{stage}: {total} to do")

    def advance(self, steps: int = 1) -> None:
        """Count steps."""
        self._done += steps
        if self._done >= self._total:
            self._say(f"{self._stage}: done")
        elif time.monotonic() - self._spoke_at >= _PLAIN_EVERY_S:
            self._say(f"{self._stage}: {self._done} of {self._total}")

    def note(self, message: str) -> None:
        """Write the message."""
        self._say(message)

    def _say(self, line: str) -> None:
        self._spoke_at = time.monotonic()
        self._stream.write(line + "\n")
        self._stream.flush()


class BarProgress:
    """A rich progress bar per stage."""

    def __init__(self) -> None:
        """Draw on standard error."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self.rich = RichProgress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: int | None = None

    def start(self, stage: str, total: int) -> None:
        """Begin a stage."""
        self._task = self.rich.add_task(stage, total=total)

    def advance(self, steps: int = 1) -> None:
        """Count steps."""
        if self._task is not None:
            from rich.progress import TaskID

            self.rich.advance(TaskID(self._task), steps)

    def note(self, message: str) -> None:
        """Print the message above the bars."""
        self.rich.console.print(message, markup=False, highlight=False)


@contextmanager
def console_progress() -> Iterator[Progress]:
    """Give the progress that fits standard error."""
    if sys.stderr.isatty():
        bars = BarProgress()
        with bars.rich:
            yield bars
    else:
        yield PlainProgress(sys.stderr)
