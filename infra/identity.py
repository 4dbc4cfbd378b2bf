"""Names made from content: the same inputs under the same settings are the same thing, however often they are run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

FINDING_DIGITS = 12
"""Hex digits of a finding's id: people read them aloud. ``finding_id_of`` tells two with the same digits apart."""


def content_hash(value: Any) -> str:
    """Give the hex SHA-256 of a JSON-able value, whatever the order of its keys.

    Raises:
        TypeError: It holds something that JSON has no word for.
        ValueError: It holds NaN or an infinity.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def examination_id_of(footage_id: str, settings_hash: str) -> str:
    """Name the examination of one footage under one set of vision settings."""
    return content_hash(["examination", footage_id, settings_hash])[:32]


def inspection_id_of(examination_ids: Iterable[str], settings_hash: str, input_hashes: Mapping[str, str]) -> str:
    """Name an inspection by its footage, its settings, and its telemetry, site and camera files.

    The order in which footage was handed in says nothing.
    """
    return content_hash(["inspection", sorted(set(examination_ids)), settings_hash, dict(input_hashes)])[:16]


def finding_id_of(first_sighting_id: str, taken: Collection[str]) -> str:
    """Name a finding by its first sighting; salted where another finding already has that name."""
    salt = 0
    while True:
        name = content_hash(["finding", first_sighting_id, salt])[:FINDING_DIGITS]
        if name not in taken:
            return name
        salt += 1
