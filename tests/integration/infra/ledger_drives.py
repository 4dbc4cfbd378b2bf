"""Whole inspections put into a ledger, for the tests of what it then says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine, text
from sqlalchemy import inspect as inspect_tables

from agents.types import FindingFacts
from infra.database import reading, writing
from infra.merge_rules import MergeRules
from infra.store.coverage import save_coverage
from infra.store.examinations import get_or_create_examination, save_segment
from infra.store.facts import finding_facts
from infra.store.inspections import InspectionPlan, begin_inspection, complete_inspection, upsert_footage
from infra.store.ledger import merge_into_ledger
from infra.store.sightings import replace_sightings
from tests.builders_ledger import MODEL, day, make_examined, make_footage, make_segment
from vision.protocols import ModelInfo
from vision.types import CoverageBin, Sighting

RULES = MergeRules()


@dataclass(frozen=True)
class Drive:
    """One footage of an inspection: its name, the day it was recorded (None: it doesn't say), and what it shows."""

    name: str
    recorded_on: float | None
    sightings: Sequence[Sighting]
    bins: Sequence[CoverageBin] = field(default_factory=tuple)


def inspect(engine: Engine, *drives: Drive, settings_hash: str = "settings", model: ModelInfo = MODEL) -> str:
    """Run an inspection as the workflow does, and give its id."""
    examinations = []
    for drive in drives:
        recorded_at = None if drive.recorded_on is None else day(drive.recorded_on)
        footage = make_footage(drive.name, recorded_at=recorded_at)
        frames = [replace(frame, detections=None) for frame in make_examined(footage, make_segment(footage))]
        with writing(engine) as session:
            upsert_footage(session, footage)
            name = get_or_create_examination(session, footage.footage_id, settings_hash, model)
            save_segment(session, name, make_segment(footage), frames)
        examinations.append(name)
    with writing(engine) as session:
        inspection_id = begin_inspection(session, InspectionPlan(tuple(examinations), settings_hash, {}))
        for name, drive in zip(examinations, drives, strict=True):
            replace_sightings(session, inspection_id, name, drive.sightings)
        save_coverage(session, inspection_id, [b for drive in drives for b in drive.bins])
        merge_into_ledger(session, inspection_id, RULES)
        complete_inspection(session, inspection_id)
    return inspection_id


def facts_of(engine: Engine, inspection_id: str) -> list[FindingFacts]:
    """Give what the ledger says of an inspection."""
    with reading(engine) as session:
        return finding_facts(session, inspection_id, RULES)


def contents(engine: Engine) -> dict[str, list[tuple[str, ...]]]:
    """Give every row of the ledger but for the times at which rows were made."""
    clocks = {"added_at", "created_at", "done_at", "completed_at", "made_at", "failure_id"}
    tables = {}
    with reading(engine) as session:
        for table in inspect_tables(engine).get_table_names():
            rows = session.execute(text(f"SELECT * FROM {table}")).mappings()
            kept = [tuple(str(row[name]) for name in sorted(map(str, row)) if name not in clocks) for row in rows]
            tables[table] = sorted(kept)
    return tables
