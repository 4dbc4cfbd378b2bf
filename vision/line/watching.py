"""Equipment in a fixed camera's picture over time: which state it was in from when to when."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from vision.anomaly.features import PictureBackbone
from vision.anomaly.state import StateModel
from vision.errors import ConfigError
from vision.plant import Watch
from vision.types import Frame

_CROP_SLACK_PX = 3


@dataclass(frozen=True, slots=True)
class WatchRules:
    """How often equipment is looked at, and when a change is believed.

    Attributes:
        every_ns: Between looks.
        of_looks: The last so many looks vote ...
        agreeing: ... and so many of them must show the new state.
    """

    every_ns: int = 500_000_000
    of_looks: int = 4
    agreeing: int = 3


@dataclass(frozen=True, slots=True)
class StateSpell:
    """A time for which equipment was in one state.

    Attributes:
        watch: Name of the equipment.
        state: None where it looked like none of those that were learnt: not assessable.
        from_pts_ns: First look that shows it.
        to_pts_ns: Last look that shows it.
        sound: Whether it is as it should be; None where that can't be told.
        looks: That showed this state.
        probability: Mean of the model's over them.
    """

    watch: str
    state: str | None
    from_pts_ns: int
    to_pts_ns: int
    sound: bool | None
    looks: int
    probability: float


@dataclass(slots=True)
class WatchEye:
    """Reads one piece of equipment's state.

    Attributes:
        watch: What is watched.
        model: Of its states.
        backbone: That the model was made with.
    """

    watch: Watch
    model: StateModel
    backbone: PictureBackbone

    def read(self, frame: Frame) -> tuple[str | None, float]:
        """Give the state, None for unknown, with its probability.

        Raises:
            ConfigError: The model was made for another crop than the plant file's.
            InputError: The picture is smaller than the crop.
            ModelError: The model's backbone is another, or failed.
        """
        height, width = frame.image.shape[:2]
        crop = self.model.crop
        wanted = self.watch.region.in_pixels(width, height)
        found = (crop.x1, crop.y1, crop.x2, crop.y2)
        if max(abs(a - b) for a, b in zip(wanted, found, strict=True)) > _CROP_SLACK_PX:
            raise ConfigError(
                f"{self.watch.name}: its model was made for the crop {crop}, the plant file's region is "
                f"{','.join(str(edge) for edge in wanted)}: correct the region, or train it anew with that --crop"
            )
        reading = next(iter(self.model.read([frame.image], self.backbone)))
        return reading.state, reading.probability


@dataclass(slots=True)
class StateTimeline:
    """Turns readings into spells; a change counts once most of the last looks agree.

    Attributes:
        watch: What is watched.
        rules: When a change is believed.
    """

    watch: Watch
    rules: WatchRules = field(default_factory=WatchRules)
    _recent: deque[tuple[int, str | None, float]] = field(default_factory=deque)
    _looks: list[tuple[int, str | None, float]] = field(default_factory=list)
    _current: str | None = None
    _begun: bool = False
    _next_ns: int | None = None

    def is_due(self, pts_ns: int) -> bool:
        """Tell whether it is time for another look."""
        return self._next_ns is None or pts_ns >= self._next_ns

    def add(self, pts_ns: int, state: str | None, probability: float) -> tuple[StateSpell | None, StateSpell | None]:
        """Take a look's reading; give the spell that it ended, and the one that it showed to have begun."""
        self._next_ns = pts_ns + self.rules.every_ns
        self._recent.append((pts_ns, state, probability))
        if len(self._recent) > self.rules.of_looks:
            self._looks.append(self._recent.popleft())
        top, votes = Counter(one[1] for one in self._recent).most_common(1)[0]
        if votes < self.rules.agreeing or (self._begun and top == self._current):
            return None, None
        ended = None
        if self._begun:
            while self._recent[0][1] != top:
                self._looks.append(self._recent.popleft())
            ended = self._spell(self._looks)
        else:
            self._begun = True
        self._current, self._looks = top, []
        return ended, self._spell(list(self._recent))

    def finish(self) -> StateSpell | None:
        """Give the spell that lasted to the end; None if no state was ever believed."""
        return self._spell([*self._looks, *self._recent]) if self._begun else None

    def _spell(self, looks: Sequence[tuple[int, str | None, float]]) -> StateSpell:
        own = [one for one in looks if one[1] == self._current] or list(looks)
        sound = None if self._current is None else self._current in self.watch.sound
        return StateSpell(
            self.watch.name, self._current, looks[0][0], looks[-1][0], sound, len(own),
            sum(one[2] for one in own) / len(own),
        )  # fmt: skip
