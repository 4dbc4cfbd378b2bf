"""Runs the migrations on the connection that ``infra/database.py`` hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

import infra.tables  # noqa: F401  # fills the metadata that a new revision is compared with
from infra.database import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite can't alter most of a column in place
)
context.run_migrations()
