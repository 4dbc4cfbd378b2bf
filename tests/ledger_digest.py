"""Everything in a ledger that must not depend on how the work was run: all rows, without the times of making."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

TIMES = {"added_at", "created_at", "completed_at", "done_at", "made_at", "failure_id"}
PLACES_ON_DISK = {"path", "location"}


def ledger_rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give every table's rows, sorted."""
    with closing(sqlite3.connect(database)) as connection:
        names = [
            name
            for (name,) in connection.execute("select name from sqlite_master where type = 'table' order by name")
            if not name.startswith(("sqlite_", "alembic"))
        ]
        return {name: _rows(connection, name) for name in names}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    kept = [name for name in columns if name not in TIMES | PLACES_ON_DISK]
    rows = connection.execute(f"select {', '.join(kept)} from {table}").fetchall()
    return sorted(rows, key=repr)
