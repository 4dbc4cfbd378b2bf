from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from infra.database import open_database, reading, writing
from infra.store.assessments import add_review, undo_review
from infra.store.facts import list_findings
from infra.store.ledger import merge_into_ledger
from infra.store.reader import LedgerReader
from infra.store.sightings import load_sightings, replace_sightings, save_evidence, sightings_of_findings
from tests.builders_ledger import (
    CLASSES,
    MODEL,
    chainage_place,
    content_id,
    day,
    make_bin,
    make_footage,
    make_sighting,
    place_at,
)
from tests.integration.infra.ledger_drives import RULES, Drive, contents, facts_of, inspect
from vision.errors import StoreError
from vision.types import CoverageBin, Measure, Sighting


def sightings(name: str, *north_m: float, **overrides: Any) -> list[Sighting]:
    return [
        make_sighting(make_footage(name), number, place_at(0, north), **overrides)
        for number, north in enumerate(north_m)
    ]


def road(name: str, *states: str) -> list[CoverageBin]:
    return [make_bin(make_footage(name), index, state) for index, state in enumerate(states)]


# --- inspecting again, and once more -----------------------------------------------------------------------------


def test_inspecting_the_same_again_adds_nothing(engine: Engine) -> None:
    drives = [Drive("a", 0, sightings("a", 5, 25)), Drive("b", 1, sightings("b", 6, 45))]
    first = inspect(engine, *drives)
    before = contents(engine)
    assert inspect(engine, *reversed(drives)) == first
    assert inspect(engine, *drives) == first
    assert contents(engine) == before
    assert len(before["finding"]) == 3


def test_a_run_cut_short_before_the_merge_goes_on(engine: Engine) -> None:
    drives = [Drive("a", 0, sightings("a", 5, 25, 60))]
    inspection_id = inspect(engine, *drives)
    undisturbed = contents(engine)
    with writing(engine) as session:  # as if the first run had saved only some sightings, and merged them
        (name,) = session.execute(text("SELECT examination_id FROM examination")).one()
        replace_sightings(session, inspection_id, name, sightings("a", 5))
        merge_into_ledger(session, inspection_id, RULES)
        replace_sightings(session, inspection_id, name, sightings("a", 5, 25))
    with pytest.raises(StoreError, match="isn't merged"):
        facts_of(engine, inspection_id)
    inspect(engine, *drives)
    assert contents(engine) == undisturbed


KILLED = """
import os, signal, sys
from sqlalchemy import event
from infra.database import open_database
from tests.integration.infra import test_store_ledger
engine = open_database(sys.argv[1])
left = int(sys.argv[2])
@event.listens_for(engine, "after_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
test_store_ledger.two_inspections(engine)
print(int(sys.argv[2]) - left)
"""


def two_inspections(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5, 25, 60), road("a", "valid", "valid")))
    inspect(engine, Drive("b", 40, sightings("b", 6, 26, 90), road("b", "valid", "valid")))


def test_killed_at_any_moment_and_run_again_it_is_the_same_ledger(tmp_path: Path) -> None:
    undisturbed = open_database(f"sqlite:///{tmp_path}/undisturbed.db")
    two_inspections(undisturbed)
    url = f"sqlite:///{tmp_path}/killed.db"
    root = Path(__file__).parents[3]
    for statement in (14, 24, 32, 46, 60, 76):  # each later one, on what the runs before have left
        command = [sys.executable, "-c", KILLED, url, str(statement)]
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
        assert done.returncode in (-signal.SIGKILL, 0), done.stderr.decode()
    killed = open_database(url)
    two_inspections(killed)
    assert contents(killed) == contents(undisturbed)


def test_other_weights_on_the_same_film_are_no_new_pass(engine: Engine) -> None:
    first = inspect(engine, Drive("a", 0, sightings("a", 5, 25)))
    better = [make_sighting(make_footage("a"), 9, place_at(0, 5.3)), *sightings("a", 5, 25)[1:]]
    second = inspect(
        engine, Drive("a", 0, better), settings_hash="other", model=replace(MODEL, weights_sha256="c" * 64)
    )
    assert first != second
    facts = facts_of(engine, second)
    assert [(one.status, one.footages, one.sightings) for one in facts] == [("new", 1, 1), ("new", 1, 1)]


def test_sightings_come_back_as_they_were(engine: Engine) -> None:
    crack = make_sighting(
        make_footage("a"), 3, chainage_place(1234.5, None), class_name="transverse_crack", area_m2=None, width_m=None
    )
    handed_in = [*sightings("a", 5), crack, make_sighting(make_footage("a"), 7, None, length_m=None)]
    inspection_id = inspect(engine, Drive("a", 0, handed_in))
    with reading(engine) as session:
        stored = load_sightings(session, inspection_id)
    assert sorted((one.sighting for one in stored), key=lambda s: s.frames[0].pts_ns) == handed_in
    assert {one.footage_name for one in stored} == {"a.mp4"}
    assert all(one.recorded_at == day(0) for one in stored)


def test_pictures_stay_with_what_did_not_change(engine: Engine) -> None:
    inspection_id = inspect(engine, Drive("a", 0, sightings("a", 5, 25)))
    ids = [one.sighting_id for one in sightings("a", 5, 25)]
    with writing(engine) as session:
        save_evidence(session, inspection_id, {name: [f"{name}.jpg"] for name in ids})
    inspect(engine, Drive("a", 0, [sightings("a", 5)[0], replace(sightings("a", 5, 25)[1], confidence=0.4)]))
    assert [facts.evidence for facts in facts_of(engine, inspection_id)] == [(f"{ids[0]}.jpg",), ()]
    with pytest.raises(StoreError, match="has no sighting nothing"), writing(engine) as session:
        save_evidence(session, inspection_id, {"nothing": ["x.jpg"]})


# --- what has become of a finding --------------------------------------------------------------------------------


def test_a_month_later_each_finding_has_its_status(engine: Engine) -> None:
    """Seen again, grown, mended, hidden by a bad picture, off the road that was driven, and new."""
    first = [*sightings("a", 5, 25, 45, 65, 305), *sightings("a", 0, 0, 0, 0, 0, 0, 85)[6:]]
    inspect(engine, Drive("a", 0, first, [make_bin(make_footage("a"), i) for i in range(40)]))
    grown = make_sighting(make_footage("b"), 2, place_at(0, 26), area_m2=Measure(0.9, 0.05))
    again = [
        make_sighting(make_footage("b"), 1, place_at(0, 6)),
        grown,
        make_sighting(make_footage("b"), 3, place_at(0, 94)),
    ]
    states = ["valid"] * 6 + ["invalid", "invalid", "valid", "valid"]
    inspection_id = inspect(engine, Drive("b", 30, again, road("b", *states)))
    found = {
        round(((f.latitude_deg or 0) - 48.1) * 111_190 / 10) * 10: f.status for f in facts_of(engine, inspection_id)
    }
    assert found == {10: "persisting", 30: "worse", 40: "repaired", 60: "not_observed", 80: "repaired", 90: "new"}


def test_two_passes_of_one_campaign_find_nothing_repaired(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5, 25), road("a", "valid", "valid", "valid")))
    second = inspect(engine, Drive("b", 10, sightings("b", 5), road("b", "valid", "valid", "valid")))
    assert [facts.status for facts in facts_of(engine, second)] == ["new"]
    third = inspect(engine, Drive("c", 40, sightings("c", 5), road("c", "valid", "valid", "valid")))
    assert [facts.status for facts in facts_of(engine, third)] == ["persisting", "repaired"]


def test_too_few_frames_or_a_model_that_cannot_tell_prove_no_repair(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5), road("a", "valid")))
    brief = [make_bin(make_footage("b"), 0, last_pts_ns=100)]
    assert [f.status for f in facts_of(engine, inspect(engine, Drive("b", 30, [], brief)))] == ["not_observed"]
    blind = replace(MODEL, class_names=("longitudinal_crack",), weights_sha256="d" * 64)
    assert "pothole" in CLASSES
    inspection_id = inspect(engine, Drive("c", 30, [], road("c", "valid")), settings_hash="blind", model=blind)
    assert [f.status for f in facts_of(engine, inspection_id)] == ["not_observed"]
    inspection_id = inspect(engine, Drive("d", 30, [], road("d", "valid")))
    (facts,) = facts_of(engine, inspection_id)
    assert (facts.status, facts.frames_seen, facts.frames_expected) == ("repaired", 0, 4)
    assert facts.footage_id == content_id("a")


def test_the_other_direction_proves_no_repair(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5), road("a", "valid")))
    back = make_bin(make_footage("b"), 0)
    back = replace(back, line=back.line[::-1])
    assert facts_of(engine, inspect(engine, Drive("b", 30, [], [back]))) == []


def test_on_a_route_without_positions_chainage_tells(engine: Engine) -> None:
    places = [chainage_place(1005.0), chainage_place(1015.0), chainage_place(1025.0)]
    seen = [make_sighting(make_footage("a"), number, place) for number, place in enumerate(places)]

    def stretch(name: str, *states: str) -> list[CoverageBin]:
        route = {"route": "BR-386", "carriageway": "forward", "line": ()}
        return [
            make_bin(None if state == "not_driven" else make_footage(name), 100 + index, state, **route)
            for index, state in enumerate(states)
        ]

    inspect(engine, Drive("a", 0, seen, stretch("a", "valid", "valid", "valid")))
    inspection_id = inspect(engine, Drive("b", 30, [], stretch("b", "valid", "invalid", "not_driven")))
    facts = {one.chainage_m: one.status for one in facts_of(engine, inspection_id)}
    assert facts == {1005.0: "repaired", 1015.0: "not_observed", 1025.0: "not_observed"}


def test_spring_and_autumn_in_one_inspection_speak_for_autumn(engine: Engine) -> None:
    spring = Drive("a", 0, sightings("a", 5, 25), road("a", "valid", "valid", "valid"))
    autumn = Drive("b", 200, sightings("b", 5), road("b", "valid", "valid", "valid"))
    assert [f.status for f in facts_of(engine, inspect(engine, spring, autumn))] == ["persisting", "repaired"]


def test_an_older_drive_inspected_later_makes_the_finding_an_old_one(engine: Engine) -> None:
    new = inspect(engine, Drive("b", 60, sightings("b", 5)))
    assert [f.status for f in facts_of(engine, new)] == ["new"]
    old = inspect(engine, Drive("a", 0, sightings("a", 5)))
    assert [f.status for f in facts_of(engine, new)] == ["persisting"]
    assert [(f.status, f.footages, f.first_seen_at) for f in facts_of(engine, old)] == [("new", 2, day(0))]


def test_footage_without_a_clock_states_no_times(engine: Engine) -> None:
    (facts,) = facts_of(engine, inspect(engine, Drive("a", None, sightings("a", 5))))
    assert (facts.first_seen_at, facts.last_seen_at) == (None, None)


def test_facts_are_those_of_the_inspection(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5)))
    drives = [Drive("b", 60, sightings("b", 5.5, confidence=0.6)), Drive("c", 61, sightings("c", 4.5, confidence=0.9))]
    (facts,) = facts_of(engine, inspect(engine, *drives))
    assert (facts.footage_name, facts.frame_pts_s, facts.first_pts_s, facts.last_pts_s) == ("c.mp4", 0.5, 0.0, 0.5)
    assert (facts.frames_seen, facts.frames_expected, facts.sightings, facts.footages) == (4, 6, 3, 3)
    assert facts.area_m2 is not None
    assert facts.area_m2.value == pytest.approx(0.5)
    assert facts.area_m2.error == 0.05
    assert facts.position_error_m == pytest.approx(2.0 / 3**0.5)
    assert (facts.first_seen_at, facts.last_seen_at) == (day(0), day(61))
    assert facts.confidence == 0.9


def test_a_sighting_without_a_place_is_a_finding_without_one(engine: Engine) -> None:
    (facts,) = facts_of(engine, inspect(engine, Drive("a", 0, [make_sighting(make_footage("a"), 1, None)])))
    assert (facts.latitude_deg, facts.position_error_m, facts.chainage_m) == (None, None, None)


def test_the_whole_ledger_shows_each_finding_as_it_was_last_found(engine: Engine) -> None:
    inspect(engine, Drive("a", 0, sightings("a", 5, 25), road("a", "valid", "valid", "valid")))
    inspect(engine, Drive("b", 40, sightings("b", 5), road("b", "valid", "valid", "valid")))
    inspect(engine, Drive("far", 1, [make_sighting(make_footage("far"), 0, place_at(5000, 0))]))
    with reading(engine) as session:
        assert sorted(facts.status for facts in list_findings(session)) == ["new", "persisting", "repaired"]


# --- what people decided -----------------------------------------------------------------------------------------


def test_a_rejected_finding_keeps_its_name_though_its_sightings_change(engine: Engine) -> None:
    inspection_id = inspect(engine, Drive("a", 0, sightings("a", 5, 25)))
    rejected, other = (facts.finding_id for facts in facts_of(engine, inspection_id))
    with writing(engine) as session:
        add_review(session, rejected, "Ana", "rejected", "a manhole cover")
    inspect(engine, Drive("a", 0, []))
    with reading(engine) as session:
        assert session.scalars(text("SELECT finding_id FROM finding")).all() == [rejected]
    again = inspect(engine, Drive("a", 0, [make_sighting(make_footage("a"), 8, place_at(0, 5.5))]))
    assert [facts.finding_id for facts in facts_of(engine, again)] == [rejected]
    assert other != rejected


def test_what_was_rejected_is_never_called_repaired(engine: Engine) -> None:
    first = inspect(engine, Drive("a", 0, sightings("a", 5), road("a", "valid")))
    (facts,) = facts_of(engine, first)
    with writing(engine) as session:
        review = add_review(session, facts.finding_id, "Ana", "rejected", "a shadow")
    later = inspect(engine, Drive("b", 30, [], road("b", "valid")))
    assert facts_of(engine, later) == []
    with writing(engine) as session:
        undo_review(session, review.review_id)
    assert [one.status for one in facts_of(engine, later)] == ["repaired"]


# --- what the agent asks -----------------------------------------------------------------------------------------


def test_the_agent_learns_neighbours_and_history(engine: Engine) -> None:
    earlier = inspect(engine, Drive("a", 0, sightings("a", 5, 12, 300, area_m2=Measure(0.4, 0.05))))
    inspect(engine, Drive("a", 0, sightings("a", 5, 12, 300)), settings_hash="other")
    later = inspect(engine, Drive("b", 30, sightings("b", 5, 12, 300)))
    reader = LedgerReader(partial(reading, engine), later)
    first, second, far = facts_of(engine, later)
    (neighbour,) = reader.neighbours(first.finding_id, 50)
    assert neighbour.finding_id == second.finding_id
    assert neighbour.distance_m == pytest.approx(7.0, abs=0.01)
    assert reader.neighbours(far.finding_id, 50) == ()
    assert reader.facts(far.finding_id) == far
    (entry,) = reader.history(first.finding_id)
    assert entry.seen_at == day(0)
    assert entry.inspection_id != earlier  # of one film, the newest inspection counts
    assert entry.area_m2 is not None
    assert entry.area_m2.value == pytest.approx(0.5)
    assert LedgerReader(partial(reading, engine), earlier).history(first.finding_id) == ()
    with pytest.raises(StoreError, match="has no finding nothing"):
        reader.facts("nothing")


def test_neighbours_along_a_chainage(engine: Engine) -> None:
    places = [chainage_place(1000.0, 1.0), chainage_place(1004.0, -2.0), chainage_place(1100.0)]
    seen = [make_sighting(make_footage("a"), number, place) for number, place in enumerate(places)]
    inspection_id = inspect(engine, Drive("a", 0, seen))
    reader = LedgerReader(partial(reading, engine), inspection_id)
    first, second, _ = facts_of(engine, inspection_id)
    assert [(n.finding_id, n.distance_m) for n in reader.neighbours(first.finding_id, 50)] == [(second.finding_id, 5.0)]


def test_everything_ever_seen_of_a_finding_oldest_first(engine: Engine) -> None:
    inspect(engine, Drive("b", 30, sightings("b", 5)))
    (facts,) = facts_of(engine, inspect(engine, Drive("a", 0, sightings("a", 5))))
    with reading(engine) as session:
        seen = sightings_of_findings(session, [facts.finding_id])[facts.finding_id]
    assert [one.footage_name for one in seen] == ["a.mp4", "b.mp4"]


# --- beside the road ---------------------------------------------------------------------------------------------


def test_a_condition_is_kept_and_the_newest_footage_tells_it(engine: Engine) -> None:
    told = [sightings(name, 5, class_name="sign_faded", condition=f"Seen on pass {name}.") for name in ("a", "b")]
    inspect(engine, Drive("a", 0, told[0], road("a", "valid")))
    second = inspect(engine, Drive("b", 40, told[1], road("b", "valid")))
    (facts,) = facts_of(engine, second)
    assert (facts.status, facts.condition) == ("persisting", "Seen on pass b.")
    with reading(engine) as session:
        (stored,) = load_sightings(session, second)
    assert stored.sighting.condition == "Seen on pass b."


def test_two_faults_of_one_sign_and_two_heads_on_one_mast_are_findings_of_their_own(engine: Engine) -> None:
    footage = make_footage("a")
    faults = [("sign_faded", 5.0), ("sign_leaning", 5.0), ("signal_dark", 40.0), ("signal_dark", 40.4)]
    seen = [
        make_sighting(footage, number, place_at(4.0, north), class_name=name, area_m2=None, length_m=None, width_m=None)
        for number, (name, north) in enumerate(faults)
    ]
    inspection = inspect(engine, Drive("a", 0, seen, road("a", "valid")))
    assert sorted(facts.class_name for facts in facts_of(engine, inspection)) == sorted(name for name, _ in faults)
