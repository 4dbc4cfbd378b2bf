"""Says why a database failed and what to do, from the words of its driver."""

from __future__ import annotations

from sqlalchemy.engine import URL

from vision.errors import StoreError

_ADVICE = (
    (
        ("database or disk is full", "disk i/o error", "no space left", "could not extend file"),
        "the disk is full or can't be written; free some space and run again: what was saved before is kept",
    ),
    (("readonly database", "read-only"), "it is read-only; make the file and its folder writable"),
    (
        ("database is locked", "lock timeout"),
        "another walkdown has been writing for a minute; run again when it is done",
    ),
    (("file is not a database",), "the file is not a SQLite database; point storage.database_url at another file"),
    (("malformed",), "the file is damaged; restore it from a backup, or move it away to start a new ledger"),
    (("unable to open database file",), "the file can't be opened; check that its folder can be read and written"),
    (
        ("connection refused", "could not translate host", "failed to resolve", "timeout expired"),
        "the server can't be reached; check storage.database_url and that the server runs",
    ),
    (("authentication failed", "no password supplied"), "the server refuses the user or the password"),
    (("unique constraint", "duplicate key"), "two walkdowns wrote the same rows at once; run again"),
)


def storage_error(error: Exception, url: URL) -> StoreError:
    """Make the error that a user sees; the password isn't in it."""
    original = getattr(error, "orig", None) or error
    reason = " ".join(str(original).split())
    name = url.render_as_string(hide_password=True)
    for signs, advice in _ADVICE:
        if any(sign in reason.lower() for sign in signs):
            return StoreError(f"database {name}: {advice} ({reason})")
    return StoreError(f"database {name} failed: {reason}")
