"""The engine that works in this process: for debugging, and for machines where one process is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from infra.engine.attempt import attempt_batch, set_up
from infra.engine.types import StageFailure
from vision.protocols import Stage

In = TypeVar("In")
Out = TypeVar("Out")


def run_inline(stage: Stage[In, Out], items: Sequence[In]) -> Iterator[Out | StageFailure]:
    """Set the stage up once and yield each batch's results as it is done, in order.

    Raises:
        WalkdownError: The stage could not be set up.
    """
    if not items:
        return
    set_up(stage)
    numbered = list(enumerate(items))
    for start in range(0, len(numbered), stage.batch_size):
        yield from attempt_batch(stage, numbered[start : start + stage.batch_size])
