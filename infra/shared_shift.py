"""Finds the error of position that neighbouring defects of one pass share, against an earlier pass.

GPS drifts by a metre or two, slowly: the defects of a hundred metres of road are all off by the same. The shift that
makes most neighbours coincide is found by a vote, nearer neighbours counting more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from infra.local_metres import on_plane_m
from infra.merge_rules import MergeRules
from infra.observation import Observation
from infra.pairing import Pair, is_extended
from vision.types import Float

VOTE_GAIN = 3.0
"""Log-likelihood that one more coinciding neighbour adds to a shift, against the prior that shifts are small."""

VOTES_TO_SHIFT = 2
"""A shift needs two defects that agree on it; one alone may simply be another defect."""

VOTES_TO_NARROW = 3
"""With three that agree, what is left after the shift is trusted, and the gate may narrow to it."""

MOST_VOTES = 400
"""Pairs around one sighting that may vote, the nearest first: bounds the work where defects lie very dense."""

WINDOW_FADES = 3.0
"""A neighbour so many fading lengths away has 5 % of a vote left and is no longer asked."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What to take off a residual: the error of position that neighbours share, and how many of them say so."""

    offset_m: tuple[float, float]
    votes: int


NO_SHIFT = Shift((0.0, 0.0), 0)
ONE_FILM = Shift((0.0, 0.0), VOTES_TO_NARROW)
"""Between two examinations of one footage: the positions are the same, so there is nothing to shift."""


def shared_shifts(sightings: Sequence[Observation], pairs: Sequence[Pair], rules: MergeRules) -> list[Shift]:
    """Give each pair the shift of its pass against the pass of the known observation, there on the road."""
    shifts = [NO_SHIFT] * len(pairs)
    groups: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for index, pair in enumerate(pairs):
        groups[pair.known.footage_id, pair.route].append(index)
    for (footage_id, route), members in groups.items():
        one_film = footage_id == sightings[pairs[members[0]].sighting].footage_id
        found = {} if one_film else _vote(sightings, [pairs[index] for index in members], route, rules)
        for index in members:
            shifts[index] = ONE_FILM if one_film else found[pairs[index].sighting]
    return shifts


def _vote(
    sightings: Sequence[Observation], pairs: Sequence[Pair], route: str | None, rules: MergeRules
) -> Mapping[int, Shift]:
    """Let the compact defects around each sighting vote."""
    concerned = sorted({pair.sighting for pair in pairs})
    voters = [pair for pair in pairs if pair.same_class and not is_extended(pair, rules)]
    if len({pair.sighting for pair in voters}) < VOTES_TO_SHIFT:
        return dict.fromkeys(concerned, NO_SHIFT)
    where = _positions_m([sightings[index] for index in concerned], route)
    row = {index: position for position, index in enumerate(concerned)}
    voter_where = where[[row[pair.sighting] for pair in voters]]
    variance = float(np.median([_variance_m2(sightings[pair.sighting], pair.known) for pair in voters]))
    shifts = {}
    for index in concerned:
        distance = np.hypot(*(voter_where - where[row[index]]).T)
        nearest = np.argsort(distance, kind="stable")[:MOST_VOTES]
        chosen = nearest[distance[nearest] <= WINDOW_FADES * rules.shared_error_fade_m]
        weights = np.exp(-distance[chosen] / rules.shared_error_fade_m)
        shifts[index] = _best_shift([voters[position] for position in chosen], weights, variance, rules)
    return shifts


def _best_shift(voters: Sequence[Pair], weights: Float, variance_m2: float, rules: MergeRules) -> Shift:
    """Give the most probable shift: many near neighbours that coincide, and small."""
    if not voters:
        return NO_SHIFT
    residuals = np.array([pair.residual_m for pair in voters])
    order = np.lexsort((residuals[:, 1], residuals[:, 0], np.hypot(*residuals.T)))  # the smallest wins a tie
    residuals, weights = residuals[order], weights[order]
    by_sighting, by_finding = ([getattr(voters[i], end) for i in order] for end in ("sighting", "finding"))
    apart = np.hypot(*(residuals[:, None, :] - residuals[None, :, :]).transpose(2, 0, 1))
    likeness = weights * np.exp(-(apart**2) / (2.0 * rules.relative_error_m**2))
    support = np.minimum(_sum_of_best(likeness, by_sighting), _sum_of_best(likeness, by_finding))
    best = int(np.argmax(VOTE_GAIN * support - np.sum(residuals**2, axis=1) / (2.0 * variance_m2)))
    agree = np.flatnonzero(apart[best] <= rules.gate_sigmas * rules.relative_error_m)
    votes = min(len({by_sighting[row] for row in agree}), len({by_finding[row] for row in agree}))
    if votes < VOTES_TO_SHIFT:
        return NO_SHIFT
    nearest: dict[int, int] = {}  # a sighting near two findings votes with one pair
    for row in agree[np.argsort(apart[best, agree], kind="stable")].tolist():
        nearest.setdefault(by_sighting[row], row)
    rows = sorted(nearest.values())
    middle = np.average(residuals[rows], axis=0, weights=weights[rows])
    return Shift((float(middle[0]), float(middle[1])), votes)


def _sum_of_best(likeness: Float, names: Sequence[int]) -> Float:
    """Give for each row the sum, over distinct names, of the best among the columns of that name."""
    order = np.argsort(names, kind="stable")
    _, starts = np.unique(np.asarray(names)[order], return_index=True)
    return np.asarray(np.maximum.reduceat(likeness[:, order], starts, axis=1).sum(axis=1), dtype=np.float64)


def _variance_m2(sighting: Observation, known: Observation) -> float:
    """Give the variance per axis of the shift between two passes, from their radial errors."""
    errors = [place.position_error_m for place in (sighting.place, known.place) if place is not None]
    return max(math.hypot(*errors) ** 2 / 2.0, 0.25)


def _positions_m(sightings: Sequence[Observation], route: str | None) -> Float:
    """Give (N, 2) positions of sightings that all have one in this frame."""
    places = [sighting.place for sighting in sightings if sighting.place is not None]
    if route is not None:
        return np.array([[place.chainage_m or 0.0, 0.0] for place in places])
    degrees = np.array([[place.longitude_deg, place.latitude_deg] for place in places], dtype=np.float64)
    return on_plane_m(degrees, (float(degrees[0, 0]), float(degrees[0, 1])))
