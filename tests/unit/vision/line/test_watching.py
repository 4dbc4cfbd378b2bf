from __future__ import annotations

from vision.line.watching import StateSpell, StateTimeline
from vision.plant import Region, Watch

WATCH = Watch("lamp H-1", Region(0.0, 0.0, 0.1, 0.1), "lamp", ("green",), "high")
STEP_NS = 500_000_000


def told(states: list[str | None]) -> tuple[list[StateSpell], StateSpell | None]:
    timeline = StateTimeline(WATCH)
    ended = []
    for index, state in enumerate(states):
        before, _ = timeline.add(index * STEP_NS, state, 0.9)
        ended += [before] if before is not None else []
    return ended, timeline.finish()


def test_a_change_is_told_from_its_first_look_on() -> None:
    (before,), after = told(["green"] * 6 + ["red"] * 6)
    assert (before.state, before.sound, before.looks) == ("green", True, 6)
    assert after is not None
    assert (after.state, after.sound, after.from_pts_ns, after.looks) == ("red", False, 6 * STEP_NS, 6)


def test_one_odd_look_changes_nothing() -> None:
    ended, last = told(["green"] * 4 + ["red"] + ["green"] * 4)
    assert ended == []
    assert last is not None
    assert (last.state, last.looks) == ("green", 8)


def test_a_look_like_no_state_is_neither_sound_nor_a_fault() -> None:
    _, last = told([None] * 5)
    assert last is not None
    assert (last.state, last.sound) == (None, None)


def test_too_few_looks_say_nothing() -> None:
    assert told(["green", "red"]) == ([], None)


def test_looks_are_due_by_time() -> None:
    timeline = StateTimeline(WATCH)
    assert timeline.is_due(0)
    timeline.add(0, "green", 0.9)
    assert not timeline.is_due(STEP_NS - 1)
    assert timeline.is_due(STEP_NS)
