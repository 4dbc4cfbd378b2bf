"""Looks at a station's live frames as batch does at a file's, and minds what only happens live.

The camera goes away and comes back: parts in sight are judged as far as they were seen, since where they went meanwhile
is not known. It comes back with another picture size: such frames can't be compared with the belt, and are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from vision.line.belt import Belt
from vision.line.station_inspector import LineRules, StationEyes, StationInspector
from vision.line.station_stage import FinishedPart, FinishedSpell, StationRecord
from vision.live.queue import LiveFrame
from vision.plant import PartClass, Station
from vision.types import Frame

BELT_S = 3.0
"""Where the plant has no pictures of the empty belt, it is learnt from the frames of so many first seconds."""

_BELT_FRAMES = 60

FindBelt: TypeAlias = Callable[[list[Frame]], Belt]
"""Gives the empty belt, from the first frames where there are no pictures of it."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What has become certain, and the frame that made it so."""

    what: FinishedPart | FinishedSpell
    frame: LiveFrame


@dataclass(frozen=True, slots=True)
class LiveLooking:
    """How a station is looked at.

    Attributes:
        station: Which one.
        part_class: Of the parts that pass.
        eyes: What looks.
        ok_pictures: Of parts without a fault, so many pictures are kept.
    """

    station: Station
    part_class: PartClass
    eyes: StationEyes
    ok_pictures: int = 200


class LiveStation:
    """Inspects one station live.

    Args:
        looking: How.
        find_belt: See ``FindBelt``; called once.
        say: Told of pictures of another size.
    """

    def __init__(self, looking: LiveLooking, find_belt: FindBelt, say: Callable[[str], None]) -> None:
        self.pts_ns: list[int] = []
        self.refused = 0
        self._looking = looking
        self._find_belt = find_belt
        self._say = say
        self._record: StationRecord | None = None
        self._ahead: list[LiveFrame] = []
        self._last: LiveFrame | None = None
        self._in_sight = False
        self._size: tuple[int, ...] | None = None
        if looking.station.belt is not None:
            self._begin()

    def observe(self, live: LiveFrame) -> list[LiveEvent]:
        """Look at one frame; give what it made certain.

        Raises:
            InputError: The belt isn't seen empty at the start, or its pictures are of another size.
            ConfigError: A state's model was made for another crop.
            ModelError: A model failed.
        """
        if self._record is None:
            self._ahead.append(live)
            first = self._ahead[0]
            if live.frame.pts_ns - first.frame.pts_ns < BELT_S * 1e9 and len(self._ahead) < _BELT_FRAMES:
                return []
            return self._look_at_those_ahead()
        return self._look(self._record, live)

    def interrupt(self) -> list[LiveEvent]:
        """Say that no frame follows, or none for a time: the camera is away; give the parts that were in sight."""
        events = self._look_at_those_ahead() if self._ahead else []
        if self._record is None or self._last is None or not self._in_sight:
            return events
        self._in_sight = False
        return events + [LiveEvent(part, self._last) for part in self._record.finish()]

    def spells(self) -> tuple[FinishedSpell, ...]:
        """Give all spells so far by time, those that still last among them."""
        return self._record.spells() if self._record is not None else ()

    def _begin(self) -> StationRecord:
        looking = self._looking
        belt = self._find_belt([one.frame for one in self._ahead])
        inspector = StationInspector(looking.station, looking.part_class, belt, looking.eyes, LineRules())
        self._record = StationRecord(inspector, looking.station, looking.ok_pictures)
        return self._record

    def _look_at_those_ahead(self) -> list[LiveEvent]:
        record = self._begin()
        ahead, self._ahead = self._ahead, []
        return [event for live in ahead for event in self._look(record, live)]

    def _look(self, record: StationRecord, live: LiveFrame) -> list[LiveEvent]:
        shape = live.frame.image.shape
        self._size = self._size or shape
        if shape != self._size:
            self._refuse(shape)
            return []
        away = self._last is not None and self._last.connection != live.connection
        events = self.interrupt() if away else []
        events.extend(LiveEvent(one, live) for one in record.observe(live.frame))
        self._last, self._in_sight = live, True
        self.pts_ns.append(live.frame.pts_ns)
        return events

    def _refuse(self, shape: tuple[int, ...]) -> None:
        self.refused += 1
        if self.refused == 1 and self._size is not None:
            self._say(
                f"the camera's picture is {shape[1]} x {shape[0]} pixels now, it was {self._size[1]} x {self._size[0]} "
                "when the shift began: such frames can't be looked at; set the camera back"
            )
