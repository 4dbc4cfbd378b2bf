"""Inspect a station live: alerts as they happen, and a report at the end of the shift.

A thread reads the camera into a bounded queue that drops the oldest frame; this one looks, tells alerts and keeps the
ledger, see ``live_shift`` and ``live_ledger``. The shift ends when its time is over, by Ctrl-C or SIGTERM, with the end
of a file, or when the camera stays away; each of them ends in a report.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from infra.alerts import AlertRules, AlertSender
from infra.database import open_database
from infra.evidence import EvidenceStore
from infra.settings import LiveSettings, Settings
from vision.errors import ConfigError, Failure, FootageError
from vision.line.load_eyes import load_eyes
from vision.line.station_stage import find_belt
from vision.line.surface_eye import SurfaceEye
from vision.live.camera import Camera
from vision.live.queue import FrameQueue
from vision.live.reader import CameraReader, Reconnecting
from vision.live.station import LiveLooking, LiveStation
from vision.plant_file import read_plant
from workflows.line_conclusion import TRACKER, LineFacts, LineResult, conclude, inspection_key
from workflows.line_stations import class_of, examination_key, eyes_config, station_of
from workflows.live_content import unseen
from workflows.live_ledger import ShiftPlan
from workflows.live_shift import Shift, ShiftTools, ended_by_signals
from workflows.output_folder import check_output_folder
from workflows.progress import Progress

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What the user hands in.

    Attributes:
        address: A stream's URL, a device, or a file to be played at its own speed.
        plant: plant.toml.
        station: Which one it shows; None to tell by its ``camera``, or by there being only one.
        out: Folder of the report.
        seconds: Length of the shift; None: until it is ended.
    """

    address: str
    plant: Path
    station: str | None = None
    out: Path = Path("walkdown-report")
    seconds: float | None = None


def parse_duration(text: str) -> float:
    """Read ``8h``, ``30m``, ``60s`` or ``1h30m``; give seconds.

    Raises:
        ConfigError: It is none of these, or no time at all.
    """
    match = _DURATION.fullmatch(text.strip())
    hours, minutes, seconds = (float(one or 0) for one in match.groups()) if match is not None else (0.0, 0.0, 0.0)
    whole = 3600.0 * hours + 60.0 * minutes + seconds
    if whole <= 0.0:
        raise ConfigError(f"--for {text}: write hours, minutes or seconds, such as 8h, 30m, 60s or 1h30m")
    return whole


def run_live(
    request: LiveRequest,
    settings: Settings,
    stream: TextIO,
    progress: Progress,
    surface: SurfaceEye | None = None,
) -> LineResult:
    """Inspect a station until the shift ends, and write the report folder.

    Args:
        request: What was handed in.
        settings: Of the run.
        stream: For alerts, a line of JSON each.
        progress: Told what a person should know, a line each; also from other threads.
        surface: Looks at surfaces in place of the model: the truth, in an evaluation.

    Raises:
        ConfigError: The plant file, the station, a setting or the output folder makes no sense.
        InputError: The camera doesn't answer, or the belt can't be learnt.
        ModelError: A model can't be loaded, or failed.
        StoreError: The ledger, the evidence or the report can't be written.
    """
    check_output_folder(request.out)
    say = progress.note
    started = time.perf_counter()
    camera, chosen = Camera(request.address, settings.live.camera_timeout_s), settings.live
    path = Path(request.address)
    name = camera.shown if camera.is_stream else path.name
    plant = read_plant(request.plant)
    station = station_of((name, request.address, path.stem), plant, request.station)
    part_class, rules = class_of(plant, station), _alert_rules(chosen)
    database = open_database(settings.storage.database_url)
    evidence = EvidenceStore(settings.storage.evidence_url)
    eyes = eyes_config(settings, request.plant.absolute().parent)
    loaded = load_eyes(station, part_class, eyes, surface)
    model = loaded.models[0] if loaded.models else TRACKER
    looking = LiveLooking(station, part_class, loaded.eyes, settings.line.ok_pictures)
    live = LiveStation(looking, lambda first: find_belt(station, eyes.folder, first), say)
    plan = ShiftPlan(
        address=name,
        plant=plant,
        station=station,
        examination_key=examination_key(station, plant, settings, eyes, model, surface),
        model=model,
        settings_hash=inspection_key(settings),
        input_hashes={"plant": hashlib.sha256(request.plant.read_bytes()).hexdigest()},
    )
    queue = FrameQueue(chosen.queue_frames)
    reconnecting = Reconnecting(chosen.reconnect_first_s, chosen.reconnect_longest_s, chosen.give_up_s)
    reader = CameraReader(camera, queue, reconnecting, say)
    sender = AlertSender(rules, stream, say)
    shift = Shift(plan, ShiftTools(live, reader, queue, sender, database, evidence, say))
    for why in loaded.missing:
        say(why)
    loading = time.perf_counter()
    try:
        reader.start()
        say(f"live from {name}: {station.line}, {station.name}; Ctrl-C ends the shift and writes its report")
        with ended_by_signals() as stop:
            shift.run(stop, request.seconds)
    finally:
        reader.stop()
        sender.close()
    if shift.ledger is None:
        raise shift.broke or FootageError(f"the camera {name} showed no picture")
    footage_id = shift.ledger.footage.info.footage_id
    failures = [Failure(footage_id, None, "ModelError", why) for why in loaded.missing]
    own = unseen(footage_id, reader.counts, queue.dropped, live.refused)
    if shift.broke is not None:
        own.append(Failure(footage_id, live.pts_ns[-1], type(shift.broke).__name__, str(shift.broke)))
    footage = shift.ledger.finish(live.spells(), live.pts_ns, failures, own)
    seconds = {"load": loading - started, "shift": time.perf_counter() - loading}
    facts = LineFacts(shift.ledger.inspection_id, plant, (footage,), model, seconds, shift.note())
    result = conclude(facts, database, evidence, settings, request.out, progress)
    if shift.broke is not None:
        say(f"the shift was cut short; {result.report_path} tells of what was seen before")
        raise shift.broke
    return result


def _alert_rules(chosen: LiveSettings) -> AlertRules:
    return AlertRules(chosen.classes, chosen.least_severity, chosen.webhook_url)
