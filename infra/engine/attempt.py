"""One try at one batch of a stage: the same whichever engine runs it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any, TypeVar

from infra.engine.types import StageFailure
from vision.errors import ModelError, WalkdownError
from vision.protocols import Stage

In = TypeVar("In")
Out = TypeVar("Out")


def set_up(stage: Stage[Any, Any]) -> None:
    """Call the stage's ``setup``.

    Raises:
        WalkdownError: As the stage raised it (``WeightsNotFound``, say).
        ModelError: The stage raised anything else.
    """
    try:
        stage.setup()
    except WalkdownError:
        raise
    except Exception as err:  # a third-party runtime may raise anything while it loads
        raise ModelError(f"{stage.name} could not be set up: {type(err).__name__}: {err}") from err


def attempt_batch(stage: Stage[In, Out], batch: Sequence[tuple[int, In]]) -> list[Out | StageFailure]:
    """Work a batch; where it fails, work its items one by one, so that only the bad ones are lost.

    Args:
        stage: Already set up.
        batch: Items with their index among all items.

    Returns:
        One result or failure for each item, in order.
    """
    try:
        results = stage.process([item for _, item in batch])
        if len(results) != len(batch):
            raise RuntimeError(f"{stage.name} gave {len(results)} results for {len(batch)} items")
    except Exception as err:  # noqa: BLE001 - the edge: one item's error, whatever it is, must not end the run
        if len(batch) > 1:
            return [attempt_batch(stage, [numbered])[0] for numbered in batch]
        return [_failure(batch[0][0], err)]
    return list(results)


def _failure(item_index: int, err: Exception) -> StageFailure:
    """Turn an error into a value; one that walkdown didn't raise on purpose keeps its traceback."""
    if isinstance(err, WalkdownError):
        return StageFailure(item_index, type(err).__name__, str(err))
    message = f"{type(err).__name__}: {err} (an error that walkdown didn't expect: run with -v and report it)"
    return StageFailure(item_index, type(err).__name__, message, traceback="".join(traceback.format_exception(err)))
