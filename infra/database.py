"""Opens the ledger's database: makes it, brings it up to date, and says in plain words why it can't.

One process writes at a time, on SQLite and on PostgreSQL alike: a writer's transaction takes the lock when it begins,
so that reading before writing inside it is safe. Readers are never held up.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from infra.database_errors import storage_error
from vision.errors import StoreError

SessionFactory = Callable[[], AbstractContextManager[Session]]

HEAD_REVISION = "0003"
"""Newest revision in ``infra/migrations``: known here so that alembic is imported only where there is work for it."""

VERSION_TABLE = "walkdown_version"
BUSY_TIMEOUT_S = 60.0
_WRITES = "walkdown_writes"
_POSTGRES_LOCK_KEY = 0x57414C4B  # "WALK"


def open_database(database_url: str) -> Engine:
    """Open the ledger, making it or bringing it up to date first.

    Two processes may do so at once: one waits for the other.

    Raises:
        StoreError: It is no database, belongs to another program or to a newer walkdown, can't be reached or written.
    """
    engine = _make_engine(database_url)
    try:
        with translating(engine.url):
            if _revision(engine) != HEAD_REVISION:
                _prepare(engine)
    except StoreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session for reading: a consistent view that holds up no writer.

    Raises:
        StoreError: The database failed.
    """
    with translating(engine.url), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session whose transactions take the writer's lock when they begin. What isn't committed is undone.

    Raises:
        StoreError: The database failed, is full, read-only, or busy for longer than a minute.
    """
    writer = engine.execution_options(**{_WRITES: True})
    with translating(engine.url), Session(writer) as session:
        yield session


@contextmanager
def translating(url: URL) -> Iterator[None]:
    """Turn what the database raises into a StoreError that says what to do: the one edge where this happens."""
    try:
        yield
    except DBAPIError as err:
        raise storage_error(err, url) from err


def _make_engine(database_url: str) -> Engine:
    try:
        url = make_url(database_url)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        options = {"connect_args": {"timeout": BUSY_TIMEOUT_S}} if url.get_backend_name() == "sqlite" else {}
        engine = create_engine(url, **options)
    except (ArgumentError, NoSuchModuleError) as err:
        raise StoreError(f"database {database_url!r} is no URL that SQLAlchemy knows: {err}") from err
    except ModuleNotFoundError as err:
        hint = 'pip install "walkdown[postgres]"' if "psycopg" in str(err) else f"pip install {err.name}"
        raise StoreError(f"database {url.drivername} needs a driver that isn't installed: {hint}") from err
    event.listen(engine, "begin", _begin)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite_connection)
        _make_folder(url)
    return engine


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        return
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StoreError(f"folder {folder} for the database can't be made: {err.strerror or err}") from err


def _set_up_sqlite_connection(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction of its own; _begin does
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL"):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif connection.dialect.name == "postgresql":
        if writes:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK_KEY})
        else:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def _prepare(engine: Engine) -> None:
    """Make or upgrade the tables under the writer's lock."""
    if engine.dialect.name == "sqlite":
        _turn_on_wal(engine)
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        revision = _revision_on(connection)
        if revision == HEAD_REVISION:  # another process was faster
            return
        if revision is None:
            _refuse_another_programs_tables(connection)
        _upgrade(connection, revision)


def _turn_on_wal(engine: Engine) -> None:
    """Switch the file to write-ahead logging, which it then keeps. SQLite doesn't wait for the lock that this takes."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    raw = engine.raw_connection()
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as err:
                if "locked" not in str(err) or time.monotonic() > deadline:
                    raise storage_error(err, engine.url) from err
                time.sleep(0.05)
            except sqlite3.DatabaseError as err:
                raise storage_error(err, engine.url) from err
            else:
                return
    finally:
        raw.close()


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _revision_on(connection)


def _revision_on(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if revision is None else str(revision)


def _refuse_another_programs_tables(connection: Connection) -> None:
    from sqlmodel import SQLModel

    import infra.tables  # noqa: F401  # fills the metadata

    found = set(inspect(connection).get_table_names())
    foreign = found if connection.dialect.name == "sqlite" else found & set(SQLModel.metadata.tables)
    if foreign:
        raise StoreError(
            f"database {connection.engine.url.render_as_string()} belongs to another program (it has a table "
            f"{min(foreign)!r}); point storage.database_url at one of its own"
        )


def _upgrade(connection: Connection, revision: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if revision is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(revision)
        except CommandError as err:
            raise StoreError(
                f"database {connection.engine.url.render_as_string()} was written by a newer walkdown (its revision is "
                f"{revision}, this one knows up to {HEAD_REVISION}); upgrade walkdown, or point storage.database_url "
                "at another database"
            ) from err
    command.upgrade(config, "head")
