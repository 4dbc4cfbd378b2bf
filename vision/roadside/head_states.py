"""From what single frames say of a head's lamps to the states that it went through: a hidden Markov model.

A frame's own guess errs where the head is small, burnt out or caught between two pulses of an LED lamp. The states that
explain all frames best (Viterbi, IEEE Transactions on Information Theory 13(2), 1967) follow a change that several
frames show, and leave a single frame's error out: a lamp that is lit stays lit for longer than a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vision.roadside.kinds import HeadState
from vision.roadside.look_classes import HEAD_LOOKS
from vision.roadside.signal_timeline import HeadView
from vision.types import Float

STATES: tuple[HeadState, ...] = ("off", "red", "red_yellow", "yellow", "green")
_OFF, _BEHIND, _NOTHING = (HEAD_LOOKS.index(name) for name in ("off", "behind", "nothing"))


@dataclass(frozen=True, slots=True)
class StateRules:
    """How sure a frame is of itself, and how long states last.

    Attributes:
        doubt: Probability that a frame's look tells nothing, whatever the network says of it.
        lasts_s: Mean time for which a state lasts. Far under a phase's, so that flashing (half a second lit, half a
            second dark) is followed as well.
        nothing: A view that is more probably no head at all isn't one.
        lit: Probability of any lamp's being lit from which on a view shows a head's front,
        lit_views: and so many of them show that it is never seen from behind.
    """

    doubt: float = 0.05
    lasts_s: float = 0.7
    nothing: float = 0.5
    lit: float = 0.8
    lit_views: int = 3


def with_likeliest_states(views: Sequence[HeadView], rules: StateRules) -> list[HeadView]:
    """Give the views with the states that explain what all of them show best; those without a look as they are.

    Args:
        views: Of one head, ascending in time.
        rules: How sure a frame is.
    """
    looked = [index for index, view in enumerate(views) if view.shows is not None and not _is_nothing(view, rules)]
    if not looked:
        return [replace(view, state=None) if view.shows is not None else view for view in views]
    front = sum(_is_lit(views[index], rules) for index in looked) >= rules.lit_views
    evidence = np.array([_evidence(views[index], rules, front=front) for index in looked])
    times_s = np.array([views[index].pts_ns for index in looked]) / 1e9
    path = dict(zip(looked, _viterbi(evidence, times_s, rules), strict=True))
    named = []
    for index, view in enumerate(views):
        if index in path:
            named.append(replace(view, state=STATES[path[index]], confidence=1.0, lamps=_front(view)))
        else:
            named.append(replace(view, state=None) if view.shows is not None else view)
    return named


def is_no_head(shows: Sequence[tuple[float, ...] | None], rules: StateRules) -> bool:
    """Tell whether most views that a network looked at show no head at all; a sign is none of its business."""
    looked = [one[_NOTHING] > rules.nothing for one in shows if one is not None and len(one) == len(HEAD_LOOKS)]
    return bool(looked) and sum(looked) > 0.5 * len(looked)


def _is_nothing(view: HeadView, rules: StateRules) -> bool:
    return view.shows is not None and view.shows[_NOTHING] > rules.nothing


def _front(view: HeadView) -> float:
    """Give how much the look speaks for a head's front, its lenses dark, against its back: 0 to 1."""
    shows = view.shows or (0.0,) * len(HEAD_LOOKS)
    return (shows[_OFF] + 1e-3) / (shows[_OFF] + shows[_BEHIND] + 2e-3)


def _is_lit(view: HeadView, rules: StateRules) -> bool:
    shows = view.shows or (0.0,) * len(HEAD_LOOKS)
    return sum(shows[HEAD_LOOKS.index(state)] for state in STATES if state != "off") >= rules.lit


def _evidence(view: HeadView, rules: StateRules, *, front: bool) -> Float:
    """Give (states,) logarithms of how well each state explains a frame.

    A back is as dark as a dark front; but a head that was seen lit shows its front, and what looks like a back is
    something else, or tells nothing.
    """
    shows = np.array(view.shows)
    likely = np.array([shows[HEAD_LOOKS.index(state)] for state in STATES])
    untold = shows[_NOTHING]
    if front:
        untold += shows[_BEHIND]
    else:
        likely[STATES.index("off")] += shows[_BEHIND]
    even = 1.0 / len(STATES)
    told = (1.0 - rules.doubt) * (1.0 - untold)
    return np.asarray(np.log(told * likely / max(likely.sum(), 1e-6) + (1.0 - told) * even), dtype=np.float64)


def _viterbi(evidence: Float, times_s: Float, rules: StateRules) -> list[int]:
    """Give the row of the likeliest state at each time."""
    count, states = evidence.shape
    best, came = evidence[0].copy(), np.zeros((count, states), dtype=np.int64)
    for row in range(1, count):
        changes = 1.0 - np.exp(-max(times_s[row] - times_s[row - 1], 1e-3) / rules.lasts_s)
        moves = np.full((states, states), np.log(changes / (states - 1)))
        np.fill_diagonal(moves, np.log1p(-changes))
        ways = best[:, None] + moves
        came[row] = ways.argmax(axis=0)
        best = ways.max(axis=0) + evidence[row]
    path = [int(best.argmax())]
    for row in range(count - 1, 0, -1):
        path.append(int(came[row, path[-1]]))
    return path[::-1]
