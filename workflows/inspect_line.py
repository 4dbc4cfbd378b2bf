"""Inspect footage of a factory line's stations: parts with verdicts, equipment's states, a report by part number."""

from __future__ import annotations

import hashlib
import os
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.database import open_database, reading, writing
from infra.engine.run import engine_started, run_stage
from infra.engine.types import EngineConfig, StageFailure
from infra.evidence import EvidenceStore
from infra.settings import Settings
from infra.store.examinations import get_or_create_examination
from infra.store.inspections import (
    InspectionPlan,
    begin_inspection,
    save_failures,
    upsert_footage,
)
from infra.store.line import load_station, save_station
from vision.detectors.load import load_detector
from vision.errors import Failure, FootageError, InputError, ModelError
from vision.footage.discover import discover
from vision.footage.probe import probe
from vision.line.station_stage import InspectStations, StationWork
from vision.line.surface_eye import SurfaceEye
from vision.plant_file import read_plant
from vision.protocols import Resources
from vision.types import FootageInfo
from workflows.line_conclusion import TRACKER, LineFacts, LineFootage, LineResult, conclude, inspection_key
from workflows.line_stations import class_of, examination_key, eyes_config, station_of
from workflows.line_stored import stored_result, write_parts
from workflows.output_folder import check_output_folder
from workflows.progress import Progress


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What the user hands in.

    Attributes:
        footage: Videos, or folders of them.
        plant: plant.toml.
        station: Which station all of it shows; None to tell by its ``camera``, or by there being only one.
        out: Folder of the report.
        parts_to: Folder for pictures of each part against which nothing is said, to learn from what is normal; footage
            that is done already is looked at again for it.
    """

    footage: tuple[Path, ...]
    plant: Path
    station: str | None = None
    out: Path = Path("walkdown-report")
    parts_to: Path | None = None


def is_plant_file(path: Path | None) -> bool:
    """Tell whether a site file is a plant's: it says ``kind = "factory"``."""
    try:
        return path is not None and tomllib.loads(path.read_text(encoding="utf-8")).get("kind") == "factory"
    except (OSError, ValueError):  # whoever reads it as a site file says what is wrong with it
        return False


def run_line_inspection(
    request: LineRequest, settings: Settings, progress: Progress, surface: SurfaceEye | None = None
) -> LineResult:
    """Inspect footage and write the report folder; a footage that is done already isn't looked at again.

    Args:
        request: What was handed in.
        settings: Of the run.
        progress: Told of each step.
        surface: Looks at surfaces in place of the model: the truth, in an evaluation.

    Raises:
        ConfigError: The plant file, the station or the output folder makes no sense.
        InputError: None of the footage can be used.
        ModelError: A model can't be loaded, or failed.
        StoreError: The ledger, the evidence or the report can't be written.
    """
    check_output_folder(request.out)
    plant = read_plant(request.plant)
    database = open_database(settings.storage.database_url)
    evidence = EvidenceStore(settings.storage.evidence_url)
    eyes = eyes_config(settings, request.plant.absolute().parent)
    started = time.perf_counter()
    paths = discover(request.footage)
    progress.start("read", len(paths))
    infos, failures = _probe(paths, progress)
    model = load_detector(eyes.surface).info if eyes.surface is not None and surface is None else TRACKER
    footages: list[LineFootage] = []
    for info in infos:
        path = Path(info.path)
        station = station_of((path.name, info.path, path.stem), plant, request.station)
        key = examination_key(station, plant, settings, eyes, model, surface)
        with writing(database) as session:
            upsert_footage(session, info)
            examination = get_or_create_examination(session, info.footage_id, key, model)
        footages.append(LineFootage(info, path.name, station, examination))
    seconds = {"read": time.perf_counter() - started}
    with reading(database) as session:
        done = {one.examination_id for one in footages if load_station(session, one.examination_id) is not None}
    left = [one for one in footages if request.parts_to is not None or one.examination_id not in done]
    progress.start("inspect", len(footages))
    progress.advance(len(footages) - len(left))
    config = EngineConfig(settings.engine.chosen, settings.engine.workers, settings.engine.ray_address)
    cpus = float(len(os.sched_getaffinity(0))) if config.engine == "inline" else 1.0
    plain = request.parts_to is not None
    stage = InspectStations(eyes, Resources(cpus), settings.line.ok_pictures, surface, plain=plain)
    works = [StationWork(one.info, one.station, class_of(plant, one.station)) for one in left]
    looking = time.perf_counter()
    broken: list[StageFailure] = []
    with engine_started(config):
        for result in run_stage(stage, works, config):
            if isinstance(result, StageFailure):
                failed = left[result.item_index].info.footage_id
                failures.append(Failure(failed, None, result.error_type, result.message))
                broken.append(result)
                continue
            footage = next(one for one in left if one.info.footage_id == result.footage_id)
            if request.parts_to is not None:
                count = write_parts(request.parts_to, Path(footage.name).stem, result)
                progress.note(f"{count} pictures of parts of {footage.name} written to {request.parts_to}")
            stored = stored_result(result, footage.station, evidence)
            with writing(database) as session:
                end_ns = int(footage.info.frame_pts_ns[-1]) + 1
                save_station(session, footage.examination_id, (plant, footage.station), stored, result.failures, end_ns)
            progress.advance()
    seconds["inspect"] = time.perf_counter() - looking
    if broken and len(broken) == len(footages):
        error = InputError if broken[0].error_type.endswith(("InputError", "FootageError")) else ModelError
        raise error(broken[0].message)
    order = tuple(one.examination_id for one in footages)
    inputs = {"plant": hashlib.sha256(request.plant.read_bytes()).hexdigest()}
    with writing(database) as session:
        inspection_id = begin_inspection(session, InspectionPlan(order, inspection_key(settings), inputs))
        save_failures(session, inspection_id, failures)
    facts = LineFacts(inspection_id, plant, tuple(footages), model, seconds)
    return conclude(facts, database, evidence, settings, request.out, progress)


def _probe(paths: Sequence[Path], progress: Progress) -> tuple[list[FootageInfo], list[Failure]]:
    """Probe every footage; one that can't be used, or is a copy, becomes a Failure.

    Raises:
        InputError: Not one footage can be used.
    """
    infos: dict[str, FootageInfo] = {}
    failures: list[Failure] = []
    errors: list[InputError] = []
    for path in paths:
        try:
            info = probe(path)
            if info.footage_id in infos:
                message = f"{path} is the same footage as {infos[info.footage_id].path}: inspected once"
                failures.append(Failure(str(path), None, "FootageError", message))
            infos.setdefault(info.footage_id, info)
            failures.extend(Failure(info.footage_id, None, "FootageError", one) for one in info.warnings)
        except InputError as err:
            errors.append(err)
            failures.append(Failure(str(path), None, type(err).__name__, str(err)))
            if len(paths) > 1:  # else it ends the run, which says it
                progress.note(f"left out: {err}")
        progress.advance()
    if not infos:
        raise errors[0] if len(errors) == 1 else FootageError(f"none of {len(paths)} footages can be used: {errors[0]}")
    return list(infos.values()), failures
