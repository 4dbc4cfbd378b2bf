"""How a stage is to be run, and the value that an item becomes when it can't be worked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vision.errors import ConfigError


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What runs the stages.

    Attributes:
        engine: ``inline`` works in this process, ``ray`` on a pool of worker processes.
        workers: Processes in the pool; ``inline`` is one process whatever this says.
        ray_address: ``host:port`` of a cluster that this machine is a node of, such as ``10.0.0.5:6379``, or ``auto``;
            None starts a Ray of our own on this machine.
        attempts: Times that an item may take its worker down (out of memory, killed) before it is given up.
    """

    engine: Literal["inline", "ray"]
    workers: int = 1
    ray_address: str | None = None
    attempts: int = 3

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigError(f"{self.workers} workers: give at least 1")
        if self.attempts < 1:
            raise ConfigError(f"{self.attempts} attempts: give at least 1")
        if self.ray_address is not None and self.engine != "ray":
            raise ConfigError(f"a Ray address is given, but the engine is {self.engine!r}: use --engine ray")


@dataclass(frozen=True, slots=True)
class StageFailure:
    """One item that a stage could not work. The others go on.

    Attributes:
        item_index: Position of the item in the sequence that ``run_stage`` was given.
        error_type: Class name of the error; ``WorkerDied`` where the item took its process down each time.
        message: What is wrong and what to do.
        traceback: Where it was raised, for ``-v``; empty for an error that walkdown raised on purpose.
    """

    item_index: int
    error_type: str
    message: str
    traceback: str = ""
