"""The one place that knows both stages and Ray: an actor pool of Ray Data works the items.

Each batch is a block of its own, so that results come one by one while others run, and a killed run loses no more than
what was in flight. Items and results cross as pickled bytes: they are references and findings, never frames.

Ray restarts a worker that died and gives it its batch again, without end. Which batch was its undoing is written down
beforehand in a small actor outside the pool (``AttemptLog``), so that an item is given up after ``attempts`` deaths.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa
import ray
import ray.data
from ray import cloudpickle

from infra.engine.attempt import attempt_batch, set_up
from infra.engine.attempt_log import AttemptLog
from infra.engine.types import EngineConfig, StageFailure
from vision.errors import ModelError, WalkdownError
from vision.protocols import Stage

In = TypeVar("In")
Out = TypeVar("Out")

PAYLOAD = "payload"


def run_on_ray(stage: Stage[In, Out], items: Sequence[In], config: EngineConfig) -> Iterator[Out | StageFailure]:
    """Run a stage on a pool of ``config.workers`` actors of the Ray that is up; yield results as they are done.

    Raises:
        WalkdownError: The stage could not be set up, or Ray failed as a whole.
        KeyboardInterrupt: Ctrl-C, also where Ray stumbled over it.
    """
    _quiet_ray_data()
    numbered = list(enumerate(items))
    batches = [numbered[start : start + stage.batch_size] for start in range(0, len(numbered), stage.batch_size)]
    rows = [{PAYLOAD: cloudpickle.dumps(batch)} for batch in batches]
    pool = _pool_arguments(stage, config)
    try:
        blocks = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(_StageWorker, **pool)
        # prefetch_batches=0: any more, and Ray holds a result back until the next one is there.
        tables = blocks.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow")
        with closing(iter(tables)) as results:
            for table in results:
                for payload in table[PAYLOAD].to_pylist():
                    yield from _opened(payload)
    except WalkdownError:
        raise
    except Exception as err:  # the edge: Ray Data may trip over anything while an interrupt takes it down
        if _in_the_wake_of_an_interrupt(err):
            raise KeyboardInterrupt from err
        if not isinstance(err, (ray.exceptions.RayError, RuntimeError, OSError)):
            raise
        raise WalkdownError(
            f"{stage.name}: Ray failed ({type(err).__name__}: {err}). What was finished is kept: run the same command "
            "again to go on, with --engine inline if it stays so"
        ) from err


def _in_the_wake_of_an_interrupt(err: BaseException) -> bool:
    """Tell whether an error came up while a KeyboardInterrupt was being handled.

    Ray Data takes its executor down when the user's Ctrl-C reaches it; where its own threads are slow to end, that
    fails with errors of its own (a dictionary changed while it was read, say), which would hide the interrupt.
    """
    seen: list[BaseException] = []
    left = [err]
    while left:
        one = left.pop()
        if isinstance(one, KeyboardInterrupt):
            return True
        seen.append(one)
        left.extend(e for e in (one.__cause__, one.__context__) if e is not None and e not in seen)
    return False


def _pool_arguments(stage: Stage[Any, Any], config: EngineConfig) -> dict[str, Any]:
    """Give what ``map_batches`` needs for a pool of workers that each take one batch at a time."""
    own_ray = config.ray_address is None
    if own_ray and stage.resources.gpus > ray.cluster_resources().get("GPU", 0):
        raise ModelError(f"{stage.name} needs {stage.resources.gpus:g} GPU a worker, and Ray sees none on this machine")
    return {
        "batch_size": None,
        "batch_format": "pyarrow",
        "compute": ray.data.ActorPoolStrategy(size=config.workers, max_tasks_in_flight_per_actor=1),
        # On a Ray of our own, CPUs are only a count that must let the whole pool start.
        "num_cpus": 1 if own_ray else stage.resources.cpus,
        "num_gpus": stage.resources.gpus or None,
        "fn_constructor_args": (
            cloudpickle.dumps(stage),
            config,
            ray.remote(num_cpus=0)(AttemptLog).remote(),
        ),
    }


def _opened(payload: bytes) -> list[Any]:
    """Unpack one batch's results in the driver; a worker's setup error is raised here."""
    results = cloudpickle.loads(payload)
    if isinstance(results, _SetupFailed):
        raise results.error
    return list(results)


def _quiet_ray_data() -> None:
    """Keep Ray Data's banners and progress bars off the user's terminal; walkdown shows its own."""
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.enable_auto_log_stats = False


@dataclass(frozen=True, slots=True)
class _SetupFailed:
    """What a worker whose stage could not be set up gives for every batch."""

    error: WalkdownError


class _StageWorker:
    """One actor of the pool: holds a stage that is set up, and gives each batch's results as one row of bytes."""

    def __init__(self, pickled_stage: bytes, config: EngineConfig, log: Any) -> None:
        self._attempts = config.attempts
        self._log = log
        self._stage: Stage[Any, Any] | None = None
        self._setup_failed: _SetupFailed | None = None
        try:
            self._guarded_set_up(pickled_stage, config.workers)
        except WalkdownError as err:
            # Raised here, it would only make Ray start the worker again: the driver gets it with the first batch.
            self._setup_failed = _SetupFailed(err)

    def __call__(self, table: pa.Table) -> pa.Table:
        payloads = [self._worked(payload) for payload in table[PAYLOAD].to_pylist()]
        return pa.table({PAYLOAD: pa.array(payloads, type=pa.binary())})

    def _guarded_set_up(self, pickled_stage: bytes, workers: int) -> None:
        """Load the stage, unless workers have died again and again while they did so."""
        died = self._begin("setup") - (workers - 1)  # the others may be loading right now
        if died >= self._attempts:
            # not by how many began: one that gives up at the same moment as this one has begun too, and didn't die
            times = f"{self._attempts} times"
            raise ModelError(f"workers died {times} while they loaded the model: is there memory for {workers}?")
        try:
            stage = cloudpickle.loads(pickled_stage)
        except Exception as err:  # unpickling runs imports: anything may come
            raise ModelError(f"a worker can't load the stage: {type(err).__name__}: {err}") from err
        _limit_threads(max(1, int(stage.resources.cpus)))
        set_up(stage)
        self._finish("setup")
        self._stage = stage

    def _worked(self, payload: bytes) -> bytes:
        if self._stage is None:
            return bytes(cloudpickle.dumps(self._setup_failed))
        batch: list[tuple[int, Any]] = cloudpickle.loads(payload)
        key = ("batch", batch[0][0])
        if self._begin(key) == 0:
            results = attempt_batch(self._stage, batch)
        else:
            # A worker died over this batch: one by one, whichever item it was can be told from the others.
            results = [self._worked_alone(self._stage, numbered) for numbered in batch]
        self._finish(key)
        return bytes(cloudpickle.dumps(results))

    def _worked_alone(self, stage: Stage[Any, Any], numbered: tuple[int, Any]) -> Any:
        index = numbered[0]
        died = self._begin(index) + 1
        if died >= self._attempts:
            message = (
                f"{stage.name}: the worker died {died} times over this item (out of memory, or killed): gave it up"
            )
            return StageFailure(index, "WorkerDied", message)
        result = attempt_batch(stage, [numbered])[0]
        self._finish(index)
        return result

    def _begin(self, key: Hashable) -> int:
        return int(ray.get(self._log.begin.remote(key)))

    def _finish(self, key: Hashable) -> None:
        self._log.finish.remote(key)


def _limit_threads(count: int) -> None:
    """Hold the numeric libraries of this worker to its share of the machine."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ[name] = str(count)
    setters: dict[str, Callable[[Any], None]] = {
        "cv2": lambda cv2: cv2.setNumThreads(count),
        "torch": lambda torch: torch.set_num_threads(count),
    }
    for name, limit in setters.items():
        if name in sys.modules:  # loaded already: too late for the environment
            limit(sys.modules[name])
