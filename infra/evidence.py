"""Keeps evidence pictures under names made from their content, on a disk or in any store that fsspec knows."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from vision.errors import StoreError

_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
_TEMPORARY = ".writing-"


class EvidenceStore:
    """A flat folder of files that are never changed, only added."""

    def __init__(self, url: str) -> None:
        """Open the store, making its folder.

        Args:
            url: Such as ``file:///var/lib/walkdown/evidence``, ``memory://evidence`` or ``s3://bucket/evidence``.

        Raises:
            StoreError: No such kind of store is installed, or the folder can't be made.
        """
        self._url = url
        try:
            self._files, self._root = fsspec.url_to_fs(url)
        except (ImportError, ValueError) as err:
            raise StoreError(f"evidence store {url} can't be used: {err}; correct storage.evidence_url") from err
        with self._translating():
            self._files.makedirs(self._root, exist_ok=True)

    def put(self, content: bytes, suffix: str) -> str:
        """Keep a file and give its name. It is there as a whole or not at all; the same content is kept once.

        Args:
            content: Of the file.
            suffix: Such as ``.jpg``.

        Raises:
            StoreError: The store is full or can't be written.
        """
        name = f"{hashlib.sha256(content).hexdigest()[:32]}{suffix.lower()}"
        path = self._path(name)
        temporary = f"{self._root}/{_TEMPORARY}{uuid.uuid4().hex}"
        with self._translating():
            if self._files.exists(path):
                return name
            try:
                self._files.pipe_file(temporary, content)
                self._files.mv(temporary, path)
            except BaseException:
                self._remove(temporary)
                raise
        return name

    def get(self, name: str) -> bytes:
        """Give a file's content.

        Raises:
            StoreError: It isn't there, or can't be read.
        """
        path = self._path(name)
        with self._translating():
            try:
                return bytes(self._files.cat_file(path))
            except FileNotFoundError as err:
                message = f"evidence {name} is missing from {self._url}; inspect the footage again to make it anew"
                raise StoreError(message) from err

    def exists(self, name: str) -> bool:
        """Tell whether a file is there."""
        path = self._path(name)
        with self._translating():
            return bool(self._files.exists(path))

    def location(self, name: str) -> str:
        """Give where a file is: its path on this machine's disk, or its URL."""
        path = self._path(name)
        local = "file" in (self._files.protocol if isinstance(self._files.protocol, tuple) else (self._files.protocol,))
        return path if local else str(self._files.unstrip_protocol(path))

    def copy_to(self, folder: Path, names: Iterable[str]) -> list[Path]:
        """Copy files into a folder, under their names, and give their paths.

        Raises:
            StoreError: One isn't there, or the folder can't be written.
        """
        copies = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in names:
                copy = folder / name
                content = self.get(name)
                if not copy.exists() or copy.read_bytes() != content:
                    unfinished = folder / f"{_TEMPORARY}{name}"
                    unfinished.write_bytes(content)
                    unfinished.replace(copy)
                copies.append(copy)
        except OSError as err:
            raise StoreError(f"evidence can't be copied to {folder}: {err.strerror or err}") from err
        return copies

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise StoreError(f"{name!r} is no name of evidence")
        return f"{self._root}/{name}"

    def _remove(self, path: str) -> None:
        try:
            self._files.rm_file(path)
        except OSError:  # it was never made; the error that led here is the one to report
            return

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except OSError as err:
            reason = err.strerror or str(err)
            raise StoreError(
                f"evidence store {self._url} failed: {reason}; check its disk and storage.evidence_url"
            ) from err
