"""Looks whether this machine and this installation can do the work, and says what to do where they can't."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from vision.detectors.weights import find_weights, weights_sha256
from vision.errors import WalkdownError
from vision.model_cards import read_cards

ROOMS = ("vision", "agents", "infra", "workflows", "reports_templates")
OLDEST_PYTHON = (3, 11)
SHARED_MEMORY_NEEDED_BYTES = 200_000_000
"""What a Ray of our own reserves in /dev/shm; with less it falls back to the disk."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: Such as ``database``.
        ok: Whether walkdown can work with what is there.
        detail: What was found.
        advice: What to do; empty where all is well.
    """

    name: str
    ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Everything that was looked at, in the order of looking."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way."""
        return all(check.ok for check in self.checks)


def doctor(
    weights: Path | None, evidence_url: str, find_database: Callable[[], str], *, ask_torch: bool = True
) -> DoctorReport:
    """Look at everything that an inspection needs.

    Args:
        weights: The detector's weights by settings; None for the shipped road model.
        evidence_url: Where evidence pictures go, any fsspec URL.
        find_database: Opens the ledger and gives a line on it, or raises a WalkdownError.
        ask_torch: Ask torch for a GPU too, which takes seconds.
    """
    return DoctorReport(
        (
            check_python(),
            check_packages(),
            check_rooms(),
            check_weights(weights),
            check_models(),
            check_cpu(),
            *([check_gpu()] if ask_torch else []),
            check_openvino(),
            check_video(),
            check_shared_memory(),
            check_database(find_database),
            check_evidence(evidence_url),
        )
    )


# --- what is installed -------------------------------------------------------------------------------------------


def check_python() -> Check:
    """Look at the interpreter's version."""
    oldest = ".".join(str(part) for part in OLDEST_PYTHON)
    return Check(
        "python",
        sys.version_info >= OLDEST_PYTHON,
        f"{platform.python_version()} at {sys.executable}",
        "" if sys.version_info >= OLDEST_PYTHON else f"install Python {oldest} or later, and walkdown in it",
    )


def check_packages() -> Check:
    """Look for what walkdown depends on, by the metadata of its distribution; imports nothing."""
    try:
        required = metadata.requires("walkdown") or []
    except metadata.PackageNotFoundError:
        return Check("packages", False, "walkdown itself is not installed here", "run make env, or pip install -e .")
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in required if "extra ==" not in line]
    versions = {name: _version(name) for name in ("walkdown", *names)}
    missing = [name for name, version in versions.items() if version is None]
    detail = ", ".join(f"{name} {version}" for name, version in versions.items() if version is not None)
    if missing:
        return Check("packages", False, f"missing: {', '.join(missing)}", "run make env, or pip install -e . again")
    if _version("opencv-python-headless") is not None:
        advice = "pip uninstall opencv-python-headless, then pip install --force-reinstall opencv-python"
        return Check("packages", False, "opencv-python-headless lies over opencv-python", advice)
    return Check("packages", True, detail)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_rooms() -> Check:
    """Look whether walkdown's import packages lie side by side, and no other distribution brings one of their names."""
    places: dict[str, Path] = {}
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        if spec is not None and spec.submodule_search_locations:
            places[room] = Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return judge_rooms(places, metadata.packages_distributions())


def judge_rooms(places: Mapping[str, Path], distributions: Mapping[str, Iterable[str]]) -> Check:
    """Judge where the rooms were found.

    Args:
        places: By room, the folder that holds it; a room that can't be imported is absent.
        distributions: By import name, the distributions that bring it.
    """
    missing = [room for room in ROOMS if room not in places]
    if missing:
        advice = "install walkdown again: pip install --force-reinstall --no-deps walkdown, or -e . in a checkout"
        return Check("rooms", False, f"can't be imported: {', '.join(missing)}", advice)
    strangers = sorted({name for room in ROOMS for name in distributions.get(room, ()) if name.lower() != "walkdown"})
    if strangers:
        taken = [room for room in ROOMS if set(distributions.get(room, ())) & set(strangers)]
        advice = f"use an environment of its own for walkdown, or pip uninstall {' '.join(strangers)}"
        return Check("rooms", False, f"{', '.join(strangers)} also brings {', '.join(taken)}", advice)
    if len(set(places.values())) > 1:
        found = ", ".join(f"{room} in {place}" for room, place in places.items())
        advice = "something else of that name comes first on the import path: look at PYTHONPATH and the working folder"
        return Check("rooms", False, found, advice)
    return Check("rooms", True, f"side by side in {places[ROOMS[0]]}")


# --- what the machine has ----------------------------------------------------------------------------------------


def check_weights(weights: Path | None) -> Check:
    """Look for the detector's weights, and name them by their hash."""
    try:
        path = find_weights(weights)
        digest = weights_sha256(path)
    except (WalkdownError, OSError) as err:
        return Check("weights", False, "not found", str(err))
    return Check("weights", True, f"{path} ({path.stat().st_size / 1e6:.1f} MB, sha256 {digest[:12]})")


def check_models() -> Check:
    """Look whether every shipped model has its card."""
    try:
        cards = read_cards()
    except WalkdownError as err:
        return Check("models", False, "not whole", f"{err}; install walkdown again")
    names = [f"{card.name}{' (research only)' if card.research_only else ''}" for card in cards]
    return Check("models", True, ", ".join(names))


def check_cpu() -> Check:
    """Count the cores that this process may use, and the memory."""
    cores = len(os.sched_getaffinity(0))
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Check("cpu", True, f"{cores} cores, {memory_gb:.1f} GB of memory")


def check_gpu() -> Check:
    """Ask torch for a CUDA device. None is well: the CPU does the work then."""
    try:
        import torch
    except (ImportError, OSError) as err:
        return Check("gpu", False, f"torch can't be imported: {err}", "install torch again: make env")
    if not torch.cuda.is_available():
        return Check("gpu", True, f"none that torch {torch.__version__} can use: the CPU does the work")
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return Check("gpu", True, f"{', '.join(names)}, by torch {torch.__version__}")


def check_openvino() -> Check:
    """Ask OpenVINO, which runs the detector on the CPU, for its devices."""
    try:
        import openvino

        devices = openvino.Core().available_devices
    except (ImportError, OSError, RuntimeError) as err:
        return Check("openvino", False, f"can't be used: {err}", "install openvino again: make env")
    version = _version("openvino")
    if "CPU" not in devices:
        return Check("openvino", False, f"{version} sees no CPU", 'set detector.runtime = "torch" in walkdown.toml')
    return Check("openvino", True, f"{version}, devices {', '.join(devices)}")


def check_video() -> Check:
    """Ask PyAV for the codecs that footage comes in, and for the one that simulated drives are written in."""
    try:
        import av
    except (ImportError, OSError) as err:
        return Check("video", False, f"PyAV can't be imported: {err}", "install av again: make env")
    wanted: tuple[tuple[str, Literal["r", "w"]], ...] = (("h264", "r"), ("hevc", "r"), ("mjpeg", "r"), ("libx264", "w"))
    missing = []
    for name, mode in wanted:
        try:
            av.Codec(name, mode)
        except ValueError:
            missing.append(name)
    version = f"PyAV {av.__version__}"
    if missing:
        advice = "install av from its wheel, which brings FFmpeg: pip install --force-reinstall --only-binary av av"
        return Check("video", False, f"{version} lacks {', '.join(missing)}", advice)
    return Check("video", True, f"{version}: {', '.join(name for name, _ in wanted)}")


def check_shared_memory() -> Check:
    """Look whether /dev/shm has the room that Ray wants; a container often has 64 MB."""
    folder = Path("/dev/shm")
    if not folder.is_dir():
        return Check("shared memory", True, "no /dev/shm: Ray keeps its objects on the disk")
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e6:.0f} MB free in {folder}"
    if free < SHARED_MEMORY_NEEDED_BYTES:
        advice = 'give the container more (docker run --shm-size=1g), or set engine.kind = "inline" in walkdown.toml'
        return Check("shared memory", True, f"{detail}: Ray falls back to the disk and is slower", advice)
    return Check("shared memory", True, detail)


# --- where results go --------------------------------------------------------------------------------------------


def check_database(find_database: Callable[[], str]) -> Check:
    """Look whether the ledger can be opened."""
    try:
        return Check("database", True, find_database())
    except WalkdownError as err:
        return Check("database", False, "can't be used", str(err))


def check_evidence(evidence_url: str) -> Check:
    """Write a file where evidence goes, and take it away again."""
    import fsspec

    advice = "correct storage.evidence_url in walkdown.toml, or the rights on that folder"
    try:
        files, root = fsspec.url_to_fs(evidence_url)
        files.makedirs(root, exist_ok=True)
        probe = f"{root}/.doctor-{uuid.uuid4().hex}"
        files.pipe_file(probe, b"walkdown")
        files.rm_file(probe)
    except (OSError, ValueError, ImportError) as err:
        return Check("evidence", False, f"{evidence_url} can't be written: {err}", advice)
    if evidence_url.startswith("file:") or "://" not in evidence_url:
        return Check("evidence", True, f"{root} can be written, {shutil.disk_usage(root).free / 1e9:.1f} GB free")
    return Check("evidence", True, f"{evidence_url} can be written")
