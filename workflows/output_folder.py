"""Leaves a report's files in a folder all at once: whoever looks sees the old report or the new one, never a half.

Everything is written into a hidden folder beside the target, which then takes the target's place. A run that is killed
leaves at most that hidden folder; the next one clears it away.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from vision.errors import ConfigError, StoreError
from workflows.exports import EVIDENCE_FOLDER, coverage_geojson, findings_csv, findings_geojson, inspection_json
from workflows.render_report import render_report
from workflows.report_content import ReportContent

REPORT_FILE = "report.html"
MARK_FILE = "inspection.json"
"""A folder that holds it is one of ours, and may be replaced."""

OUR_NAMES = frozenset(
    {REPORT_FILE, MARK_FILE, "findings.geojson", "findings.csv", "coverage.geojson", "parts.csv", EVIDENCE_FOLDER}
)

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""From linux/fcntl.h and linux/fs.h, see renameat2(2)."""


def check_output_folder(folder: Path) -> None:
    """Refuse a folder that a report must not replace; to be called before hours of work.

    Raises:
        ConfigError: It is a file, it holds something else, or it can't be replaced as a whole.
        StoreError: Nothing can be written where it is to be.
    """
    target = _absolute(folder)
    if target.exists() and not target.is_dir():
        raise ConfigError(f"{folder} is a file: name a folder for the report with --out")
    if target == Path.cwd() or target in Path.cwd().parents or os.path.ismount(target):
        raise ConfigError(
            f"{folder} can't be replaced as a whole (it holds the current folder, or is a mount point): "
            f"name a folder in it, such as --out {folder / 'report'}"
        )
    if target.is_dir() and not (target / MARK_FILE).is_file() and any(target.iterdir()):
        raise ConfigError(f"{folder} holds something else than a report: name a new or empty folder with --out")
    there = next(parent for parent in target.parents if parent.exists())
    try:
        _try_to_write_in(there)
    except OSError as err:
        raise StoreError(_explain(folder, err)) from err


def _try_to_write_in(folder: Path) -> None:
    """Make a file without a name, of which a run that is killed leaves nothing; where there are none, one with a name.

    Raises:
        OSError: Nothing can be written there.
    """
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError as err:
        if err.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
            raise
        with TemporaryFile(prefix=".walkdown-", dir=folder):
            pass


def write_output_folder(folder: Path, content: ReportContent) -> Path:
    """Write every file of a report, in place of an older report there; other people's files in it are kept.

    Returns:
        The path of report.html within ``folder``.

    Raises:
        ConfigError: See ``check_output_folder``.
        StoreError: The disk is full, or the folder can't be written. The report that was there is as it was.
    """
    pictures = {picture.file_name: picture.jpeg for entry in content.findings for picture in entry.pictures}
    return write_files(folder, _texts(content), pictures)


def write_files(folder: Path, files: Mapping[str, str], pictures: Mapping[str, bytes]) -> Path:
    """Write a report's files and its evidence in place of an older report there; see ``write_output_folder``.

    Args:
        folder: Of the report.
        files: Name -> text; report.html and inspection.json are among them.
        pictures: Name within ``evidence/`` -> JPEG bytes.

    Raises:
        ConfigError: See ``check_output_folder``.
        StoreError: The disk is full, or the folder can't be written. The report that was there is as it was.
    """
    check_output_folder(folder)
    target = _absolute(folder)
    partial = target.with_name(f".{target.name}.partial")
    aside = target.with_name(f".{target.name}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            _tidy(target, partial, aside)
            try:
                _write_all(partial, files, pictures)
            except OSError:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            _swap(partial, target, aside)
            with suppress(OSError):  # the new report stands; the next run tries again
                _tidy(target, partial, aside)
    except OSError as err:
        raise StoreError(_explain(folder, err)) from err
    return folder / REPORT_FILE


def _texts(content: ReportContent) -> dict[str, str]:
    return {
        "findings.geojson": findings_geojson(content),
        "findings.csv": findings_csv(content),
        "coverage.geojson": coverage_geojson(content),
        REPORT_FILE: render_report(content),
        MARK_FILE: inspection_json(content),
    }


def _write_all(partial: Path, files: Mapping[str, str], pictures: Mapping[str, bytes]) -> None:
    evidence = partial / EVIDENCE_FOLDER
    evidence.mkdir(parents=True)
    for name, jpeg in pictures.items():
        (evidence / name).write_bytes(jpeg)
    for name, text in files.items():
        _write_text(partial / name, text)


def _write_text(path: Path, text: str) -> None:
    """Write and wait for the disk, so that a power cut after the swap doesn't leave an empty file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _swap(partial: Path, target: Path, aside: Path) -> None:
    """Put ``partial`` in the place of ``target``; what was there ends up in ``partial`` or ``aside``."""
    if not target.exists():
        partial.rename(target)
    elif not _exchange(partial, target):
        swap_by_two_renames(partial, target, aside)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where this system or file system can't."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(second))


def swap_by_two_renames(partial: Path, target: Path, aside: Path) -> None:
    """Do it in two steps, and undo the first where the second fails."""
    target.rename(aside)
    try:
        partial.rename(target)
    except OSError:
        aside.rename(target)
        raise


def _tidy(target: Path, partial: Path, aside: Path) -> None:
    """Put right what a killed run left, clear away what a swap left, and move files that aren't ours to ``target``."""
    if aside.is_dir() and not target.exists():
        aside.rename(target)
    for leftover in (partial, aside):
        if not leftover.is_dir():
            continue
        for path in leftover.iterdir():
            if path.name not in OUR_NAMES and target.is_dir() and not (target / path.name).exists():
                path.rename(target / path.name)
        shutil.rmtree(leftover)


@contextmanager
def _locked(parent: Path) -> Iterator[None]:
    """Let one run at a time swap folders in ``parent``; a killed one lets go by itself."""
    handle = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _absolute(folder: Path) -> Path:
    """Follow links, so that a link to a folder stays a link."""
    return folder.expanduser().resolve()


def _explain(folder: Path, err: OSError) -> str:
    kept = "the report that was there is as it was"
    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"no room for the report in {folder.parent}: free some space or name another disk with --out; {kept}"
    return f"can't write the report to {folder}: {err.strerror or err}; name another folder with --out; {kept}"
