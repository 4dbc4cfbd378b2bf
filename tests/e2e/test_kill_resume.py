"""Killed and rerun, nothing is lost or doubled; one worker, two workers and inline write the same ledger."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Home, inspect_arguments
from tests.ledger_digest import ledger_rows


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, drives: Path) -> tuple[dict, float]:
    home = Home(tmp_path_factory.mktemp("undisturbed"), shared_cache)
    home.run(*inspect_arguments(drives / "first", home.folder / "warm", "--engine", "inline", "--every", "6m"))
    home.database.unlink()
    started = time.monotonic()
    home.run(*inspect_arguments(drives / "first", home.folder / "report", "--engine", "inline"))
    return ledger_rows(home.database), time.monotonic() - started


def test_killed_at_ten_moments_and_run_again(home: Home, drives: Path, undisturbed: tuple[dict, float]) -> None:
    expected, seconds = undisturbed
    moments = random.Random(20261123)
    arguments = inspect_arguments(drives / "first", home.folder / "report", "--engine", "inline")
    killed = 0
    for moment in range(20):
        if killed == 10:
            break
        for leftover in home.folder.glob("ledger.db*"):
            leftover.unlink()
        process = subprocess.Popen(
            home.command(*arguments),
            env=home.environment(),
            cwd=home.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started = time.monotonic()
        try:
            process.wait(timeout=moments.uniform(0.1, 1.0) * seconds)
            seconds = min(seconds, time.monotonic() - started)  # the machine was busier while it was undisturbed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        home.run(*arguments)
        assert ledger_rows(home.database) == expected, f"moment {moment}"
    assert killed >= 7


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ray_writes_the_same_ledger_as_inline(
    home: Home, drives: Path, undisturbed: tuple[dict, float], workers: str
) -> None:
    expected, _ = undisturbed
    options = ("--engine", "ray", "--workers", workers)
    home.run(*inspect_arguments(drives / "first", home.folder / "report", *options))
    assert ledger_rows(home.database) == expected


def test_ctrl_c_says_how_to_go_on_and_leaves_no_report(home: Home, drives: Path) -> None:
    ours = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a child of one that ignores it would ignore it too
    try:
        process = subprocess.Popen(
            home.command(*inspect_arguments(drives / "first", home.folder / "report", "--engine", "inline")),
            env=home.environment(),
            cwd=home.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("read: done"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("walkdown: stopped; run the same command again to go on from here\n")
    assert not (home.folder / "report").exists()
