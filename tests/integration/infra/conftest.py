"""Databases for the tests of the ledger: a SQLite file always, PostgreSQL where a server is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from infra.database import open_database

POSTGRES_VARIABLE = "WALKDOWN_TEST_POSTGRES_URL"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/ledger.db"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Give a database of its own on the server that the variable names, dropped afterwards."""
    server = os.environ.get(POSTGRES_VARIABLE)
    if server is None:
        pytest.skip(f"optional: needs a PostgreSQL server, named by {POSTGRES_VARIABLE}")
    url = make_url(server)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"walkdown_test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    engine = open_database(url)
    yield engine
    engine.dispose()
