"""Merges passes over a road into findings. Pure: what is stored where is the business of ``infra/store``.

The same passes in the same order give the same findings under the same ids. Where defects lie further apart than their
places are uncertain, any order gives the same grouping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.identity import finding_id_of
from infra.matching import match_pass
from infra.merge_rules import MergeRules
from infra.observation import Finding, Observation, one_a_footage, summarise

NEWEST_COMPARED = 4
"""A finding is compared by its newest footages: the ones before add little and make long histories slow."""


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """A finding that sightings may join.

    Attributes:
        finding: As it stands.
        observations: Everything seen of it; none for one that only a person's decision keeps alive.
    """

    finding: Finding
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge came to.

    Attributes:
        finding_of: Sighting id -> finding id, for every sighting of the passes.
        findings: Those that the sightings joined or founded, by id.
    """

    finding_of: Mapping[str, str]
    findings: Mapping[str, Finding]


def merge_passes(
    known: Sequence[KnownFinding],
    passes: Sequence[Sequence[Observation]],
    rules: MergeRules,
    taken: Collection[str] = (),
) -> Merge:
    """Merge the footages of one inspection, one after another.

    Args:
        known: What the ledger holds near them, without this inspection's own sightings.
        passes: The sightings of each footage, in the order in which they were recorded.
        rules: When two sightings are one defect.
        taken: Ids that no new finding may have, besides those of ``known``.
    """
    standing = {entry.finding.finding_id: entry for entry in known}
    views = {name: list(entry.observations) for name, entry in standing.items()}
    finding_of: dict[str, str] = {}
    for sightings in passes:
        ordered = sorted(sightings, key=lambda sighting: sighting.sighting_id)
        names = sorted(views)
        compared = [_compared(standing.get(name), views[name]) for name in names]
        for sighting, match in zip(ordered, match_pass(ordered, compared, rules), strict=True):
            name = names[match] if match is not None else finding_id_of(sighting.sighting_id, views.keys() | set(taken))
            finding_of[sighting.sighting_id] = name
            views.setdefault(name, []).append(sighting)
    touched = sorted(set(finding_of.values()))
    return Merge(finding_of, {name: summarise(name, views[name]) for name in touched})


def in_recorded_order(observations: Iterable[Observation]) -> list[list[Observation]]:
    """Group sightings by footage, the earliest recorded first."""
    groups: dict[str, list[Observation]] = {}
    for observation in sorted(observations, key=lambda o: (o.observed_at, o.footage_id, o.sighting_id)):
        groups.setdefault(observation.footage_id, []).append(observation)
    return list(groups.values())


def _compared(entry: KnownFinding | None, views: Sequence[Observation]) -> list[Observation]:
    """Give what a finding is compared by: its newest views, or where it was if nothing is left but its name."""
    if views:
        return one_a_footage(views)[-NEWEST_COMPARED:]
    return [_remembered(entry.finding)] if entry is not None else []


def _remembered(finding: Finding) -> Observation:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return Observation(
        inspection_id="", inspected_at=epoch, sighting_id=f"finding {finding.finding_id}", footage_id="",
        observed_at=epoch, class_name=finding.class_name, confidence=finding.confidence, place=finding.place,
    )  # fmt: skip
