"""The one way in: a stage, its items and a config go in, results come out as they are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from infra.engine.inline import run_inline
from infra.engine.types import EngineConfig, StageFailure
from vision.protocols import Stage

In = TypeVar("In")
Out = TypeVar("Out")


@contextmanager
def engine_started(config: EngineConfig) -> Iterator[None]:
    """Keep the engine up while several stages run, and take down only what this started.

    Raises:
        ConfigError: No cluster answers at ``config.ray_address``.
        WalkdownError: Ray could not be started on this machine.
    """
    if config.engine == "inline":
        yield
        return
    from infra.engine.ray_session import ray_started

    with ray_started(config):
        yield


def run_stage(stage: Stage[In, Out], items: Sequence[In], config: EngineConfig) -> Iterator[Out | StageFailure]:
    """Run a stage over items and yield results as they are done, in any order.

    An item that the stage can't work becomes a ``StageFailure``; the others go on. Outside ``engine_started`` the
    engine is brought up for this stage alone.

    Raises:
        WalkdownError: The stage could not be set up (``WeightsNotFound``, say), or the engine failed as a whole.
    """
    if config.engine == "inline":
        yield from run_inline(stage, items)
        return
    if not items:
        return
    with engine_started(config):
        from infra.engine.ray_adapter import run_on_ray  # after the start, which sets what Ray reads at its import

        yield from run_on_ray(stage, items, config)
