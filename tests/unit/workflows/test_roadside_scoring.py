"""Scores of signs and signals: what was right, what was wrong, what nobody said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vision.errors import ConfigError
from vision.roadside.sightings import JudgedThing
from vision.types import Place
from workflows.cli_evaluate import parse_seeds
from workflows.roadside_scoring import confusion_rows, read_planted, score_roadside, summary_rows

_M = 1.0 / 111_195.0  # degrees of latitude


def feature(north_m: float, **properties: Any) -> dict[str, Any]:
    return {
        "geometry": {"type": "Point", "coordinates": [8.0, 50.0 + north_m * _M]},
        "properties": {"defect_id": f"x{north_m}", **properties},
    }


def sign(north_m: float, condition: str) -> dict[str, Any]:
    return feature(north_m, kind="sign", condition=condition)


def signal(north_m: float, fault: str, *, shows: bool = True, lens: str | None = None) -> dict[str, Any]:
    return feature(north_m, kind="signal", fault=fault, lens=lens, fault_shows=shows)


def thing(north_m: float, tally: Any, *faults: str, lenses: frozenset[str] = frozenset()) -> JudgedThing:
    name = "traffic_light_red" if tally.startswith("signals") else "traffic_sign_danger"
    return JudgedThing(name, tally, faults, ("seen",), 5, Place(50.0 + north_m * _M, 8.0, 1.0), lenses)


def rows(features: list[dict[str, Any]], *things: JudgedThing) -> dict[str, dict[str, Any]]:
    score = score_roadside(read_planted(features), things)
    return {str(row["what"]).split(":")[0]: dict(row) for row in summary_rows(score)}


def test_signs_are_right_wrong_unsaid_or_missed() -> None:
    planted = [sign(0, "sound"), sign(30, "faded"), sign(60, "faded"), sign(90, "graffiti"), sign(120, "sound")]
    found = rows(
        planted,
        thing(1, "signs_sound"),
        thing(32, "signs_faulty", "sign_faded"),
        thing(60, "signs_sound"),
        thing(90, "signs_not_assessable"),
    )["signs with a plate"]
    assert (found["right"], found["wrong"], found["not_assessable"], found["missed"]) == (2, 1, 1, 1)
    assert found["right_of_judged"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["place_error_m"] == pytest.approx(0.5, abs=0.01)


def test_what_signs_say_is_right_wrong_or_unread() -> None:
    planted = [sign(30 * row, "sound") for row in range(4)]
    for feature_, text in zip(planted, ("60", "Altdorf / 3 km", "80", None), strict=True):
        feature_["properties"]["text"] = text
    said = ("60", "ALTD0RF 3km", None, "70")
    things = [replace(thing(30 * row, "signs_sound"), text=text) for row, text in enumerate(said)]
    found = rows(planted, *things)["signs found that say something"]
    assert (found["planted"], found["right"], found["wrong"], found["not_assessable"]) == (3, 2, 0, 1)
    wrong = rows(planted[:1], replace(thing(0, "signs_sound"), text="50"))["signs found that say something"]
    assert (wrong["right"], wrong["wrong"]) == (0, 1)


def test_a_second_fault_called_makes_it_wrong() -> None:
    found = rows([sign(0, "faded")], thing(0, "signs_faulty", "sign_faded", "sign_leaning"))
    assert found["signs with a plate"]["right"] == 0


def test_a_double_is_no_invention() -> None:
    found = rows([sign(0, "sound")], thing(0, "signs_sound"), thing(3, "signs_sound"), thing(50, "signs_sound"))
    assert found["signs with a plate"]["duplicates"] == pytest.approx(1 / 3, abs=1e-3)
    assert found["signs with a plate"]["invented"] == pytest.approx(1 / 3, abs=1e-3)


def test_a_dark_lens_is_right_by_its_colour_alone() -> None:
    planted = [signal(0, "lens_dark", lens="red"), signal(50, "lens_dark", lens="green")]
    red = frozenset({"red"})
    called_red = [thing(at, "signals_faulty", "signal_lens_dark", lenses=red) for at in (0, 50)]
    assert rows(planted, *called_red)["signals whose fault shows"]["right"] == 1


def test_a_dark_lens_named_with_one_that_is_in_question_too_is_right() -> None:
    open_question = signal(0, "lens_dark", lens="red")
    open_question["properties"]["lenses_in_question"] = ["green", "red"]
    both = thing(0, "signals_faulty", "signal_lens_dark", lenses=frozenset({"red", "green"}))
    assert rows([open_question], both)["signals whose fault shows"]["right"] == 1
    assert rows([signal(0, "lens_dark", lens="red")], both)["signals whose fault shows"]["right"] == 0
    wrong = thing(0, "signals_faulty", "signal_lens_dark", lenses=frozenset({"green"}))
    assert rows([open_question], wrong)["signals whose fault shows"]["right"] == 0


def test_a_healthy_signal_called_faulty_is_counted_apart() -> None:
    planted = [
        signal(0, "none", shows=False),
        signal(50, "seen_from_behind", shows=False),
        signal(99, "stuck", shows=False),
    ]
    found = rows(planted, thing(0, "signals_faulty", "signal_dark"), thing(50, "signals_not_assessable"))
    assert (found["healthy signals, and backs"]["right"], found["healthy signals, and backs"]["wrong"]) == (1, 1)
    assert found["signals whose fault doesn't show"]["right"] == 1
    assert found["signals whose fault shows"]["right_of_planted"] is None


def test_confusion_names_each_call() -> None:
    score = score_roadside(read_planted([sign(0, "bent"), sign(40, "bent")]), [thing(0, "signs_sound")])
    assert [(row["truth"], row["called"], row["count"]) for row in confusion_rows(score)] == [
        ("bent", "missed", 1),
        ("bent", "sound", 1),
    ]


def test_seeds_are_ranges_and_lists() -> None:
    assert parse_seeds("0-2, 7") == (0, 1, 2, 7)
    for nonsense in ("", "a", "3-1", "1-"):
        with pytest.raises(ConfigError, match="write 0-9"):
            parse_seeds(nonsense)
