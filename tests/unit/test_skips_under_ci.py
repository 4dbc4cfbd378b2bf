"""The rule of ``tests/conftest.py``: under CI=true a skipped test is a failure, unless it may be skipped by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPING = """
import pytest

def test_works():
    pass

def test_without_a_database():
    pytest.skip("WALKDOWN_TEST_POSTGRES_URL is not set")

@pytest.mark.skip(reason="optional: this machine has a GPU")
def test_for_machines_without_a_gpu():
    pass

@pytest.mark.xfail(reason="known")
def test_known():
    assert False
"""


@pytest.mark.parametrize(
    ("ci", "closing"), [("true", "1 failed, 1 passed, 1 skipped, 1 xfailed"), ("", "1 passed, 2 skipped, 1 xfailed")]
)
def test_a_skip_fails_in_ci_alone(tmp_path: Path, ci: str, closing: str) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "tests.conftest", str(tmp_path)],
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert closing in told
    assert ("WALKDOWN_TEST_POSTGRES_URL is not set" in told) == bool(ci)
