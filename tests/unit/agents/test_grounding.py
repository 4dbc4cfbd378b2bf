"""A sentence that says anything that the cited findings don't must not pass, and a true one must."""

from __future__ import annotations

import re
from datetime import date

import pytest

from agents.grounding import keep_grounded, make_record
from agents.types import Sentence
from tests.builders_agents import make_facts
from tests.builders_grounding import ALL, BOTH, NONE, ONE, RECORD, VOCABULARY, make_assessment, problems

TRUE: list[tuple[str, tuple[str, ...]]] = [
    ("The pothole at BR-386 12+300 covers 0.40 ± 0.04 m².", ONE),
    ("Pothole f-0001 lies at km 12.3 of BR-386, 0.81 m long and 0.63 m wide.", ONE),
    ("It lies at 19.09123, 74.73456, known to 1.3 m.", ONE),
    ("It lies at 19.0912° N, 74.7346° E.", ONE),
    ("It lies at latitude 19.09 and chainage 12300 m.", ONE),
    ("Its area is 0.4 square metres, its mean diameter 710 mm.", ONE),
    ("It measures 81 cm by 63 cm.", ONE),
    ("Patch it within 14 days, by 15 March 2025.", ONE),
    ("Patch it within two weeks, due 2025-03-15.", ONE),
    ("It was seen in 4 of 5 frames (80 %) on March 1, 2025, at 63.0 s of drive.mp4, confidence 0.82.", ONE),
    ("It was seen at 1:03 in the footage.", ONE),
    ("It is graded low to medium by ASTM D6433 and confirmed.", ONE),
    ("It has priority 2.", ONE),
    ("Two potholes lie within 10 m on BR-386.", BOTH),
    ("Both potholes are confirmed and new.", BOTH),
    ("The potholes lie between 12+300 and 12+306.", BOTH),
    ("Together they cover 0.65 m².", BOTH),
    ("The largest covers 0.40 m².", BOTH),
    ("3 findings: 2 potholes and 1 alligator crack.", ALL),
    ("2 of the 3 findings are confirmed, 1 is unverified.", ALL),
    ("Of the three findings, two are confirmed.", ALL),
    ("There are 2 potholes.", ONE),
    ("All are due by 30 April 2025.", ALL),
    ("No longitudinal cracks among the 3 findings.", ALL),
    ("No transverse cracks.", NONE),
    ("The crocodile cracking grew by 0.62 m² in 34 days.", ("f-0003",)),
    ("Full-depth patch at BR-386 14+120.", ("f-0003",)),
    ("Potholes: 2, alligator cracks: 1.", ALL),
    ("It is at most 0.8 m long.", ONE),
    ("Severity up to medium.", ONE),
]


@pytest.mark.parametrize(("text", "cited"), TRUE)
def test_true_sentence_stands(text: str, cited: tuple[str, ...]) -> None:
    assert problems(text, *cited) == ()


TRUE_BY_ANOTHER_FACT = {
    "It measures 81 cm by 64 cm.",  # 640 mm stands in the severity's basis
    "It was seen at 1:04 in the footage.",  # last seen at 63.5 s
    "There are 1 potholes.",  # one is cited
}


@pytest.mark.parametrize(("text", "cited"), TRUE)
def test_no_number_in_a_true_sentence_can_be_changed(text: str, cited: tuple[str, ...]) -> None:
    for number in re.finditer(r"\d+", text):
        for step in (1, -1, 7):
            changed = str(max(0, int(number[0]) + step)).zfill(len(number[0]))
            planted = text[: number.start()] + changed + text[number.end() :]
            if planted != text and planted not in TRUE_BY_ANOTHER_FACT:
                assert problems(planted, *cited) != (), planted


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        # wrong numbers
        ("The pothole covers 0.45 m².", ONE),
        ("The pothole covers 0.40 ± 0.09 m².", ONE),
        ("It is 0.63 m long.", ONE),
        ("It is 0.81 m wide.", ONE),
        ("It is 60 mm deep.", ONE),
        ("Patch it within 7 days.", ONE),
        ("Patch it within a dozen days.", ONE),
        ("Patch it within three weeks.", ONE),
        ("It was seen in 5 of 5 frames.", ONE),
        ("It was seen in 2 frames.", ONE),
        ("Confidence 0.92.", ONE),
        ("It was seen at 64.8 s.", ONE),
        ("It was seen at 2:03.", ONE),
        ("It has priority 1.", ONE),
        ("Mean diameter 910 mm.", ONE),
        ("It took 40 kg of mix.", ONE),
        ("It is 80 % worse.", ONE),
        ("About half of the road is broken.", ONE),
        ("It has doubled.", ONE),
        # wrong counts
        ("3 potholes were found.", BOTH),
        ("Seven potholes were found.", BOTH),
        ("2 alligator cracks were found.", ALL),
        ("2 of the 3 findings are unverified.", ALL),
        ("1 of the 2 findings is confirmed.", ALL),
        ("Of the 2 potholes, 1 is low to medium.", BOTH),
        ("There are no potholes.", ("f-0003",)),
        ("No potholes.", NONE),
        ("5 lorries passed.", ONE),
        ("Potholes: 3.", ALL),
        ("2 worse potholes were found.", BOTH),
        # wrong places
        ("The pothole lies at BR-386 12+310.", ONE),
        ("The pothole lies at km 13.2.", ONE),
        ("The pothole lies at chainage 12350 m.", ONE),
        ("The pothole lies on BR-101.", ONE),
        ("The pothole lies in Porto Alegre.", ONE),
        ("Springfield has a pothole.", ONE),
        ("The pothole lies near the school.", ONE),
        ("It lies at 19.09223, 74.73456.", ONE),
        ("It lies at 19.09123, 74.73956.", ONE),
        ("It lies at 19.0912° S, 74.7346° E.", ONE),
        ("It lies at latitude 20.", ONE),
        ("It lies at 19°05'38\" N.", ONE),
        ("It was seen in drive_b.mp4.", ONE),
        # places and values that belong to another finding
        ("The potholes lie at 12+300.", BOTH),
        ("f-0001 lies at 12+306 and f-0002 at 12+300.", BOTH),
        ("The pothole at 14+120 covers 0.40 m².", ONE),
        ("Potholes of 0.81 m and 0.60 m length.", BOTH),
        # wrong dates
        ("Patch it by 2025-03-16.", ONE),
        ("Patch it by 15 April 2025.", ONE),
        ("It is due on 1 March 2025.", ONE),
        ("It was first seen on 2025-02-01.", ONE),
        ("It was first seen in February 2025.", ONE),
        ("It was built in 1998.", ONE),
        ("Patch it tomorrow.", ONE),
        ("All are due by 15 March 2025.", ALL),
        # wrong ids
        ("Pothole f-0002 is confirmed.", ONE),
        ("Pothole f-0009 is confirmed.", ONE),
        ("The pothole is confirmed.", ("f-0009",)),
        # a class that isn't there
        ("The longitudinal crack is confirmed.", ONE),
        ("The alligator crack is confirmed.", ONE),
        ("Cracks at BR-386 12+300.", ONE),
        ("There is rutting at BR-386 12+300.", ONE),
        ("A manhole stands out at 12+300.", ONE),
        ("Block cracking at 14+120.", ("f-0003",)),
        ("D00 at BR-386 12+300.", ONE),
        # attributes that aren't so
        ("The pothole is high.", ONE),
        ("The pothole is medium.", ONE),
        ("The pothole is of severe kind.", ONE),
        ("The pothole is rejected.", ONE),
        ("The pothole is worse.", ONE),
        ("The pothole is repaired.", ONE),
        ("The findings are confirmed.", ALL),
        ("It has high priority.", ONE),
        ("Overlay it.", ONE),
        # denials
        ("The pothole is not confirmed.", ONE),
        ("It is not a pothole.", ONE),
        # nothing cited
        ("The road is in good condition: 2 potholes.", NONE),
        ("2 potholes were found.", NONE),
        ("Everything is fine.", NONE),
    ],
)
def test_false_sentence_falls(text: str, cited: tuple[str, ...]) -> None:
    assert problems(text, *cited) != ()


def test_dropped_sentences_are_told_with_their_problem() -> None:
    true = Sentence(text="The pothole covers 0.40 m².", finding_ids=ONE)
    false = Sentence(text="The pothole covers 0.47 m².", finding_ids=ONE)
    kept, refused = keep_grounded([true, false], RECORD)
    assert kept == (true,)
    assert [refusal.sentence for refusal in refused] == [false]
    assert "0.47 m²" in refused[0].problems[0]


def test_a_number_within_a_road_s_name_is_a_name_and_outside_it_a_number() -> None:
    facts = make_facts(finding_id="f9a8b7", route="R 220", chainage_m=3047.0)
    record = make_record(VOCABULARY, [facts], [make_assessment(facts)], date(2026, 11, 2))
    assert problems("The finding lies on R 220 at 3+047.", "f9a8b7", record=record) == ()
    assert problems("The finding lies on R 221 at 3+047.", "f9a8b7", record=record) != ()
    assert problems("There are 220 findings on R 220.", "f9a8b7", record=record) != ()
