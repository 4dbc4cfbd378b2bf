"""Score what was made of signs and signals against a simulated drive's truth: condition, fault, place, doubles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from vision.roadside.sightings import JudgedThing
from workflows.scoring import WGS84

MATCH_M = 6.0
"""A thing further than this from every planted one is invented. Heads and plates of one kind stand further apart."""

NOT_ASSESSABLE, MISSED = "not assessable", "missed"
_NO_MATCH = 1e6
_SIGN_NAMES = {"sign_faded": "faded", "sign_leaning": "leaning", "sign_obscured": "obscured", "sign_dirty": "dirty",
               "sign_graffiti": "graffiti", "sign_bent": "bent", "sign_plate_missing": "plate_missing"}  # fmt: skip
_SIGNAL_NAMES = {"signal_dark": "all_dark", "signal_lens_dark": "lens_dark", "signal_flashing": "flashing",
                 "signal_stuck": "stuck", "signal_obscured": "obscured"}  # fmt: skip

Kind = Literal["sign", "signal"]
Reading = Literal["right", "wrong", "unread"]


@dataclass(frozen=True, slots=True)
class Planted:
    """A sign or head of the truth.

    Attributes:
        name: In the truth.
        kind: Which of the two.
        truth: Its condition or its fault; of a dark lens with its colour.
        shows: Whether a perfect observer of this drive could name it; of a sign always.
        latitude_deg: WGS 84.
        longitude_deg: WGS 84.
        lenses: Of a dark lens: those between which a perfect observer of this drive can't choose.
        text: What a sign says; None where it says nothing.
    """

    name: str
    kind: Kind
    truth: str
    shows: bool
    latitude_deg: float
    longitude_deg: float
    lenses: frozenset[str] = frozenset()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RoadsideScore:
    """Sums over drives.

    Attributes:
        calls: (kind, truth, whether it shows, what it was called) -> how many. ``missed`` where nothing was found.
        reported: Things found, by kind.
        doubles: Of these, beside a planted one that has its own already.
        invented: Of these, beside none.
        place_errors_m: By kind, of every match.
        texts: Of the planted signs that say something and were found: how many were read so.
    """

    calls: Counter[tuple[Kind, str, bool, str]] = field(default_factory=Counter)
    reported: Counter[Kind] = field(default_factory=Counter)
    doubles: Counter[Kind] = field(default_factory=Counter)
    invented: Counter[Kind] = field(default_factory=Counter)
    place_errors_m: Mapping[Kind, tuple[float, ...]] = field(default_factory=dict)
    texts: Counter[Reading] = field(default_factory=Counter)

    def __add__(self, other: RoadsideScore) -> RoadsideScore:
        kinds: tuple[Kind, ...] = ("sign", "signal")
        mine, theirs = self.place_errors_m, other.place_errors_m
        return RoadsideScore(
            self.calls + other.calls,
            self.reported + other.reported,
            self.doubles + other.doubles,
            self.invented + other.invented,
            {kind: mine.get(kind, ()) + theirs.get(kind, ()) for kind in kinds},
            self.texts + other.texts,
        )


def read_planted(features: Sequence[Mapping[str, Any]]) -> list[Planted]:
    """Give the signs and heads among a truth's GeoJSON features."""
    return [_planted(feature) for feature in features if feature["properties"].get("kind") in ("sign", "signal")]


def _planted(feature: Mapping[str, Any]) -> Planted:
    own = feature["properties"]
    longitude_deg, latitude_deg = feature["geometry"]["coordinates"]
    kind: Kind = own["kind"]
    truth = own["condition"] if kind == "sign" else own["fault"]
    if truth == "lens_dark":
        truth = f"lens_dark {own['lens']}"
    shows = kind == "sign" or bool(own["fault_shows"])
    lenses = frozenset(own.get("lenses_in_question", ()))
    return Planted(own["defect_id"], kind, truth, shows, latitude_deg, longitude_deg, lenses, own.get("text"))


def called(thing: JudgedThing) -> str:
    """Give in the truth's words what a thing was called."""
    if thing.tally.endswith("not_assessable"):
        return NOT_ASSESSABLE
    if _kind(thing) == "sign":
        return " + ".join(sorted(_SIGN_NAMES[name] for name in thing.faults)) or "sound"
    names = [_SIGNAL_NAMES[name] for name in thing.faults]
    if names == ["lens_dark"]:
        return f"lens_dark {' '.join(sorted(thing.lenses))}"
    return " + ".join(sorted(names)) or "none"


def call_of(one: Planted, thing: JudgedThing) -> str:
    """Give what a planted thing was called: its truth, where the call says as much as the drive can tell.

    Of a dark lens the footage may leave two in question: naming the true one is right, and so is naming it with others
    that are in question too.
    """
    call = called(thing)
    if one.truth.startswith("lens_dark") and call.startswith("lens_dark"):
        true_lens = one.truth.split()[1]
        if true_lens in thing.lenses and thing.lenses <= one.lenses | {true_lens}:
            return one.truth
    return call


def score_roadside(planted: Sequence[Planted], things: Sequence[JudgedThing]) -> RoadsideScore:
    """Match things to planted ones of their kind, one to one, nearest first, and count what they were called."""
    total = RoadsideScore()
    kinds: tuple[Kind, ...] = ("sign", "signal")
    for kind in kinds:
        own = [one for one in planted if one.kind == kind]
        found = [thing for thing in things if _kind(thing) == kind and thing.place is not None]
        total += _score_kind(kind, own, found)
    return total


def _score_kind(kind: Kind, planted: Sequence[Planted], found: Sequence[JudgedThing]) -> RoadsideScore:
    distance = _distances_m(found, planted)
    matches: dict[int, int] = {}
    if distance.size:
        cost = np.where(distance <= MATCH_M, distance, _NO_MATCH)
        rows, columns = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        matches = {column: row for row, column in pairs if cost[row, column] < _NO_MATCH}
    left = [row for row in range(len(found)) if row not in matches.values()]
    near = [row for row in left if (distance[row] <= MATCH_M).any()]
    calls: Counter[tuple[Kind, str, bool, str]] = Counter()
    texts = Counter(
        _reading(one.text, found[matches[column]].text)
        for column, one in enumerate(planted)
        if one.text is not None and column in matches
    )
    for column, one in enumerate(planted):
        calls[kind, one.truth, one.shows, call_of(one, found[matches[column]]) if column in matches else MISSED] += 1
    return RoadsideScore(
        calls=calls,
        reported=Counter({kind: len(found)}),
        doubles=Counter({kind: len(near)}),
        invented=Counter({kind: len(left) - len(near)}),
        place_errors_m={kind: tuple(float(distance[row, column]) for column, row in matches.items())},
        texts=texts,
    )


def _reading(truth: str, read: str | None) -> Reading:
    if read is None:
        return "unread"
    return "right" if _letters(read) == _letters(truth) else "wrong"


def _letters(text: str) -> str:
    """Give a text without what the simulator's font and line breaks change: case, spaces, nought or O."""
    return "".join(text.upper().replace("/", "").split()).replace("O", "0")


def _kind(thing: JudgedThing) -> Kind:
    return "signal" if thing.tally.startswith("signals") else "sign"


def _distances_m(
    found: Sequence[JudgedThing], planted: Sequence[Planted]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    result = np.full((len(found), len(planted)), _NO_MATCH)
    for row, thing in enumerate(found):
        if thing.place is None or thing.place.latitude_deg is None or thing.place.longitude_deg is None:
            continue
        for column, one in enumerate(planted):
            here = thing.place.longitude_deg, thing.place.latitude_deg
            result[row, column] = WGS84.inv(*here, one.longitude_deg, one.latitude_deg)[2]
    return result


def summary_rows(score: RoadsideScore) -> list[dict[str, object]]:
    """Give the figures, a row for signs and one for each side of signals; None where there is nothing to share."""
    faulty = _Part(score, "signal", lambda truth, shows: shows and truth not in _HEALTHY)
    unseen = _Part(score, "signal", lambda truth, shows: not shows and truth not in _HEALTHY)
    healthy = _Part(score, "signal", lambda truth, _: truth in _HEALTHY)
    signs = _Part(score, "sign", lambda truth, _: truth != "plate_missing")
    bare = _Part(score, "sign", lambda truth, _: truth == "plate_missing")
    return [
        signs.row("signs with a plate: condition"),
        bare.row("posts without a plate"),
        faulty.row("signals whose fault shows: fault"),
        healthy.row("healthy signals, and backs", {"none", NOT_ASSESSABLE, MISSED}),
        unseen.row("signals whose fault doesn't show", {"none", NOT_ASSESSABLE, MISSED}),
        _reading_row(score),
    ]


def _reading_row(score: RoadsideScore) -> dict[str, object]:
    found, right, wrong = sum(score.texts.values()), score.texts["right"], score.texts["wrong"]
    return {
        "what": "signs found that say something: read",
        "planted": found,
        "right": right,
        "wrong": wrong,
        "not_assessable": score.texts["unread"],
        "missed": 0,
        "right_of_planted": _share(right, found),
        "right_of_judged": _share(right, right + wrong),
        "place_error_m": None,
        "duplicates": None,
        "invented": None,
    }


_HEALTHY = ("none", "seen_from_behind")


class _Part:
    """Some of the planted things of one kind."""

    def __init__(self, score: RoadsideScore, kind: Kind, belongs: Any) -> None:
        self._score, self._kind = score, kind
        own = score.calls.items()
        self._calls = [(key[1], key[3], n) for key, n in own if key[0] == kind and belongs(key[1], key[2])]

    def row(self, name: str, right: set[str] | None = None) -> dict[str, object]:
        """Count; right are the calls that equal the truth, and those named: who says nothing then isn't wrong."""
        count = sum(n for _, _, n in self._calls)
        good = sum(n for truth, call, n in self._calls if call == truth or (right is not None and call in right))
        missed = sum(n for _, call, n in self._calls if call == MISSED)
        unsaid = sum(n for _, call, n in self._calls if call == NOT_ASSESSABLE)
        judged = count - missed - unsaid
        errors = self._score.place_errors_m.get(self._kind, ())
        reported = self._score.reported[self._kind]
        return {
            "what": name,
            "planted": count,
            "right": good,
            "wrong": count - good - (0 if right else missed + unsaid),
            "not_assessable": unsaid,
            "missed": missed,
            "right_of_planted": _share(good, count),
            "right_of_judged": None if right else _share(good, judged),
            "place_error_m": round(float(np.median(errors)), 2) if errors else None,
            "duplicates": _share(self._score.doubles[self._kind], reported),
            "invented": _share(self._score.invented[self._kind], reported),
        }


def confusion_rows(score: RoadsideScore) -> list[dict[str, object]]:
    """Give a row for each truth and what it was called, most of each truth first."""
    keys = sorted(score.calls, key=lambda key: (key[0], key[1], not key[2], -score.calls[key], key[3]))
    return [
        {"kind": kind, "truth": truth if shows or truth in _HEALTHY else f"{truth} (doesn't show)", "called": call,
         "count": score.calls[kind, truth, shows, call]}
        for kind, truth, shows, call in keys
    ]  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole and math.isfinite(part) else None
