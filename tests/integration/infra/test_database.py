from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from infra.database import HEAD_REVISION, VERSION_TABLE, open_database, reading, writing
from infra.store.examinations import get_or_create_examination, load_examined, save_segment, segments_done
from infra.store.inspections import upsert_footage
from tests.builders_ledger import MODEL, make_examined, make_footage, make_segment
from vision.errors import StoreError

MIGRATIONS = Path(__file__).parents[3] / "infra" / "migrations"
ROOT = Path(__file__).parents[3]


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_migrations_make_the_tables_that_the_code_reads(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert context.get_current_revision() == HEAD_REVISION
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD_REVISION


def test_sqlite_keeps_a_log_and_minds_its_keys(database_url: str) -> None:
    with reading(open_database(database_url)) as session:
        pragmas = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}


def test_opening_again_keeps_what_is_there(database_url: str) -> None:
    with writing(open_database(database_url)) as session:
        upsert_footage(session, make_footage())
    with reading(open_database(database_url)) as session:
        assert session.scalar(text("SELECT count(*) FROM footage")) == 1


def test_two_processes_may_make_it_at_once(database_url: str) -> None:
    program = "import sys; from infra.database import open_database; open_database(sys.argv[1]).dispose()"
    started = [
        subprocess.Popen([sys.executable, "-c", program, database_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    with reading(open_database(database_url)) as session:
        assert session.scalar(text(f"SELECT count(*) FROM {VERSION_TABLE}")) == 1


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    url = engine.url.render_as_string(hide_password=False)
    with pytest.raises(StoreError, match=r"newer walkdown \(its revision is 9999.*upgrade walkdown"):
        open_database(url)
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "9999"


def test_what_is_no_database_is_refused_and_left_alone(database_url: str) -> None:
    file_of(database_url).parent.mkdir()
    file_of(database_url).write_text("not a database, but long enough to look at\n" * 50)
    with pytest.raises(StoreError, match=r"not a SQLite database; point storage\.database_url"):
        open_database(database_url)
    assert file_of(database_url).read_text().startswith("not a database")


def test_another_programs_database_is_refused_and_left_alone(database_url: str) -> None:
    file_of(database_url).parent.mkdir()
    with sqlite3.connect(file_of(database_url)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    with pytest.raises(StoreError, match=r"belongs to another program \(it has a table 'bookmarks'\)"):
        open_database(database_url)
    other = sqlite3.connect(file_of(database_url))
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    other.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ledger.db", "is no URL that SQLAlchemy knows"),
        ("nosuch://host/name", "is no URL that SQLAlchemy knows"),
        ("postgresql://walkdown:secret@127.0.0.1:1/none", "the server can't be reached"),
    ],
)
def test_a_url_that_leads_nowhere_says_so_without_the_password(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"folder .*file/below for the database can't be made"):
        open_database(f"sqlite:///{tmp_path}/file/below/ledger.db")


# --- a killed, a second and a stuck writer -----------------------------------------------------------------------


def save(engine: Engine, index: int, detections: int = 1) -> str:
    footage = make_footage()
    segment = make_segment(footage, index, seconds=2)
    with writing(engine) as session:
        upsert_footage(session, footage)
        name = get_or_create_examination(session, footage.footage_id, "settings", MODEL)
        save_segment(session, name, segment, make_examined(footage, segment, detections))
    return name


def test_a_ledger_from_before_signs_and_signals_is_brought_up_to_date(sqlite_engine: Engine) -> None:
    name = save(sqlite_engine, 0)
    with sqlite_engine.begin() as connection:
        for statement in (
            "ALTER TABLE sighting DROP COLUMN condition",
            "ALTER TABLE examined_frame DROP COLUMN roadside_detected",
            "DROP TABLE roadside_detection",
            "DROP TABLE part",
            "DROP TABLE equipment_spell",
            f"UPDATE {VERSION_TABLE} SET version_num = '0001'",
        ):
            connection.execute(text(statement))
    with reading(open_database(sqlite_engine.url.render_as_string(hide_password=False))) as session:
        frames = load_examined(session, name)
    assert frames
    assert all(frame.detections is not None and frame.roadside is None for frame in frames)


def test_many_writers_at_once_lose_nothing(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    save(engine, 0)
    gate = threading.Barrier(4)

    def work(first: int) -> None:
        own = open_database(url)
        gate.wait(timeout=30)
        for index in range(first, 12, 4):
            save(own, index)
        own.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with reading(engine) as session:
        name = session.scalar(text("SELECT examination_id FROM examination"))
        assert segments_done(session, str(name)) == frozenset(range(12))
        assert len(load_examined(session, str(name))) == 24


def test_what_is_not_committed_is_undone(engine: Engine) -> None:
    name = save(engine, 0)
    with writing(engine) as session:
        session.execute(text("DELETE FROM segment"))
    with reading(engine) as session:
        assert segments_done(session, name) == {0}
        assert len(load_examined(session, name)) == 2


KILLED = """
import os, signal, sys
from sqlalchemy import event
from infra.database import open_database, writing
from infra.store.examinations import save_segment
from tests.builders_ledger import make_examined, make_footage, make_segment
engine = open_database(sys.argv[1])
statements = 0
@event.listens_for(engine, "after_cursor_execute")
def count(*_):
    global statements
    statements += 1
    if statements == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
footage = make_footage()
segment = make_segment(footage, 1, seconds=2)
with writing(engine) as session:
    save_segment(session, sys.argv[2], segment, make_examined(footage, segment, 3))
"""


@pytest.mark.parametrize("statement", [3, 5, 6])
def test_a_killed_writer_leaves_nothing_half_written(database_url: str, statement: int) -> None:
    engine = open_database(database_url)
    name = save(engine, 0)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, name, str(statement)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr.decode()
    with reading(engine) as session:
        assert segments_done(session, name) == {0}
        assert len(load_examined(session, name)) == 2
    save(engine, 1, detections=3)
    with reading(engine) as session:
        assert len(load_examined(session, name)) == 4
        assert session.scalar(text("SELECT count(*) FROM detection")) == 2 + 6


def test_a_full_disk_is_an_error_that_says_so_and_keeps_what_was_there(database_url: str) -> None:
    engine = open_database(database_url)
    name = save(engine, 0)
    engine.dispose()
    program = (
        "import os, resource, sys\n"
        "from tests.integration.infra.test_database import save, file_of\n"
        "from infra.database import open_database\n"
        "from vision.errors import StoreError\n"
        "engine = open_database(sys.argv[1])\n"
        "size = os.path.getsize(file_of(sys.argv[1])) + 20_000\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "try:\n"
        "    save(engine, 1, detections=2000)\n"
        "except StoreError as err:\n"
        "    print(err)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, database_url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the disk is full or can't be written; free some space" in done.stdout, done.stdout
    with reading(open_database(database_url)) as session:
        assert segments_done(session, name) == {0}
        assert len(load_examined(session, name)) == 2


def test_a_full_database_says_so_in_the_words_of_sqlite(database_url: str) -> None:
    engine = open_database(database_url)
    save(engine, 0)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        save(engine, 1, detections=200)


def test_a_read_only_file_says_so(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:  # root may write any file, so SQLite has to be told
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="it is read-only; make the file"):
        save(engine, 0)


def test_migrations_travel_with_the_package(tmp_path: Path) -> None:
    """What the wheel holds is the folder ``infra``: from a copy of it alone, a database can be made."""
    for package in ("infra", "vision", "agents"):
        ignored = shutil.ignore_patterns("weights", "training", "simulation", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / "site" / package, ignore=ignored)
    program = f"from infra.database import open_database; open_database('sqlite:///{tmp_path}/ledger.db')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "site", check=True)
    assert (tmp_path / "ledger.db").exists()
