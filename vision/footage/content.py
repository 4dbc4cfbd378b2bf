"""What a file is by its first bytes, and who it is by all of them. Names and extensions are not believed."""

from __future__ import annotations

import hashlib
import re
import stat
from pathlib import Path
from typing import Literal

from vision.errors import FootageError

Content = Literal["picture", "heif", "video", "unknown"]

# fmt: off
VIDEO_SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg",
    ".m2v", ".vob", ".wmv", ".asf", ".flv", ".mxf", ".ogv", ".h264", ".264", ".h265", ".265", ".hevc", ".insv", ".360",
))
PICTURE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".avif",
))
# fmt: on
COPY_SUFFIXES = frozenset((".lrv", ".lrf", ".thm"))
"""Small copies that cameras (GoPro, DJI) write beside each recording."""

# Major brands of ISO base media files that hold stills (ISO/IEC 23008-12) or sound only.
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"))
_SOUND_BRANDS = frozenset((b"M4A ", b"M4B ", b"M4P ", b"F4A "))
_PICTURE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
_VIDEO_MAGIC = (b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x30\x26\xb2\x75", b"GIF8")
_TRANSPORT_PACKET_BYTES = (188, 192, 204)
_HEAD_BYTES = 1024


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder; one that can't be reached isn't."""
    try:
        return path.is_dir()
    except OSError:
        return False


def check_file(path: Path) -> None:
    """Make sure that a path is a regular file with something in it that may be read.

    Raises:
        FootageError: It is missing, no file, empty, or not readable.
    """
    try:
        status = path.stat()
    except FileNotFoundError as err:
        raise FootageError(f"{path}: there is no such file or folder; check the spelling") from err
    except OSError as err:
        raise FootageError(f"{path}: can't be reached ({err.strerror}); check the path and its permissions") from err
    if not stat.S_ISREG(status.st_mode):
        raise FootageError(f"{path}: is neither a file nor a folder; give a video, a picture or a folder of pictures")
    if status.st_size == 0:
        raise FootageError(f"{path}: the file is empty (0 bytes); copy it from the camera again")
    read_head(path)


def read_head(path: Path) -> bytes:
    """Read the first bytes of a file.

    Raises:
        FootageError: It can't be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except PermissionError as err:
        raise FootageError(f"{path}: you may not read this file; give yourself the right to (chmod u+r)") from err
    except OSError as err:
        raise FootageError(f"{path}: can't be read ({err.strerror}); copy it to a local disk and try again") from err


def content_of(head: bytes) -> Content:
    """Tell what a file is from its first bytes."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heif" if brand in _HEIF_BRANDS else "unknown" if brand in _SOUND_BRANDS else "video"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video"
    if head.startswith(_PICTURE_MAGIC) or (head[:2] == b"BM" and head[6:10] == bytes(4)):
        return "picture"
    if head[:4] == b"RIFF":
        return "picture" if head[8:12] == b"WEBP" else "video" if head[8:12] == b"AVI " else "unknown"
    if head.startswith(_VIDEO_MAGIC) or _is_transport_stream(head):
        return "video"
    return "unknown"


def _is_transport_stream(head: bytes) -> bool:
    """Look for the sync byte of ISO/IEC 13818-1 in three packets on end (M2TS has 4 bytes of time before each)."""
    return any(
        len(head) > lead + 2 * size and all(head[lead + k * size] == 0x47 for k in range(3))
        for size in _TRANSPORT_PACKET_BYTES
        for lead in (0, 4)
    )


def sha256_of(path: Path) -> str:
    """Give the hex SHA-256 of a file, read as a stream.

    Raises:
        FootageError: It can't be read to its end.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise FootageError(f"{path}: can't be read to its end ({err.strerror}); copy it from the camera again") from err


def natural_key(path: Path) -> tuple[tuple[int | str, ...], str]:
    """Sort key by which ``shot_9`` comes before ``shot_10``."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts)), path.name
