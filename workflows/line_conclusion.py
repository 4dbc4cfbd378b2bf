"""What is made of a line's examined footage: findings in the ledger, their assessment, the report's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from infra.database import reading, writing
from infra.evidence import EvidenceStore
from infra.merge_rules import MergeRules
from infra.settings import Settings
from infra.store.assessments import load_agent_result, save_report_location
from infra.store.facts import finding_facts
from infra.store.inspections import (
    complete_inspection,
    inspection_row,
    load_failures,
)
from infra.store.ledger import merge_into_ledger
from infra.store.line import StationResult, load_station
from infra.store.sightings import load_sightings, replace_sightings, save_evidence
from vision.plant import Plant, Station
from vision.protocols import ModelInfo
from vision.types import FootageInfo
from workflows.assess import assess_findings
from workflows.footage_plan import settings_key
from workflows.line_builder import LineRun, build_line_report, station_note
from workflows.line_content import FindingWord, LineReport, StationNote
from workflows.line_files import line_files
from workflows.line_sightings import line_sightings
from workflows.line_stations import class_of
from workflows.live_content import LiveNote
from workflows.output_folder import write_files
from workflows.progress import Progress

TRACKER = ModelInfo("part tracker", hashlib.sha256(b"").hexdigest(), "opencv", ())
"""What examines a station at which no surface model looks."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """Where the report is, and what it says."""

    report_path: Path
    report: LineReport


@dataclass(frozen=True, slots=True)
class LineFootage:
    """A footage, its name for people, the station that it shows, and its examination in the ledger."""

    info: FootageInfo
    name: str
    station: Station
    examination_id: str


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What an inspection was, once its footage is examined.

    Attributes:
        inspection_id: In the ledger.
        plant: Where.
        footages: That it is of.
        model: That looked at surfaces.
        seconds: Wall seconds by stage.
        live: What a shift was; None for files.
    """

    inspection_id: str
    plant: Plant
    footages: tuple[LineFootage, ...]
    model: ModelInfo
    seconds: Mapping[str, float]
    live: LiveNote | None = None


def inspection_key(settings: Settings) -> str:
    """Name the settings that what is made of examined footage depends on."""
    return settings_key(
        {"ledger": settings.ledger.model_dump(mode="json"), "agent": settings.agent.model_dump(mode="json")}
    )


def conclude(
    facts: LineFacts, database: Engine, evidence: EvidenceStore, settings: Settings, out: Path, progress: Progress
) -> LineResult:
    """Make findings of what was examined, assess them, write the report folder, and mark the inspection as complete.

    Raises:
        ReasoningError: The agent could not finish.
        StoreError: The ledger, the evidence or the report can't be written.
    """
    _into_ledger(database, facts, settings)
    assess_findings(database, settings, facts.inspection_id, progress)
    report = _report(database, facts, settings.ledger)
    files, pictures = line_files(report, evidence)
    path = write_files(out, files, pictures)
    with writing(database) as session:
        save_report_location(session, facts.inspection_id, str(path.absolute()))
        complete_inspection(session, facts.inspection_id)
    return LineResult(path, report)


def _into_ledger(database: Engine, facts: LineFacts, settings: Settings) -> None:
    """Make findings of the defects beyond their limits and of equipment's faults."""
    evidence: dict[str, tuple[str, ...]] = {}
    for one in facts.footages:
        with reading(database) as session:
            result = load_station(session, one.examination_id)
        if result is None:  # it failed: its failure is told
            continue
        sightings, pictures = line_sightings(one.info, facts.plant, one.station, result)
        evidence |= pictures
        with writing(database) as session:
            replace_sightings(session, facts.inspection_id, one.examination_id, sightings)
    with writing(database) as session:
        save_evidence(session, facts.inspection_id, evidence)
        merge_into_ledger(session, facts.inspection_id, settings.ledger)


def _report(database: Engine, facts: LineFacts, rules: MergeRules) -> LineReport:
    notes: list[StationNote] = []
    results: list[StationResult] = []
    with reading(database) as session:
        created_at = inspection_row(session, facts.inspection_id).created_at
        failures = tuple(load_failures(session, facts.inspection_id))
        finding_of = {
            stored.sighting.sighting_id: stored.finding_id
            for stored in load_sightings(session, facts.inspection_id)
            if stored.finding_id is not None
        }
        words = _words(session, facts.inspection_id, rules)
        for one in facts.footages:
            result = load_station(session, one.examination_id)
            if result is not None:
                notes.append(station_note(one.info, one.name, one.station, class_of(facts.plant, one.station)))
                results.append(result)
    models = () if facts.model is TRACKER else (facts.model,)
    run = LineRun(
        facts.inspection_id,
        created_at,
        facts.plant.name,
        models,
        failures,
        finding_of,
        dict(facts.seconds),
        facts.live,
        words,
    )
    return build_line_report(run, notes, results)


def _words(session: Session, inspection_id: str, rules: MergeRules) -> dict[str, FindingWord]:
    """Give what the ledger and the agent say of each finding."""
    agent = load_agent_result(session, inspection_id)
    verdicts = {one.finding_id: one.verdict for one in agent.assessments} if agent is not None else {}
    return {
        one.finding_id: FindingWord(status=one.status, verdict=verdicts.get(one.finding_id), sightings=one.sightings)
        for one in finding_facts(session, inspection_id, rules)
    }
