"""From the scores of kept-out normal pictures to a threshold with a stated false-alarm rate, by order statistics.

Of n exchangeable scores and one more, each of the n + 1 ranks is equally likely for the one more. So a threshold at the
k-th largest of n kept-out scores is exceeded by a further normal picture with probability k / (n + 1), whatever the
scores' distribution; the rate of that one threshold varies as Beta(k, n + 1 - k). Source: David and Nagaraja, Order
Statistics, 3rd edition, sections 2.1 and 7.2. A rate below 1 / (n + 1) can't be promised by n pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from vision.errors import ConfigError, InputError
from vision.types import Float

INTERVAL = 0.9
"""Coverage of the interval that a rate is stated with."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a picture is called an anomaly, and how often a normal one will be.

    Attributes:
        value: A score above it is an anomaly.
        asked_rate: The false-alarm rate that was asked for.
        rate: The one that is promised: k / (n + 1), at most ``asked_rate`` unless there are too few normals.
        rate_low: Lower end of the central 90 % interval of this threshold's own rate.
        rate_high: Upper end.
        kept_out: Scores that it rests on, n.
    """

    value: float
    asked_rate: float
    rate: float
    rate_low: float
    rate_high: float
    kept_out: int

    @property
    def promised(self) -> bool:
        """Whether the rate asked for is kept."""
        return self.rate <= self.asked_rate

    def __str__(self) -> str:
        """Say the rate and how sure it is."""
        stated = (
            f"false-alarm rate {self.rate:.1%} (90 % interval {self.rate_low:.1%} to {self.rate_high:.1%}, "
            f"{self.kept_out} kept-out normals)"
        )
        if self.promised:
            return stated
        needed = int(np.ceil(1.0 / self.asked_rate)) - 1
        return f"{stated}; {self.asked_rate:.1%} can't be promised with fewer than {needed} normals"


def choose_threshold(scores: Float, asked_rate: float) -> Threshold:
    """Choose the lowest threshold that a normal picture exceeds no more often than asked.

    Args:
        scores: (N,) of normal pictures that had no part in the model that scored them.
        asked_rate: In (0, 1).

    Raises:
        ConfigError: The rate is no rate.
        InputError: There are no scores, or some are not finite.
    """
    if not 0.0 < asked_rate < 1.0:
        raise ConfigError(f"a false-alarm rate of {asked_rate} makes no sense: give one between 0 and 1, such as 0.01")
    count = len(scores)
    if count == 0 or not np.isfinite(scores).all():
        raise InputError(f"{count} kept-out scores, not all finite: no threshold can rest on them")
    rank = max(1, int(np.floor(asked_rate * (count + 1) + 1e-9)))
    low, high = (beta.ppf((1.0 + sign * INTERVAL) / 2.0, rank, count + 1 - rank) for sign in (-1, 1))
    return Threshold(
        value=float(np.sort(scores)[count - rank]),
        asked_rate=asked_rate,
        rate=rank / (count + 1),
        rate_low=float(low),
        rate_high=float(high),
        kept_out=count,
    )
