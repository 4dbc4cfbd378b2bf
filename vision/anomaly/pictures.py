"""The pictures of a station: which can be read, which are copies, and whether one camera took them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from vision.errors import Failure, FootageError, InputError
from vision.footage.content import is_folder, sha256_of
from vision.footage.discover import pictures_in
from vision.footage.stills import decode_picture
from vision.types import Image

_SIZE_RATIO = 1.25
"""Pictures of a station whose sides differ by more are taken for those of another camera or crop."""


@dataclass(frozen=True, slots=True)
class StationPictures:
    """Readable pictures of one folder, each content once, in natural order of their names.

    Attributes:
        folder: Where they are from, as handed in.
        paths: N files.
        images: N pictures, (H, W, 3) uint8 BGR.
        sha256: Hex digest over the digests of the files.
        failures: Pictures that can't be read.
        copies: Files left out because another has the same content.
        warnings: What is odd about them but doesn't stop the work, a sentence each.
    """

    folder: Path
    paths: tuple[Path, ...]
    images: tuple[Image, ...]
    sha256: str
    failures: tuple[Failure, ...]
    copies: int
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)


def read_pictures(where: Path) -> StationPictures:
    """Read a folder of pictures; what can't be read is left out and named.

    Args:
        where: A folder, or a pattern of names in one, such as ``tiles/mt_free_*``. Subfolders are not entered.

    Raises:
        InputError: There is no such folder, it holds no such picture, or none of them can be read.
    """
    folder, pattern = (where, "*") if is_folder(where) else (where.parent, where.name)
    if pattern != "*" and not set(pattern) & set("*?["):
        raise InputError(f"{where}: there is no such folder; name the folder that holds the pictures")
    if not is_folder(folder):
        raise InputError(f"{folder}: there is no such folder; name the folder that holds the pictures")
    files = [path for path in pictures_in(folder) if fnmatchcase(path.name, pattern)]
    if not files:
        raise InputError(f"{where}: there is no picture; name the folder that holds them")
    kept: dict[str, tuple[Path, Image]] = {}
    failures: list[Failure] = []
    copies = 0
    for path in files:
        try:
            digest = sha256_of(path)
            if digest in kept:
                copies += 1
                continue
            kept[digest] = (path, decode_picture(path))
        except FootageError as err:
            failures.append(Failure(str(path), None, type(err).__name__, str(err)))
    if not kept:
        raise InputError(f"{where}: none of its {len(files)} pictures can be read: {failures[0].message}")
    images = tuple(image for _, image in kept.values())
    return StationPictures(
        where,
        tuple(path for path, _ in kept.values()),
        images,
        hashlib.sha256("".join(kept).encode("ascii")).hexdigest(),
        tuple(failures),
        copies,
        _size_warnings(where, images),
    )


def check_normals(pictures: StationPictures, station: str, least: int) -> None:
    """Make sure that a station has enough different normal pictures to learn from.

    Raises:
        InputError: Too few, or all of one content; the message says how many are missing.
    """
    if len(pictures) == 1 and pictures.copies:
        raise InputError(
            f"{pictures.folder}: all {pictures.copies + 1} normal pictures of station {station} are identical: "
            f"give at least {least} different ones"
        )
    if len(pictures) < least:
        unread = f", {len(pictures.failures)} can't be read" if pictures.failures else ""
        copies = f", {pictures.copies} are copies" if pictures.copies else ""
        raise InputError(
            f"{pictures.folder}: {len(pictures)} normal pictures of station {station} can be used{unread}{copies}: "
            f"at least {least} are needed, take {least - len(pictures)} more"
        )
    first = pictures.images[0]
    if all(one.shape == first.shape and (one == first).all() for one in pictures.images[1:]):
        raise InputError(
            f"{pictures.folder}: all {len(pictures)} normal pictures of station {station} show the same pixels: "
            f"give at least {least} different ones"
        )


def _size_warnings(folder: Path, images: Sequence[Image]) -> tuple[str, ...]:
    sizes = Counter((image.shape[1], image.shape[0]) for image in images)
    (width_px, height_px), _ = sizes.most_common(1)[0]
    odd = sum(
        count
        for (width, height), count in sizes.items()
        if max(width / width_px, width_px / width, height / height_px, height_px / height) > _SIZE_RATIO
    )
    if not odd:
        return ()
    return (
        f"{folder}: {odd} of {len(images)} pictures differ in size by more than a quarter from the usual "
        f"{width_px} x {height_px}; a station's pictures should be of one camera and one crop",
    )
