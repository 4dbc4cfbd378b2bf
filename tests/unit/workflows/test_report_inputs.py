"""A report does without the pictures that somebody deleted, and says so."""

from __future__ import annotations

import uuid

from infra.evidence import EvidenceStore
from infra.observation import Look
from infra.store.sightings import StoredSighting
from tests.builders_ledger import day, make_footage, make_sighting
from workflows.report_inputs import with_pictures_there


def stored(number: int, film: str, *evidence: str) -> StoredSighting:
    footage = make_footage(film)
    look = Look(footage.footage_id, day(0), "i-1")
    return StoredSighting(look, "f-1", make_sighting(footage, number, None), f"{film}.mp4", day(0), evidence)


def test_pictures_that_are_gone_are_left_out_and_named_once_a_footage() -> None:
    store = EvidenceStore(f"memory://{uuid.uuid4()}")
    there, gone = store.put(b"picture", ".jpg"), f"{'0' * 32}.jpg"
    whole, torn, lost = stored(0, "a", there), stored(1, "b", there, gone), stored(2, "b", gone)
    seen, failures = with_pictures_there({"f-1": [whole, torn], "f-2": [lost]}, store)
    assert [one.evidence for one in seen["f-1"]] == [(there,), ()]
    assert [one.evidence for one in seen["f-2"]] == [()]
    (failure,) = failures
    assert (failure.footage_id, failure.error_type) == (torn.look.footage_id, "StoreError")
    assert "b.mp4" in failure.message
