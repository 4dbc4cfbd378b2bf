"""A run that is cut off goes on from its SQLite checkpoints: the same result, and no finding investigated twice."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from agents.deps import AgentConfig
from agents.graph import run_agent
from agents.types import FindingFacts
from tests.builders_agents import MemoryLedger, beside, make_facts
from vision.errors import StoreError

INSPECTED_ON = date(2025, 3, 1)
ONE_AT_A_TIME = AgentConfig(max_parallel=1)
BROKEN = "f-0020"


def forty_findings() -> list[FindingFacts]:
    first = make_facts()
    return [
        beside(first, 7.0 * place, finding_id=f"f-{place:04d}", chainage_m=12_000 + 7.0 * place) for place in range(40)
    ]


FINDINGS = forty_findings()
IDS = [finding.finding_id for finding in FINDINGS]


@contextmanager
def checkpoints(path: Path) -> Iterator[SqliteSaver]:
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        yield SqliteSaver(connection)


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("checkpoints", "writes")
        )


def undisturbed(tmp_path: Path) -> object:
    with checkpoints(tmp_path / "undisturbed.db") as saver:
        return run_agent(MemoryLedger(FINDINGS), IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")


def test_run_goes_on_where_the_ledger_failed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "agent.db"
    ledger = MemoryLedger(FINDINGS, breaks_at=BROKEN)
    with checkpoints(path) as saver, pytest.raises(StoreError, match="locked"):
        run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
    before = Counter(name for what, name in ledger.asked if what == "neighbours")
    assert before[BROKEN] == 1
    assert len(before) >= 20

    with caplog.at_level(logging.WARNING), checkpoints(path) as saver:
        result = run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
    after = Counter(name for what, name in ledger.asked if what == "neighbours")
    assert result == undisturbed(tmp_path)
    assert {name: times for name, times in after.items() if times > 1} == {BROKEN: 2}
    assert caplog.records == []
    assert rows(path) == 0


def test_parallel_run_goes_on_too(tmp_path: Path) -> None:
    ledger = MemoryLedger(FINDINGS, breaks_at=BROKEN)
    with checkpoints(tmp_path / "agent.db") as saver:
        with pytest.raises(StoreError):
            run_agent(ledger, IDS, INSPECTED_ON, AgentConfig(max_parallel=4), saver, "i-1")
        result = run_agent(ledger, IDS, INSPECTED_ON, AgentConfig(max_parallel=4), saver, "i-1")
    assert result == undisturbed(tmp_path)


def test_facts_that_changed_meanwhile_are_not_mixed_with_old_ones(tmp_path: Path) -> None:
    ledger = MemoryLedger(FINDINGS, breaks_at=BROKEN)
    changed = FINDINGS[3].model_copy(update={"status": "repaired", "frames_seen": 0})
    with checkpoints(tmp_path / "agent.db") as saver:
        with pytest.raises(StoreError):
            run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
        ledger.findings[changed.finding_id] = changed
        result = run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
        fresh = run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-2")
    assert result == fresh


@pytest.mark.parametrize("other", ["date", "findings", "settings"])
def test_another_question_on_the_same_thread_starts_anew(tmp_path: Path, other: str) -> None:
    ids = IDS[:10] if other == "findings" else IDS
    day = date(2025, 4, 1) if other == "date" else INSPECTED_ON
    config = AgentConfig(max_parallel=1, road_use="main") if other == "settings" else ONE_AT_A_TIME
    ledger = MemoryLedger(FINDINGS, breaks_at=BROKEN)
    with checkpoints(tmp_path / "agent.db") as saver:
        with pytest.raises(StoreError):
            run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
        result = run_agent(ledger, ids, day, config, saver, "i-1")
        fresh = run_agent(ledger, ids, day, config, saver, "i-2")
    assert result == fresh


def test_unwritable_checkpoints_are_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    with checkpoints(path) as saver:
        run_agent(MemoryLedger(FINDINGS[:2]), IDS[:2], INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)) as connection:
        saver = SqliteSaver(connection)
        with pytest.raises(StoreError, match="checkpoints can't be read or written"):
            run_agent(MemoryLedger(FINDINGS[:2]), IDS[:2], INSPECTED_ON, ONE_AT_A_TIME, saver, "i-2")


KILLED = """
import os, sys, time
from pathlib import Path
from tests.integration.agents.test_resume import BROKEN, FINDINGS, IDS, INSPECTED_ON, ONE_AT_A_TIME, checkpoints
from tests.builders_agents import MemoryLedger
from agents.graph import run_agent


class Deadly(MemoryLedger):
    def neighbours(self, finding_id, radius_m):
        if finding_id == BROKEN:
            os._exit(9)
        time.sleep(0.02)  # a model takes longer than a disk write
        return super().neighbours(finding_id, radius_m)


with checkpoints(Path(sys.argv[1])) as saver:
    run_agent(Deadly(FINDINGS), IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
"""


def test_killed_process_loses_and_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "agent.db"
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=root, check=False, timeout=120)
    assert killed.returncode == 9
    ledger = MemoryLedger(FINDINGS)
    with checkpoints(path) as saver:
        result = run_agent(ledger, IDS, INSPECTED_ON, ONE_AT_A_TIME, saver, "i-1")
    assert result == undisturbed(tmp_path)
    asked = {name for what, name in ledger.asked if what == "neighbours"}
    assert BROKEN in asked
    assert len(asked) <= 25  # twenty were done, and the last few of them may not have reached the disk
