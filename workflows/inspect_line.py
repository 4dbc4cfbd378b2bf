"""Inspect footage of a factory line's stations: parts with verdicts, equipment's states, a report by part number."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.engine import Engine

from infra.database import open_database, reading, writing
from infra.engine.run import engine_started, run_stage
from infra.engine.types import EngineConfig, StageFailure
from infra.evidence import EvidenceStore
from infra.settings import Settings
from infra.store.assessments import save_report_location
from infra.store.examinations import get_or_create_examination
from infra.store.inspections import (
    InspectionPlan,
    begin_inspection,
    complete_inspection,
    inspection_row,
    load_failures,
    save_failures,
    upsert_footage,
)
from infra.store.ledger import merge_into_ledger
from infra.store.line import StationResult, load_station, save_station
from infra.store.sightings import load_sightings, replace_sightings, save_evidence
from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.weights import find_surface_weights, weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import ConfigError, Failure, FootageError, InputError, ModelError
from vision.footage.discover import discover
from vision.footage.probe import probe
from vision.line.load_eyes import EyesConfig, find_station_file
from vision.line.station_inspector import LineRules
from vision.line.station_stage import InspectStations, StationWork
from vision.line.surface_eye import SurfaceEye
from vision.model_cards import choose_weights
from vision.plant import PartClass, Plant, Station
from vision.plant_file import read_plant
from vision.protocols import ModelInfo, Resources
from vision.types import FootageInfo
from workflows.assess import assess_findings
from workflows.footage_plan import settings_key
from workflows.line_content import LineReport, LineRun, StationNote, build_line_report, station_note
from workflows.line_files import line_files
from workflows.line_sightings import line_sightings
from workflows.line_stored import stored_result, write_parts
from workflows.output_folder import check_output_folder, write_files
from workflows.progress import Progress

_TRACKER = ModelInfo("part tracker", hashlib.sha256(b"").hexdigest(), "opencv", ())
"""What examines a station at which no surface model looks."""


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


@dataclass(frozen=True, slots=True)
class LineResult:
    """Where the report is, and what it says."""

    report_path: Path
    report: LineReport


@dataclass(frozen=True, slots=True)
class _Footage:
    info: FootageInfo
    name: str
    station: Station
    examination_id: str


def is_plant_file(path: Path | None) -> bool:
    """Tell whether a site file is a plant's: it says ``kind = "factory"``."""
    if path is None or not path.is_file():
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(line.replace(" ", "").startswith('kind="factory"') for line in text.splitlines())


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
    model = load_detector(eyes.surface).info if eyes.surface is not None and surface is None else _TRACKER
    footages: list[_Footage] = []
    for info in infos:
        station = _station_of(info, plant, request.station)
        key = _examination_key(station, plant, settings, eyes, model, surface)
        with writing(database) as session:
            upsert_footage(session, info)
            examination = get_or_create_examination(session, info.footage_id, key, model)
        footages.append(_Footage(info, Path(info.path).name, station, examination))
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
    works = [StationWork(one.info, one.station, _class_of(plant, one.station)) for one in left]
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
    ledger = {"ledger": settings.ledger.model_dump(mode="json"), "agent": settings.agent.model_dump(mode="json")}
    with writing(database) as session:
        inspection_id = begin_inspection(session, InspectionPlan(order, settings_key(dict(ledger)), inputs))
        save_failures(session, inspection_id, failures)
    _into_ledger(database, inspection_id, plant, footages, settings)
    assess_findings(database, settings, inspection_id, progress)
    report = _report(database, inspection_id, plant, footages, model, seconds)
    files, pictures = line_files(report, evidence)
    path = write_files(request.out, files, pictures)
    with writing(database) as session:
        save_report_location(session, inspection_id, str(path.absolute()))
        complete_inspection(session, inspection_id)
    return LineResult(path, report)


def eyes_config(settings: Settings, folder: Path) -> EyesConfig:
    """Give where a station's models are, by the settings.

    Args:
        settings: Of the run.
        folder: Of the plant file.

    Raises:
        WeightsNotFound: The surface weights that the settings name aren't there.
    """
    chosen, cache_dir = settings.line, settings.storage.cache_dir / "openvino"
    weights = find_surface_weights(choose_weights(chosen.weights, settings.models.research))
    surface = None
    if weights is not None:
        yolo = YoloConfig(chosen.confidence, image_size=chosen.image_size_px)
        streams = 1 if settings.engine.chosen == "ray" else 0
        surface = DetectorConfig(weights, cache_dir, settings.detector.runtime, yolo, streams)
    return EyesConfig(surface, cache_dir, folder)


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


def _station_of(info: FootageInfo, plant: Plant, named: str | None) -> Station:
    """Tell which station a footage shows.

    Raises:
        ConfigError: It can't be told.
    """
    known = ", ".join(station.name for station in plant.stations)
    if named is not None:
        station = plant.station(named)
        if station is None:
            raise ConfigError(f"--station {named}: the plant file has no such station; it has {known}")
        return station
    if len(plant.stations) == 1:
        return plant.stations[0]
    path = Path(info.path)
    for station in plant.stations:
        if station.camera is not None and station.camera in (info.path, path.name, path.stem):
            return station
    raise ConfigError(
        f"{path.name}: which station does it show? Name one with --station ({known}), or write the file's name as "
        "camera at the station in the plant file"
    )


def _class_of(plant: Plant, station: Station) -> PartClass:
    found = plant.part_class(station.part_class)
    if found is None:
        raise ConfigError(f"station {station.name}: the plant file has no part class {station.part_class!r}")
    return found


def _examination_key(
    station: Station, plant: Plant, settings: Settings, eyes: EyesConfig, model: ModelInfo, surface: SurfaceEye | None
) -> str:
    """Name the work on a footage by everything that can change its results."""
    files: dict[str, str | None] = {}
    kinds = [(watch.states, "state") for watch in station.watches]
    if station.anomaly is not None:
        kinds.append((station.anomaly, "anomaly"))
    for name, kind in kinds:
        path = find_station_file(name, kind, eyes.folder)
        files[f"{kind} {name}"] = weights_sha256(path) if path is not None else None
    if station.belt is not None:
        pictures = sorted((eyes.folder / station.belt).glob("*"))
        files["belt"] = hashlib.sha256(b"".join(one.read_bytes() for one in pictures if one.is_file())).hexdigest()
    return settings_key(
        {
            "station": asdict(station),
            "part_class": asdict(_class_of(plant, station)),
            "model": asdict(model),
            "line": settings.line.model_dump(mode="json"),
            "rules": asdict(LineRules()),
            "files": files,
            "surface": type(surface).__name__ if surface is not None else None,
        }
    )


def _into_ledger(
    database: Engine, inspection_id: str, plant: Plant, footages: Sequence[_Footage], settings: Settings
) -> None:
    """Make findings of the defects beyond their limits and of equipment's faults."""
    evidence: dict[str, tuple[str, ...]] = {}
    for one in footages:
        with reading(database) as session:
            result = load_station(session, one.examination_id)
        if result is None:  # it failed: its failure is told
            continue
        sightings, pictures = line_sightings(one.info, plant, one.station, result)
        evidence |= pictures
        with writing(database) as session:
            replace_sightings(session, inspection_id, one.examination_id, sightings)
    with writing(database) as session:
        save_evidence(session, inspection_id, evidence)
        merge_into_ledger(session, inspection_id, settings.ledger)


def _report(
    database: Engine,
    inspection_id: str,
    plant: Plant,
    footages: Sequence[_Footage],
    model: ModelInfo,
    seconds: Mapping[str, float],
) -> LineReport:
    notes: list[StationNote] = []
    results: list[StationResult] = []
    with reading(database) as session:
        created_at = inspection_row(session, inspection_id).created_at
        failures = tuple(load_failures(session, inspection_id))
        finding_of = {
            stored.sighting.sighting_id: stored.finding_id
            for stored in load_sightings(session, inspection_id)
            if stored.finding_id is not None
        }
        for one in footages:
            result = load_station(session, one.examination_id)
            if result is not None:
                notes.append(station_note(one.info, one.name, one.station, _class_of(plant, one.station)))
                results.append(result)
    models = () if model is _TRACKER else (model,)
    run = LineRun(inspection_id, created_at, plant.name, models, failures, finding_of, dict(seconds))
    return build_line_report(run, notes, results)
