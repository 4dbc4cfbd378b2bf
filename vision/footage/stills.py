"""Pictures in order as footage: their size, their times, and reading one."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImage

from vision.errors import Failure, FootageError
from vision.footage.content import content_of, read_head, sha256_of
from vision.types import FootageInfo, Frame, Image, Int, frozen

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_INDEX_STEP_NS = 1_000_000_000
# What Pillow raises on damaged files: OSError in general, the others from single formats' parsers.
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    PillowImage.DecompressionBombError,
    PillowImage.DecompressionBombWarning,
)
_CONVERT_HEIF = (
    "is a HEIF or AVIF picture, which can't be read here; convert it to JPEG (set the phone to 'most compatible')"
)


@dataclass(frozen=True, slots=True)
class Still:
    """One picture before it is decoded.

    Attributes:
        path: The file.
        size_wh: Upright, in pixels.
        codec: Such as ``jpeg``.
        taken_at: DateTimeOriginal with its fraction; aware only where the file states its offset from UTC.
    """

    path: Path
    size_wh: tuple[int, int]
    codec: str
    taken_at: datetime | None


def probe_stills(path: Path, files: Sequence[Path]) -> FootageInfo:
    """Probe pictures in the order given as one footage.

    A picture that can't be opened is left out and named in ``warnings``. Times come from EXIF where every picture has
    one and they ascend; else 1 s a still is assumed.

    Args:
        path: The folder, or the one file, as handed in.
        files: The pictures.

    Raises:
        FootageError: None can be opened, or they differ in size.
    """
    stills, notes = _opened(files)
    if not stills:
        raise FootageError(notes[0] if len(files) == 1 else f"{path}: none of its pictures can be read: {notes[0]}")
    _check_sizes(path, stills)
    if len(files) == 1:
        footage_id = sha256_of(files[0])
    else:
        footage_id = hashlib.sha256("".join(sha256_of(s.path) for s in stills).encode("ascii")).hexdigest()
    clock, pts_ns, recorded_at = _times(stills)
    width_px, height_px = stills[0].size_wh
    return FootageInfo(
        footage_id=footage_id,
        path=str(path),
        kind="images",
        width_px=width_px,
        height_px=height_px,
        frame_pts_ns=frozen(pts_ns),
        keyframe_pts_ns=frozen(pts_ns),
        codec=stills[0].codec,
        clock=clock,
        recorded_at=recorded_at,
        image_paths=tuple(str(s.path) for s in stills),
        warnings=tuple(notes),
    )


def read_still(info: FootageInfo, index: int) -> Frame | Failure:
    """Decode one picture of a footage of stills, upright."""
    path = Path(info.image_paths[index])
    pts_ns = int(info.frame_pts_ns[index])
    try:
        image = decode_picture(path)
        if image.shape[:2] != (info.height_px, info.width_px):
            raise FootageError(f"{path}: the picture changed its size since it was probed; start again")
    except FootageError as err:
        return Failure(info.footage_id, pts_ns, "FootageError", str(err))
    return Frame(info.footage_id, pts_ns, image)


def decode_picture(path: Path) -> Image:
    """Decode a picture file to (H, W, 3) uint8 BGR, upright by its EXIF orientation, read-only.

    Raises:
        FootageError: It can't be read, or it breaks off.
    """
    try:
        with PillowImage.open(path, formats=_FORMATS) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except _UNREADABLE as err:
        raise FootageError(f"{path}: the picture is damaged ({err}); copy it from the camera again") from err
    return frozen(np.ascontiguousarray(np.asarray(upright)[:, :, ::-1]))


def _opened(files: Sequence[Path]) -> tuple[list[Still], list[str]]:
    stills, notes = [], []
    for file in files:
        try:
            stills.append(_open_still(file))
        except FootageError as err:
            notes.append(str(err))
    return stills, notes


def _open_still(path: Path) -> Still:
    head = read_head(path)
    if content_of(head) == "heif":
        raise FootageError(f"{path}: {_CONVERT_HEIF}")
    try:
        with PillowImage.open(path, formats=_FORMATS) as picture:
            exif = picture.getexif()
            width_px, height_px = picture.size
            codec = "jpeg" if picture.format == "MPO" else str(picture.format).lower()
    except _UNREADABLE as err:
        what = "the file is empty" if not head else f"the picture can't be opened ({err})"
        raise FootageError(f"{path}: {what}; copy it from the camera again") from err
    # Orientations 5 to 8 lie on their side (CIPA DC-008 4.6.4).
    on_its_side = exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    size_wh = (height_px, width_px) if on_its_side else (width_px, height_px)
    return Still(path, size_wh, codec, _taken_at(exif))


def _taken_at(exif: PillowImage.Exif) -> datetime | None:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip(" \0")
    try:
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    fraction = re.match(r"\d+", str(details.get(ExifTags.Base.SubsecTimeOriginal, "")).strip(" \0"))
    if fraction:
        moment += timedelta(microseconds=int(fraction[0][:6].ljust(6, "0")))
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal) or details.get(ExifTags.Base.OffsetTime) or "")
    zone = re.match(r"([+-])(\d\d):(\d\d)", offset.strip(" \0"))
    if zone is None:
        return moment
    minutes = int(zone[2]) * 60 + int(zone[3])
    return moment.replace(tzinfo=timezone(timedelta(minutes=-minutes if zone[1] == "-" else minutes)))


def _times(stills: Sequence[Still]) -> tuple[Literal["exif", "index"], Int, datetime | None]:
    """Give the clock, the times since the first still, and when that was taken in UTC."""
    moments = [s.taken_at for s in stills if s.taken_at is not None]
    all_aware = all(m.tzinfo is not None for m in moments)
    if not all_aware:
        moments = [m.replace(tzinfo=None) for m in moments]
    if len(moments) == len(stills):
        since_first = [(m - moments[0]) // timedelta(microseconds=1) * 1000 for m in moments]
        if np.all(np.diff(since_first) > 0):
            return "exif", np.array(since_first, dtype=np.int64), moments[0].astimezone(UTC) if all_aware else None
    return "index", np.arange(len(stills), dtype=np.int64) * _INDEX_STEP_NS, None


def _check_sizes(path: Path, stills: Sequence[Still]) -> None:
    usual, count = Counter(s.size_wh for s in stills).most_common(1)[0]
    odd = next((s for s in stills if s.size_wh != usual), None)
    if odd is not None:
        raise FootageError(
            f"{path}: {count} of its {len(stills)} pictures are {usual[0]} x {usual[1]}, but {odd.path.name} is "
            f"{odd.size_wh[0]} x {odd.size_wh[1]}; one footage is of one camera: put others in another folder"
        )
