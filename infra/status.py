"""What has become of a finding between inspections: new, persisting or worse. Repaired is told with ``infra/spots``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from infra.merge_rules import MergeRules
from infra.observation import Observation, mean_measure, one_a_footage
from vision.types import Measure


def latest_campaign(observed_at: Mapping[str, datetime], rules: MergeRules) -> frozenset[str]:
    """Give the footages of an inspection that were recorded last, each within a campaign's length of the next.

    An inspection handed a drive of spring and one of autumn speaks for autumn; spring is what it compares with.

    Args:
        observed_at: Footage id -> when it was recorded.
        rules: For ``campaign_days``.
    """
    chain: set[str] = set()
    since: datetime | None = None
    for footage_id, time in sorted(observed_at.items(), key=lambda item: (item[1], item[0]), reverse=True):
        if since is not None and since - time > timedelta(days=rules.campaign_days):
            break
        chain.add(footage_id)
        since = time
    return frozenset(chain)


def earlier_campaigns(observations: Iterable[Observation], before: datetime, rules: MergeRules) -> list[Observation]:
    """Give what was seen more than a campaign's length before a time, each footage once, oldest first."""
    limit = before - timedelta(days=rules.campaign_days)
    return one_a_footage(observation for observation in observations if observation.observed_at < limit)


def last_campaign(observations: Sequence[Observation], rules: MergeRules) -> list[Observation]:
    """Give the newest observations, those within a campaign's length of the very newest."""
    if not observations:
        return []
    limit = max(observation.observed_at for observation in observations) - timedelta(days=rules.campaign_days)
    return [observation for observation in observations if observation.observed_at >= limit]


def status_when_seen(
    now: Sequence[Observation], others: Iterable[Observation], rules: MergeRules
) -> Literal["new", "persisting", "worse"]:
    """Compare what an inspection saw of a finding with the last campaign before it.

    Args:
        now: What it saw; at least one.
        others: Everything else that was ever seen of it.
        rules: What counts as earlier, and as grown.
    """
    earlier = earlier_campaigns(others, min(observation.observed_at for observation in now), rules)
    if not earlier:
        return "new"
    was = last_campaign(earlier, rules)
    seen = one_a_footage(now)
    grown = has_grown(mean_measure(o.area_m2 for o in seen), mean_measure(o.area_m2 for o in was), rules) or has_grown(
        mean_measure(o.length_m for o in seen), mean_measure(o.length_m for o in was), rules
    )
    return "worse" if grown else "persisting"


def has_grown(now: Measure | None, was: Measure | None, rules: MergeRules) -> bool:
    """Tell whether a size grew by more than a share of it and by more than its error explains."""
    if now is None or was is None:
        return False
    noise = rules.worse_sigmas * math.hypot(now.error, was.error)
    return now.value - was.value > max(rules.worse_share * was.value, noise)


def missed_by_chance(seen: int, expected: int, shown: int) -> float:
    """Give the chance that a defect which is still there was detected in none of so many frames.

    How often a detector sees this very defect is told by the last time that it was there, with Laplace's rule of
    succession, so that three frames out of three don't make a certainty. Frames are taken to be independent, which they
    aren't quite: hence the low bound that it is held against.

    Args:
        seen: Frames that it was detected in, last time.
        expected: Frames that had it in good view then; at least ``seen``.
        shown: Frames that showed its spot now.

    >>> round(missed_by_chance(3, 3, 2), 3)
    0.04
    """
    return float((1.0 - (seen + 1) / (expected + 2)) ** shown)
