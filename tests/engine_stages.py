"""Stages for the engine's tests: small, picklable, with nothing behind them but time and files."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vision.errors import FootageError, WeightsNotFound
from vision.protocols import Resources


@dataclass
class Doubles:
    """Doubles its items; refuses some, trips over others. Leaves a mark in ``folder`` for each item it begins."""

    name: str = "doubles"
    resources: Resources = field(default_factory=Resources)
    batch_size: int = 1
    refused: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    seconds_an_item: float = 0.0
    folder: str = ""
    setups: int = 0
    worked: list[int] = field(default_factory=list)

    def setup(self) -> None:
        self.setups += 1

    def process(self, batch: Sequence[int]) -> list[tuple[int, int, int]]:
        """Give (item, doubled, process id)."""
        if self.setups != 1:
            raise RuntimeError(f"set up {self.setups} times")
        for item in batch:
            if self.folder:
                with self._marks(item).open("ab") as marks:
                    marks.write(b".")
            if item in self.refused:
                raise FootageError(f"item {item} can't be decoded: record it again")
            if item in self.broken:
                raise ZeroDivisionError(f"item {item}")
            time.sleep(self.seconds_an_item)
            self.worked.append(item)
        return [(item, 2 * item, os.getpid()) for item in batch]

    def _marks(self, item: int) -> Path:
        return Path(self.folder) / f"item-{item}"


@dataclass
class WithoutWeights(Doubles):
    """Can't be set up."""

    def setup(self) -> None:
        raise WeightsNotFound("no weights at road.pt: run walkdown doctor")


@dataclass
class BreaksInSetup(Doubles):
    """Fails to load as a third-party runtime does."""

    def setup(self) -> None:
        raise OSError("no device")


@dataclass
class LosesAResult(Doubles):
    """Breaks the contract: gives fewer results than items."""

    def process(self, batch: Sequence[int]) -> list[tuple[int, int, int]]:
        return super().process(batch)[1:]


@dataclass
class KillsItsWorker(Doubles):
    """Takes its process down over some items, each as many times as it may."""

    deadly: tuple[int, ...] = ()
    times: int = 1_000

    def process(self, batch: Sequence[int]) -> list[tuple[int, int, int]]:
        results = []
        for item in batch:
            results += super().process([item])
            if item in self.deadly and self._marks(item).stat().st_size <= self.times:
                os.kill(os.getpid(), signal.SIGKILL)
        return results


@dataclass
class DiesInSetup(Doubles):
    """Takes its process down while it loads."""

    def setup(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
