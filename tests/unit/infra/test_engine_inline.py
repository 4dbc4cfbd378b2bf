"""The engine that works in this process, through the door that every caller uses."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.engine.run import engine_started, run_stage
from infra.engine.types import EngineConfig, StageFailure
from tests.engine_stages import BreaksInSetup, Doubles, LosesAResult, WithoutWeights
from vision.errors import ConfigError, ModelError, WeightsNotFound

INLINE = EngineConfig(engine="inline")


def test_works_all_items_in_this_process_with_one_setup() -> None:
    stage = Doubles(batch_size=3)

    results = list(run_stage(stage, list(range(7)), INLINE))

    assert results == [(item, 2 * item, os.getpid()) for item in range(7)]
    assert stage.setups == 1


def test_gives_a_batch_before_it_starts_the_next() -> None:
    stage = Doubles(batch_size=2)
    results = run_stage(stage, list(range(6)), INLINE)

    assert [next(results), next(results)] == [(0, 0, os.getpid()), (1, 2, os.getpid())]
    assert stage.worked == [0, 1]


def test_no_items_need_no_setup() -> None:
    stage = WithoutWeights()

    assert list(run_stage(stage, [], INLINE)) == []


@given(
    count=st.integers(0, 12),
    batch_size=st.integers(1, 5),
    refused=st.sets(st.integers(0, 11), max_size=4),
)
def test_only_bad_items_are_lost_whatever_the_batches(count: int, batch_size: int, refused: set[int]) -> None:
    stage = Doubles(batch_size=batch_size, refused=tuple(refused))

    results = list(run_stage(stage, list(range(count)), INLINE))

    lost = {result.item_index for result in results if isinstance(result, StageFailure)}
    worked = {result[0] for result in results if not isinstance(result, StageFailure)}
    assert lost == refused & set(range(count))
    assert worked == set(range(count)) - refused
    assert len(results) == count


def test_a_refused_item_says_what_to_do() -> None:
    (failure,) = run_stage(Doubles(refused=(9,)), [9], INLINE)

    assert failure == StageFailure(0, "FootageError", "item 9 can't be decoded: record it again")


def test_an_unexpected_error_keeps_its_place_in_the_code() -> None:
    (failure,) = run_stage(Doubles(broken=(4,)), [4], INLINE)

    assert isinstance(failure, StageFailure)
    assert failure.error_type == "ZeroDivisionError"
    assert "engine_stages.py" in failure.traceback


def test_a_stage_that_loses_a_result_never_shifts_results_to_other_items() -> None:
    results = list(run_stage(LosesAResult(batch_size=3), [1, 2, 3], INLINE))

    assert [type(result) for result in results] == [StageFailure] * 3


def test_missing_weights_end_the_run() -> None:
    with pytest.raises(WeightsNotFound, match="walkdown doctor"):
        list(run_stage(WithoutWeights(), [1], INLINE))


def test_a_runtime_that_fails_to_load_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"doubles could not be set up: OSError: no device"):
        list(run_stage(BreaksInSetup(), [1], INLINE))


def test_a_failure_survives_a_trip_between_processes() -> None:
    failure = StageFailure(3, "FootageError", "cut off", traceback="line 1")

    assert pickle.loads(pickle.dumps(failure)) == failure


def test_engine_started_needs_nothing_inline() -> None:
    with engine_started(INLINE):
        assert len(list(run_stage(Doubles(), [1, 2], INLINE))) == 2


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"engine": "ray", "workers": 0}, "give at least 1"),
        ({"engine": "ray", "attempts": 0}, "give at least 1"),
        ({"engine": "inline", "ray_address": "10.0.0.5:6379"}, "use --engine ray"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        EngineConfig(**settings)  # type: ignore[arg-type]
