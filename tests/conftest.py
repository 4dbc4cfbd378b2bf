"""What every tier of tests shares: the import root, the skip rule of CI, and one Ray for the whole session."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.engine.types import EngineConfig

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

sys.path.insert(0, str(ROOT))  # ``tests.builders`` and its like, whichever way pytest is started


def pytest_configure(config: pytest.Config) -> None:
    """List the third-party warnings that we can do nothing about; all others are errors."""
    for warning in (
        # Ray Data's settings object trips over its own deprecations when it is made.
        r"ignore::DeprecationWarning:ray\..*",
    ):
        config.addinivalue_line("filterwarnings", warning)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real footage beside the repo; a machine without it skips by name."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, which is not there")
    return SHARED


@pytest.fixture(scope="session")
def ray_engine() -> Iterator[EngineConfig]:
    """Give the one Ray of the session: a pool of two workers on this machine."""
    from infra.engine.run import engine_started
    from infra.engine.types import EngineConfig

    config = EngineConfig(engine="ray", workers=2)
    with engine_started(config):
        yield config


# --- under CI=true a skipped tier is a failure -------------------------------------------------------------------


def _skip_is_allowed(reason: str) -> bool:
    """Tell whether CI lets a test be skipped: it says that it is optional, or needs a folder that isn't there."""
    return "optional:" in reason or ("../shared" in reason and not SHARED.is_dir())


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure under CI=true."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not _skip_is_allowed(reason):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure under CI=true: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Hold CI to running every test."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Hold CI to collecting every test module."""
    report = yield
    _fail_if_skipped(report)
    return report
