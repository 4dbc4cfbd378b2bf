"""From what a person typed to the list of footages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from vision.errors import FootageError
from vision.footage.content import (
    COPY_SUFFIXES,
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    Content,
    content_of,
    is_folder,
    natural_key,
    read_head,
)

_LOG = logging.getLogger(__name__)


def discover(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Expand files and folders into footages, in the order given, each once.

    A file stays as it is, even one that is missing or broken: probing it names what is wrong, and the others go on.
    A folder that holds videos gives each video, in natural order; pictures beside them (thumbnails, stills) are left
    out with a warning. A folder that holds pictures only is one footage. Hidden files, subfolders, the small copies
    that cameras write beside a recording, and what is neither video nor picture (tracks, tables) are passed over.

    Raises:
        FootageError: A folder holds neither videos nor pictures, or can't be listed.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for footage in _in_folder(path) if is_folder(path) else (path,):
            found.setdefault(footage.resolve(), footage)
    return tuple(found.values())


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Give the pictures of a folder in natural order."""
    return tuple(p for p in _files_in(folder) if _content_by_name(p) in ("picture", "heif"))


def _in_folder(folder: Path) -> tuple[Path, ...]:
    files = _files_in(folder)
    contents = [_content_by_name(p) for p in files]
    videos = tuple(p for p, content in zip(files, contents, strict=True) if content == "video")
    picture_count = len(files) - len(videos) - contents.count("unknown")
    if videos and picture_count:
        _LOG.warning(
            "%s: holds %d videos and %d pictures; the pictures are left out (to inspect them, put them in a folder "
            "of their own)",
            folder,
            len(videos),
            picture_count,
        )
    if videos:
        return videos
    if picture_count:
        return (folder,)
    raise FootageError(f"{folder}: the folder holds neither videos nor pictures; name the folder that does")


def _files_in(folder: Path) -> tuple[Path, ...]:
    try:
        files = [p for p in folder.iterdir() if not p.name.startswith(".") and p.is_file()]
    except OSError as err:
        raise FootageError(f"{folder}: the folder can't be listed ({err.strerror}); check its permissions") from err
    return tuple(sorted(files, key=natural_key))


def _content_by_name(path: Path) -> Content:
    """Go by content; where that says nothing, by extension, so that a broken clip is named and not passed over."""
    if path.suffix.casefold() in COPY_SUFFIXES:
        return "unknown"
    try:
        content = content_of(read_head(path))
    except FootageError:
        content = "unknown"
    if content != "unknown":
        return content
    suffix = path.suffix.casefold()
    return "video" if suffix in VIDEO_SUFFIXES else "picture" if suffix in PICTURE_SUFFIXES else "unknown"
