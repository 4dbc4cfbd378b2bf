"""Keep models converted for a runtime, by weights' hash, runtime and precision: made once, whole or not at all.

A conversion is made beside its place and renamed into it. Who makes one holds a lock, so that several workers that
start together convert once; a lock goes with its process, so that one that was killed leaves nothing that counts, and
what it had begun is removed by the next.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.errors import StoreError

_DESCRIPTION = "model.json"


@dataclass(frozen=True, slots=True)
class ConversionKey:
    """Which conversion.

    Attributes:
        weights_sha256: Of the weights that it is made from.
        runtime: With its version, such as ``ov2026.4.1``: another version may read it otherwise.
        precision: Such as ``fp32`` or ``int8``.
        format: Of walkdown's own; raised when the code that converts changes.
    """

    weights_sha256: str
    runtime: str
    precision: str
    format: int

    @property
    def folder_name(self) -> str:
        """Of the folder that holds it."""
        return f"{self.weights_sha256[:16]}-{self.runtime}-{self.precision}-f{self.format}"


def converted(cache_dir: Path, key: ConversionKey, convert: Callable[[Path], None]) -> Path:
    """Give the folder of a conversion, made now if it isn't there.

    Args:
        cache_dir: Where conversions are kept.
        key: Which one.
        convert: Writes it into an empty folder.

    Raises:
        StoreError: It can't be kept there.
    """
    folder = cache_dir / key.folder_name
    if folder.is_dir():
        return folder
    try:
        with _locked(cache_dir, key):
            if not folder.is_dir():  # another process may have finished while this one waited
                _make(folder, convert)
    except OSError as err:
        raise StoreError(
            f"the converted model can't be kept in {cache_dir}: {err}; free some space there, or name another folder "
            "by storage.cache_dir"
        ) from err
    return folder


def replace_conversion(cache_dir: Path, key: ConversionKey, made: Path) -> Path:
    """Put a folder that was made elsewhere on the same disk in a conversion's place, whatever was there.

    Raises:
        StoreError: It can't be moved there.
    """
    folder = cache_dir / key.folder_name
    try:
        with _locked(cache_dir, key):
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
    except OSError as err:
        raise StoreError(f"the converted model can't be kept in {cache_dir}: {err}") from err
    return folder


def write_description(folder: Path, names: tuple[str, ...], task: str) -> None:
    """Write beside a conversion what its own file doesn't say: the classes by id, and ``segment`` or ``detect``."""
    (folder / _DESCRIPTION).write_text(json.dumps({"names": names, "task": task}), encoding="utf-8")


def read_class_names(folder: Path) -> tuple[str, ...]:
    """Give the classes of a conversion, by id."""
    return tuple(json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))["names"])


def _make(folder: Path, convert: Callable[[Path], None]) -> None:
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    part.mkdir()
    try:
        convert(part)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(cache_dir: Path, key: ConversionKey) -> Iterator[None]:
    cache_dir.mkdir(parents=True, exist_ok=True)
    with (cache_dir / f".{key.folder_name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
