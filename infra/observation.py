"""One sighting as far as the ledger compares it with others, and the finding that several of them make."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from vision.types import Measure, Place

LEAST_ERROR_M = 0.01
"""A place that claims to be better than this is weighed as if it weren't."""

View = TypeVar("View")


class Look(NamedTuple):
    """One inspection's look at one footage. They sort by footage, then by time."""

    footage_id: str
    inspected_at: datetime
    inspection_id: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A sighting without its frames.

    Attributes:
        inspection_id: That it belongs to.
        inspected_at: When that inspection was first made: of one footage under several, the newest one counts.
        sighting_id: By content.
        footage_id: Where it was seen.
        observed_at: When the footage was recorded; where it doesn't say, when walkdown first met it. For ordering only.
        class_name: Of the sighting.
        confidence: Of the sighting.
        place: None where the footage carries no position.
        area_m2: None without geometry.
        length_m: Along the longest axis.
        width_m: Across it.
    """

    inspection_id: str
    inspected_at: datetime
    sighting_id: str
    footage_id: str
    observed_at: datetime
    class_name: str
    confidence: float
    place: Place | None
    area_m2: Measure | None = None
    length_m: Measure | None = None
    width_m: Measure | None = None

    @property
    def look(self) -> Look:
        """The look at the footage that it comes from."""
        return Look(self.footage_id, self.inspected_at, self.inspection_id)


@dataclass(frozen=True, slots=True)
class Finding:
    """One physical defect, by everything that was seen of it."""

    finding_id: str
    class_name: str
    confidence: float
    place: Place | None


def summarise(finding_id: str, observations: Sequence[Observation]) -> Finding:
    """Make one finding of its observations, each footage counted once.

    The class is the one with the most confidence behind it, the place the inverse-variance mean.

    Raises:
        ValueError: There are no observations.
    """
    counted = one_a_footage(observations)
    if not counted:
        raise ValueError(f"finding {finding_id} has no observations")
    votes: dict[str, float] = defaultdict(float)
    for observation in counted:
        votes[observation.class_name] += observation.confidence
    class_name = min(votes, key=lambda name: (-votes[name], name))
    confidence = max(o.confidence for o in counted if o.class_name == class_name)
    return Finding(finding_id, class_name, confidence, mean_place([o.place for o in counted if o.place is not None]))


def one_a_footage(observations: Iterable[Observation]) -> list[Observation]:
    """Keep the newest inspection's observation of each footage: looking twice at one film isn't seeing twice."""
    newest: dict[str, Observation] = {}
    for observation in sorted(observations, key=lambda o: (o.inspected_at, o.inspection_id, o.sighting_id)):
        newest[observation.footage_id] = observation
    return sorted(newest.values(), key=lambda o: (o.observed_at, o.footage_id))


def newest_looks(views: Iterable[View], look_of: Callable[[View], Look]) -> list[View]:
    """Keep what the newest inspection of each footage saw: unlike ``one_a_footage``, every pass that one film shows."""
    looks = [(look_of(view), view) for view in views]
    newest = {look.footage_id: look for look in sorted(look for look, _ in looks)}
    return [view for look, view in looks if look == newest[look.footage_id]]


def mean_place(places: Sequence[Place]) -> Place | None:
    """Give the inverse-variance mean of places of one defect; None of none.

    Latitude and longitude are averaged over the places that have them, chainage over those on the route with the most
    weight. The error is that of the mean of independent places.
    """
    if not places:
        return None
    weights = {id(place): max(place.position_error_m, LEAST_ERROR_M) ** -2 for place in places}
    located = [place for place in places if place.latitude_deg is not None and place.longitude_deg is not None]
    route = _heaviest([(place.route, weights[id(place)]) for place in places])
    on_route = [place for place in places if place.route == route and place.chainage_m is not None]
    averaged = located or on_route or list(places)

    def mean(values: list[tuple[float | None, float]]) -> float | None:
        known = [(value, weight) for value, weight in values if value is not None]
        total = sum(weight for _, weight in known)
        return sum(value * weight for value, weight in known) / total if known else None

    return Place(
        latitude_deg=mean([(place.latitude_deg, weights[id(place)]) for place in located]),
        longitude_deg=mean([(place.longitude_deg, weights[id(place)]) for place in located]),
        position_error_m=sum(weights[id(place)] for place in averaged) ** -0.5,
        route=route,
        chainage_m=mean([(place.chainage_m, weights[id(place)]) for place in on_route]),
        lateral_m=mean([(place.lateral_m, weights[id(place)]) for place in on_route]),
        heading_deg=_mean_heading_deg([(place.heading_deg, weights[id(place)]) for place in located]),
        carriageway=_carriageway(_heaviest([(place.carriageway, weights[id(place)]) for place in on_route])),
    )


def mean_measure(measures: Iterable[Measure | None]) -> Measure | None:
    """Give the inverse-variance mean of measures of one defect; None of none.

    The error is the smallest of theirs: most of it comes from the camera's height and pitch, which passes share, so
    averaging takes none of that off.
    """
    known = [measure for measure in measures if measure is not None]
    if not known:
        return None
    weights = [max(measure.error, 1e-3) ** -2 for measure in known]
    value = sum(measure.value * weight for measure, weight in zip(known, weights, strict=True)) / sum(weights)
    return Measure(value, min(measure.error for measure in known))


def _heaviest(votes: Sequence[tuple[str | None, float]]) -> str | None:
    totals: dict[str, float] = defaultdict(float)
    for name, weight in votes:
        if name is not None:
            totals[name] += weight
    return min(totals, key=lambda name: (-totals[name], name)) if totals else None


def _carriageway(name: str | None) -> Literal["forward", "backward"] | None:
    return "forward" if name == "forward" else "backward" if name == "backward" else None


def _mean_heading_deg(headings: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(math.radians(heading), weight) for heading, weight in headings if heading is not None]
    if not known:
        return None
    east = sum(math.sin(heading) * weight for heading, weight in known)
    north = sum(math.cos(heading) * weight for heading, weight in known)
    return math.degrees(math.atan2(east, north)) % 360.0
