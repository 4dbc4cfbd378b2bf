"""Stages on a real Ray: results as they come, failures as values, dead workers, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from infra.engine.run import run_stage
from infra.engine.types import EngineConfig, StageFailure
from tests.engine_stages import DiesInSetup, Doubles, KillsItsWorker, WithoutWeights
from vision.errors import ConfigError, ModelError, WeightsNotFound
from vision.protocols import Resources, Stage

ROOT = Path(__file__).resolve().parents[3]


def outcomes(stage: Stage[int, tuple[int, int, int]], count: int, engine: EngineConfig) -> set[tuple[object, ...]]:
    """Run a stage over ``range(count)`` and give what came of each item, less the process that did it."""
    found: set[tuple[object, ...]] = set()
    for result in run_stage(stage, list(range(count)), engine):
        if isinstance(result, StageFailure):
            found.add((result.item_index, result.error_type, result.message))
        else:
            found.add(result[:2])
    return found


def test_gives_what_the_inline_engine_gives(ray_engine: EngineConfig) -> None:
    def stage() -> Doubles:
        return Doubles(batch_size=3, refused=(1, 6), broken=(4,))

    on_ray = outcomes(stage(), 8, ray_engine)

    assert on_ray == outcomes(stage(), 8, EngineConfig(engine="inline"))
    assert (6, "FootageError", "item 6 can't be decoded: record it again") in on_ray


def test_results_come_while_others_have_not_begun(ray_engine: EngineConfig, tmp_path: Path) -> None:
    stage = Doubles(seconds_an_item=0.2, folder=str(tmp_path))

    begun_at_result = [len(list(tmp_path.iterdir())) for _ in run_stage(stage, list(range(12)), ray_engine)]

    assert len(begun_at_result) == 12
    assert begun_at_result[0] <= 6


def test_work_is_spread_over_the_pool(ray_engine: EngineConfig) -> None:
    results = list(run_stage(Doubles(seconds_an_item=0.2), list(range(10)), ray_engine))

    workers = {result[2] for result in results if not isinstance(result, StageFailure)}
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_missing_weights_are_told_in_the_driver(ray_engine: EngineConfig) -> None:
    with pytest.raises(WeightsNotFound, match=r"no weights at road\.pt: run walkdown doctor"):
        outcomes(WithoutWeights(), 3, ray_engine)


def test_an_item_that_kills_its_worker_once_is_worked_again(ray_engine: EngineConfig, tmp_path: Path) -> None:
    stage = KillsItsWorker(deadly=(2,), times=1, folder=str(tmp_path))

    assert outcomes(stage, 5, ray_engine) == {(item, 2 * item) for item in range(5)}
    assert (tmp_path / "item-2").stat().st_size == 2


def test_an_item_that_kills_every_worker_is_given_up_alone(
    ray_engine: EngineConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = KillsItsWorker(deadly=(2,), batch_size=3, folder=str(tmp_path))

    found = outcomes(stage, 6, ray_engine)

    (lost,) = (outcome for outcome in found if len(outcome) == 3)
    assert lost[:2] == (2, "WorkerDied")
    assert found - {lost} == {(item, 2 * item) for item in range(6) if item != 2}
    assert (tmp_path / "item-2").stat().st_size == ray_engine.attempts
    assert capfd.readouterr() == ("", ""), "Ray's own words on the user's terminal"


def test_workers_that_die_while_they_load_are_told_not_retried_for_ever(ray_engine: EngineConfig) -> None:
    with pytest.raises(ModelError, match="died 3 times while they loaded"):
        outcomes(DiesInSetup(), 2, ray_engine)


def test_a_run_left_early_frees_the_pool(ray_engine: EngineConfig) -> None:
    results = run_stage(Doubles(seconds_an_item=0.2), list(range(50)), ray_engine)
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert outcomes(Doubles(), 3, ray_engine) == {(0, 0), (1, 2), (2, 4)}


def test_a_stage_for_a_gpu_says_so_where_there_is_none(ray_engine: EngineConfig) -> None:
    import ray

    if ray.cluster_resources().get("GPU"):
        pytest.skip("optional: this machine has a GPU")
    with pytest.raises(ModelError, match="needs 1 GPU a worker"):
        outcomes(Doubles(resources=Resources(gpus=1.0)), 2, ray_engine)


def test_an_interrupt_that_ray_stumbles_over_stays_an_interrupt(
    ray_engine: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.data._internal.execution import streaming_executor

    def stumbles(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise KeyError("an operator that is gone")  # noqa: B904 - as a bug in the clean-up raises it

    monkeypatch.setattr(streaming_executor._ClosingIterator, "get_next", stumbles)
    with pytest.raises(KeyboardInterrupt):
        outcomes(Doubles(), 3, ray_engine)

    monkeypatch.undo()
    assert outcomes(Doubles(), 3, ray_engine) == {(0, 0), (1, 2), (2, 4)}


# --- a process of its own, as a user has it ----------------------------------------------------------------------

SCRIPT = textwrap.dedent(
    """
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background leaves it ignored
    sys.path.insert(0, sys.argv[1])
    from infra.engine.run import run_stage
    from infra.engine.types import EngineConfig
    from tests.engine_stages import Doubles

    config = EngineConfig("ray", 2, ray_address=sys.argv[3] if len(sys.argv) > 3 else None)
    for result in run_stage(Doubles(seconds_an_item=0.1), list(range(int(sys.argv[2]))), config):
        print(result[1], flush=True)
    """
)


def start(tmp_path: Path, *arguments: str, script: str = SCRIPT) -> subprocess.Popen[str]:
    """Start the script from a folder that holds none of our packages, with a home of its own."""
    path = tmp_path / "drive.py"
    path.write_text(script, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(path), str(ROOT), *arguments],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def leftovers(session: int) -> list[str]:
    """Give the command lines of a session's processes that are still there when all had time to end."""
    rows: list[list[str]] = []
    for _ in range(40):
        listed = subprocess.run(["ps", "-eo", "sid=,stat=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(maxsplit=2) for line in listed.splitlines()]
        rows = [row for row in rows if row[0] == str(session) and not row[1].startswith("Z")]
        if not rows:
            break
        time.sleep(0.5)
    return [row[2] for row in rows]


def test_starts_a_quiet_ray_of_its_own_anywhere_and_takes_it_down(tmp_path: Path) -> None:
    process = start(tmp_path, "4")
    out, err = process.communicate(timeout=120)

    assert err == ""
    assert sorted(out.split()) == ["0", "2", "4", "6"]
    assert process.returncode == 0
    assert leftovers(process.pid) == []
    assert {path.name for path in tmp_path.iterdir()} == {"drive.py"}, "Ray wrote into the user's home"


def test_ctrl_c_ends_it_clean(tmp_path: Path) -> None:
    process = start(tmp_path, "500")
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdigit()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGINT, err
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert leftovers(process.pid) == []


def test_ctrl_c_ends_it_even_where_ray_hangs(tmp_path: Path) -> None:
    stuck = "import infra.engine.ray_session as own, ray, time; own.PATIENCE_S = 1.0"
    script = SCRIPT.replace("    print(", f"    {stuck}; ray.shutdown = lambda: time.sleep(50)\n    print(")
    process = start(tmp_path, "500", script=script)
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdigit()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=40)

    assert process.returncode == -signal.SIGINT
    assert leftovers(process.pid) == []


@pytest.mark.parametrize("address", ["127.0.0.1:1", "cluster", "ray://127.0.0.1:10001"])
def test_a_cluster_that_is_not_there_is_a_settings_error(tmp_path: Path, address: str) -> None:
    process = start(tmp_path, "4", address)
    _, err = process.communicate(timeout=60)

    assert err.splitlines()[-1].startswith(f"{ConfigError.__module__}.ConfigError")
    assert f"--ray-address {address}" in err.splitlines()[-1]
