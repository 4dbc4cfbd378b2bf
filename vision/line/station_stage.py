"""The stage that inspects a station's footage: one footage in, its parts and equipment's states out, with pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from vision.anomaly.pictures import read_pictures
from vision.errors import Failure, InputError
from vision.footage.decode import read_frames
from vision.line.belt import Belt, Box, belt_at_start, learn_belt
from vision.line.load_eyes import EyesConfig, LoadedEyes, load_eyes
from vision.line.part_picture import part_jpegs, plain_jpeg, watch_jpeg
from vision.line.station_inspector import InspectedPart, LineRules, StateChange, StationInspector
from vision.line.surface_eye import SurfaceEye
from vision.line.watching import StateSpell
from vision.plant import PartClass, Station
from vision.protocols import ModelInfo, Resources
from vision.types import FootageInfo, Frame

_START_FRAMES = 60


@dataclass(frozen=True, slots=True)
class StationWork:
    """A reference to what is to be inspected; pictures never travel there.

    Attributes:
        info: The footage.
        station: That it shows.
        part_class: Of the parts that pass.
    """

    info: FootageInfo
    station: Station
    part_class: PartClass


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part without its frames, and what is kept of them.

    Attributes:
        part: Its ``picture`` and ``heat`` are None.
        shown: Time, and the part's box in pixels, of the frame that its picture is cut from; None without one.
        jpegs: The part with its defects outlined, then its heat map.
        plain: The part cut out, where that was asked for and nothing is said against it.
    """

    part: InspectedPart
    shown: tuple[int, Box] | None
    jpegs: tuple[bytes, ...]
    plain: bytes | None = None


@dataclass(frozen=True, slots=True)
class FinishedSpell:
    """A spell of one state, and the equipment's picture when it was first believed, as JPEG."""

    spell: StateSpell
    jpeg: bytes | None


@dataclass(frozen=True, slots=True)
class InspectedStation:
    """What one footage of a station showed.

    Attributes:
        footage_id: Which footage.
        parts: In the order of leaving.
        spells: Of equipment's states, by time.
        failures: Frames that couldn't be decoded, and checks that couldn't be made.
        models: That looked.
        frames: Looked at.
        seconds: Wall seconds by step; they add up to those of the stage.
    """

    footage_id: str
    parts: tuple[FinishedPart, ...]
    spells: tuple[FinishedSpell, ...]
    failures: tuple[Failure, ...]
    models: tuple[ModelInfo, ...]
    frames: int
    seconds: dict[str, float]


@dataclass(slots=True)
class SpellBook:
    """Collects equipment's spells with the picture of each one's beginning.

    Attributes:
        station: With its watches.
    """

    station: Station
    _open: dict[str, bytes] = field(default_factory=dict)
    _done: list[FinishedSpell] = field(default_factory=list)

    def note(self, change: StateChange, frame: Frame) -> FinishedSpell:
        """Take a change that this frame made certain; give the spell that has begun."""
        name = change.begun.watch
        if change.ended is not None:
            self._done.append(FinishedSpell(change.ended, self._open.get(name)))
        watch = next(one for one in self.station.watches if one.name == name)
        self._open[name] = watch_jpeg(frame.image, watch.region.in_pixels(frame.image.shape[1], frame.image.shape[0]))
        return FinishedSpell(change.begun, self._open[name])

    def finish(self, last: Sequence[StateSpell]) -> tuple[FinishedSpell, ...]:
        """Give all spells by time, with those that lasted to the end."""
        spells = [*self._done, *(FinishedSpell(spell, self._open.get(spell.watch)) for spell in last)]
        return tuple(sorted(spells, key=lambda one: (one.spell.from_pts_ns, one.spell.watch)))


class StationRecord:
    """Shows frames to an inspector, and keeps pictures of what they made certain.

    Args:
        inspector: Of the station.
        station: With its watches.
        ok_pictures: Of parts without a fault, so many pictures are kept.
        plain: Give parts against which nothing is said cut out as well.
    """

    def __init__(self, inspector: StationInspector, station: Station, ok_pictures: int, *, plain: bool = False) -> None:
        self._inspector = inspector
        self._book = SpellBook(station)
        self._ok_pictures = ok_pictures
        self._plain = plain

    def observe(self, frame: Frame) -> list[FinishedPart | FinishedSpell]:
        """Look at one frame; give the parts that have passed, and the spells that it showed to have begun."""
        return [
            self._book.note(event, frame) if isinstance(event, StateChange) else self._with_pictures(event)
            for event in self._inspector.observe(frame)
        ]

    def finish(self) -> list[FinishedPart]:
        """Say that no frame follows, or none for a time; give the parts still in sight."""
        return [self._with_pictures(event) for event in self._inspector.finish() if isinstance(event, InspectedPart)]

    def spells(self) -> tuple[FinishedSpell, ...]:
        """Give all spells so far by time, those that still last among them."""
        return self._book.finish(self._inspector.spells())

    def _with_pictures(self, part: InspectedPart) -> FinishedPart:
        jpegs: tuple[bytes, ...] = ()
        if not is_sound(part) or self._ok_pictures > 0:
            jpegs = part_jpegs(part)
            if is_sound(part) and jpegs:
                self._ok_pictures -= 1
        shown = (part.picture.pts_ns, part.picture.xyxy) if part.picture is not None else None
        plain = plain_jpeg(part) if self._plain and not part.anomalous and part.verdict.verdict != "reject" else None
        return FinishedPart(replace(part, picture=None, heat=None), shown, jpegs, plain)


class InspectStations:
    """A Stage over StationWork; loads a station's models when its first footage comes."""

    name = "inspect"
    batch_size = 1

    def __init__(
        self,
        config: EyesConfig,
        resources: Resources,
        ok_pictures: int = 200,
        surface: SurfaceEye | None = None,
        *,
        plain: bool = False,
    ) -> None:
        """Keep the settings; loads nothing.

        Args:
            config: Where models are.
            resources: Of one worker.
            ok_pictures: Of parts without a fault, so many pictures are kept for each footage.
            surface: Looks at surfaces in place of the model: the truth, in an evaluation.
            plain: Give sound parts cut out as well, for pictures to learn normal from.
        """
        self._plain = plain
        self.resources = resources
        self._config = config
        self._ok_pictures = ok_pictures
        self._surface = surface
        self._loaded: dict[str, LoadedEyes] = {}

    def setup(self) -> None:
        """Need nothing yet: which station comes first is not known."""

    def process(self, batch: Sequence[StationWork]) -> list[InspectedStation]:
        """Inspect footages, one after the other."""
        return [self._inspect(work) for work in batch]

    def _inspect(self, work: StationWork) -> InspectedStation:
        started = time.perf_counter()
        loaded = self._eyes(work)
        failures = [Failure(work.info.footage_id, None, "ModelError", why) for why in loaded.missing]
        decoded = read_frames(work.info, work.info.frame_pts_ns)
        ahead = list(islice(decoded, _START_FRAMES))
        belt = find_belt(work.station, self._config.folder, [one for one in ahead if isinstance(one, Frame)])
        inspector = StationInspector(work.station, work.part_class, belt, loaded.eyes, LineRules())
        loading = time.perf_counter()
        record = StationRecord(inspector, work.station, self._ok_pictures, plain=self._plain)
        parts, frames = list[FinishedPart](), 0
        for item in chain(ahead, decoded):
            if isinstance(item, Failure):
                failures.append(item)
                continue
            frames += 1
            parts.extend(one for one in record.observe(item) if isinstance(one, FinishedPart))
        parts.extend(record.finish())
        seconds = {"load": loading - started, "look": time.perf_counter() - loading}
        return InspectedStation(
            work.info.footage_id, tuple(parts), record.spells(), tuple(failures), loaded.models, frames, seconds
        )

    def _eyes(self, work: StationWork) -> LoadedEyes:
        name = work.station.name
        if name not in self._loaded:
            self._loaded[name] = load_eyes(work.station, work.part_class, self._config, self._surface)
        return self._loaded[name]


def is_sound(part: InspectedPart) -> bool:
    """Tell whether nothing is to be said against a part."""
    return part.verdict.verdict == "ok" and not part.anomalous


def find_belt(station: Station, folder: Path, first: Sequence[Frame]) -> Belt:
    """Learn the empty belt: from the pictures that the plant file names, else from the footage's beginning.

    Args:
        station: Whose belt.
        folder: Of the plant file.
        first: The footage's first frames.

    Raises:
        InputError: There are no such pictures, or too few, or the belt isn't empty when the footage begins.
    """
    if station.belt is not None:
        return learn_belt(read_pictures(folder / station.belt).images, station.region)
    belt = belt_at_start([frame.image for frame in first], station.region)
    if belt is None:
        raise InputError(
            f"station {station.name}: its belt isn't seen empty when the footage begins; take 5 or more pictures of it "
            'empty and name their folder in the plant file, as belt = "belt"'
        )
    return belt
