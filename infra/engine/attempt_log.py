"""Remembers what workers began and never finished. In a file of its own: its process needs nothing else of ours."""

from __future__ import annotations

from collections.abc import Hashable


class AttemptLog:
    """Counts the attempts that were begun and not finished. Lives outside the pool, so that it outlives its workers."""

    def __init__(self) -> None:
        self._unfinished: dict[Hashable, int] = {}

    def begin(self, key: Hashable) -> int:
        """Note an attempt, and give how many of this key were begun before and never finished."""
        before = self._unfinished.get(key, 0)
        self._unfinished[key] = before + 1
        return before

    def finish(self, key: Hashable) -> None:
        """Take one attempt off the count."""
        self._unfinished[key] -= 1
