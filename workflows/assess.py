"""Let the agent assess what an inspection found, and keep what it made of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial

from langgraph.checkpoint.sqlite import SqliteSaver
from sqlalchemy.engine import Engine

from agents.deps import AgentConfig
from agents.graph import run_agent
from infra.database import reading, writing
from infra.settings import Settings
from infra.store.assessments import save_agent_result
from infra.store.facts import finding_facts
from infra.store.inspections import inspection_row
from infra.store.reader import LedgerReader
from vision.errors import StoreError
from workflows.progress import Progress


def assess_findings(database: Engine, settings: Settings, inspection_id: str, progress: Progress) -> None:
    """Run the agent over the findings of an inspection; an interrupted run goes on from its checkpoint.

    Due dates count from the day that the inspection was begun, so that running it again doesn't move them.

    Raises:
        ConfigError: A rules file is wrong.
        ReasoningError: The agent could not finish.
        StoreError: The ledger or the checkpoints can't be read or written.
    """
    with reading(database) as session:
        names = [facts.finding_id for facts in finding_facts(session, inspection_id, settings.ledger)]
        begun = inspection_row(session, inspection_id).created_at.date()
    progress.start("assess", len(names))
    ledger = LedgerReader(partial(reading, database), inspection_id, settings.ledger)
    config = AgentConfig(standard_path=settings.agent.standards, treatments_path=settings.agent.treatments)
    path = settings.storage.cache_dir / "agent-checkpoints.db"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            result = run_agent(ledger, names, begun, config, SqliteSaver(connection), inspection_id)
    except (OSError, sqlite3.Error) as err:
        raise StoreError(
            f"the agent's checkpoints at {path} can't be written: {err}; free space or set storage.cache_dir"
        ) from err
    with writing(database) as session:
        save_agent_result(session, inspection_id, result)
    progress.advance(len(names))
