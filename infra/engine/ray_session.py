"""Brings up a quiet Ray on this machine, or joins a cluster, and takes down only what it brought up.

Ray is imported inside the functions: it reads several of the environment variables below once, at its import.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import secrets
import shutil
import signal
import site
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psutil

from infra.engine.types import EngineConfig
from vision.errors import ConfigError, WalkdownError

IMPORT_PACKAGES = ("vision", "agents", "infra", "workflows", "reports_templates")
OBJECT_STORE_BYTES = 200_000_000
"""References and results cross, not frames: a few kilobytes an item."""

PATIENCE_S = 10.0
"""How long Ray may take to go down after Ctrl-C; it usually takes two or three seconds."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no prompt, no report to anyone
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # else the C++ core writes to the user's stderr
    "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",  # else deaths of workers are told on stdout, which is walkdown's result
}


@contextmanager
def ray_started(config: EngineConfig) -> Iterator[None]:
    """Have Ray up inside the block; if it already is, leave it as it is, before and after.

    Raises:
        ConfigError: No cluster answers at ``config.ray_address``.
        WalkdownError: Ray could not be started on this machine.
    """
    if "ray" in sys.modules and sys.modules["ray"].is_initialized():
        yield
        return
    folder = _own_folder()
    try:
        with _environment(_QUIET):
            if config.ray_address is not None:
                _join_cluster(config.ray_address, folder)
            else:
                _start_own(config.workers, folder)
            yield
    except KeyboardInterrupt:
        with _ended_if_stuck(PATIENCE_S):
            _shut_down(folder)
        raise
    finally:
        _shut_down(folder)


def _shut_down(folder: Path) -> None:
    """Take Ray down and remove its files; nothing happens the second time."""
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_if_stuck(seconds: float) -> Iterator[None]:
    """End this process as Ctrl-C does where the block takes longer than so many seconds, or Ctrl-C comes again.

    After an interrupt the driver of Ray 2.60 now and then waits 30 s for itself to shut down, and then leaves with exit
    code 1 and without a word.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    timer = threading.Timer(seconds, _end_now)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def _end_now() -> None:
    """End the processes that this one started, and theirs, then this one."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    os.kill(os.getpid(), signal.SIGINT)


def _start_own(workers: int, folder: Path) -> None:
    """Start Ray for this process alone, on the loopback interface, with its files in a folder of its own."""
    environment = {**_closed_to_others(), "PYTHONPATH": _worker_python_path()}
    with _environment(environment), _stderr_into(folder / "start.log"):
        import ray

        try:
            ray.init(
                address="local",
                num_cpus=workers + 1,
                object_store_memory=OBJECT_STORE_BYTES,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                _node_ip_address="127.0.0.1",
                _temp_dir=str(folder),
            )
        except (RuntimeError, OSError, ValueError, ray.exceptions.RayError) as err:
            raise WalkdownError(f"Ray did not start on this machine ({err}): run with --engine inline") from err


def _join_cluster(address: str, folder: Path) -> None:
    """Join a cluster, and send it this checkout's packages."""
    _knock(address)
    packages = [str(root / name) for name in IMPORT_PACKAGES if (root := _package_root(name)) is not None]
    with _stderr_into(folder / "join.log"):
        import ray

        try:
            ray.init(
                address=address,
                runtime_env={"py_modules": packages, "excludes": ["__pycache__"]},
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
        except (RuntimeError, OSError, ValueError, ray.exceptions.RayError) as err:
            raise ConfigError(
                f"no Ray cluster can be joined at {address} ({err}): check --ray-address, and that the cluster runs "
                f"Ray {ray.__version__} and Python {sys.version_info.major}.{sys.version_info.minor}"
            ) from err


def _own_folder() -> Path:
    """Make a folder for Ray's files, and sweep away those of runs that were killed.

    Its path leaves room for the sockets in it: Linux allows 107 bytes.
    """
    parent = Path(tempfile.gettempdir() if len(tempfile.gettempdir()) <= 20 else "/tmp")
    for leftover in parent.glob("walkdown-ray-*-*"):
        pid = leftover.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(leftover, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"walkdown-ray-{os.getpid()}-", dir=parent))


def _knock(address: str) -> None:
    """Make sure that something listens at a ``host:port``: Ray itself would try for minutes.

    Ray Client's addresses (``ray://``) are refused: streaming through its proxy was tried and did not work.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise ConfigError(f"--ray-address {address} is no address: give host:port, such as 10.0.0.5:6379, or auto")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as err:
        raise ConfigError(f"nothing answers at --ray-address {address} ({err}): is the cluster up?") from err


@cache
def _closed_to_others() -> dict[str, str]:
    """Give the settings that keep other machines, and other users of this one, out of a Ray of our own.

    Ray reads them once, at its import; where someone imported it before us, it runs by its own defaults.
    """
    if "ray" in sys.modules:
        return {}
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # no cluster on this machine: it all listens on 127.0.0.1
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),  # given, else Ray writes one into the user's home
    }


def _package_root(name: str) -> Path | None:
    """Give the folder that holds an import package, or None where there is no such package."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve().parent


def _worker_python_path() -> str:
    """Give the PYTHONPATH that lets workers import this checkout from any working directory.

    A root in site-packages needs no entry: the workers run the same interpreter, which finds it there. Putting it on
    PYTHONPATH would set it before the standard library.
    """
    before = os.environ.get("PYTHONPATH", "")
    root = _package_root("infra")
    if root is None or str(root) in {str(Path(folder).resolve()) for folder in site.getsitepackages()}:
        return before
    return os.pathsep.join([str(root), *([before] if before else [])])


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that Ray starts, and put them back for this one."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _stderr_into(path: Path) -> Iterator[None]:
    """Send what the C++ core writes to stderr while it starts into a file: it greets, whatever the log level."""
    sys.stderr.flush()
    kept = os.dup(2)
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 2)
    os.close(target)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
