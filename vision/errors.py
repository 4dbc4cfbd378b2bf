"""Every error that walkdown raises on purpose, and the value that one bad frame or file becomes.

WalkdownError (exit 1)
├── ConfigError 2
├── InputError 3
│   ├── FootageError
│   ├── TelemetryError
│   └── LocationError
├── ModelError 4
│   ├── WeightsNotFound
│   ├── InferenceError
│   └── AnswerNotParsed
├── ReasoningError 5
└── StoreError 6

Each takes one message, so that it survives the pickling that a trip through Ray means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class WalkdownError(Exception):
    """A failure with a message for the person at the keyboard: what is wrong, and what to do."""

    exit_code: ClassVar[int] = 1


class ConfigError(WalkdownError):
    """A setting, an option or a configuration file makes no sense."""

    exit_code = 2


class InputError(WalkdownError):
    """What was handed in can't be used."""

    exit_code = 3


class FootageError(InputError):
    """A video or image can't be opened or decoded."""


class TelemetryError(InputError):
    """A track, chainage or position file can't be read, or doesn't fit its footage."""


class LocationError(InputError):
    """A place was asked for where none can be told."""


class ModelError(WalkdownError):
    """A model is missing or failed."""

    exit_code = 4


class WeightsNotFound(ModelError):
    """The weights file that the settings name isn't there."""


class InferenceError(ModelError):
    """A model raised, or gave output of a shape that it must not have."""


class AnswerNotParsed(ModelError):
    """A language model's answer isn't in the form that was asked for."""


class ReasoningError(WalkdownError):
    """The agent could not finish its work."""

    exit_code = 5


class StoreError(WalkdownError):
    """The ledger or the evidence store can't be read or written."""

    exit_code = 6


@dataclass(frozen=True, slots=True)
class Failure:
    """One frame, file or segment that could not be examined; counted and shown, never a default result.

    Attributes:
        footage_id: Content hash of the footage, or its path where no hash could be made.
        pts_ns: Time of the frame within the footage; None where the whole footage failed.
        error_type: Class name of the error.
        message: What is wrong and what to do.
    """

    footage_id: str
    pts_ns: int | None
    error_type: str
    message: str
