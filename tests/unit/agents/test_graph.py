"""The whole agent over a ledger in memory: what a maintenance engineer would find in its result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from agents.deps import AgentConfig, prepare
from agents.graph import run_agent, run_prepared
from agents.notebook import Notebook, ToolCall, ToolSpec
from agents.treatments import load_treatments
from agents.types import AgentResult, Assessment, FindingFacts, HistoryEntry, Quantity
from tests.builders_agents import MemoryLedger, beside, make_facts
from vision.errors import ConfigError, InferenceError, StoreError

INSPECTED_ON = date(2025, 3, 1)
POTHOLE = make_facts()
NEXT_TO_IT = beside(POTHOLE, 4.0, finding_id="f-0002", chainage_m=12_304.0, area_m2=Quantity(value=0.05, error=0.01))
CRACK = beside(POTHOLE, 900.0, finding_id="f-0003", class_name="longitudinal_crack", chainage_m=13_200.0)
WORSE = beside(POTHOLE, 1900.0, finding_id="f-0004", status="worse", chainage_m=14_200.0)
MENDED = beside(POTHOLE, 2900.0, finding_id="f-0005", status="repaired", chainage_m=15_200.0, frames_seen=0)
DOUBTFUL = beside(
    POTHOLE, 3900.0, finding_id="f-0006", chainage_m=16_200.0, confidence=0.1, frames_seen=1, frames_expected=12
)
UNSEEN = beside(POTHOLE, 4900.0, finding_id="f-0007", status="not_observed", frames_seen=0, frames_expected=0)
ALL = (UNSEEN, DOUBTFUL, MENDED, WORSE, CRACK, NEXT_TO_IT, POTHOLE)


def assess(*findings: FindingFacts, config: AgentConfig | None = None, **past: tuple[HistoryEntry, ...]) -> AgentResult:
    ledger = MemoryLedger(findings, history={name.replace("_", "-"): entries for name, entries in past.items()})
    names = [finding.finding_id for finding in findings]
    return run_agent(ledger, names, INSPECTED_ON, config or AgentConfig(), InMemorySaver(), "i-1")


def of(result: AgentResult, finding: FindingFacts) -> Assessment:
    return next(one for one in result.assessments if one.finding_id == finding.finding_id)


def test_every_finding_is_assessed_in_the_order_to_act_on_them() -> None:
    result = assess(*ALL)
    assert [one.finding_id for one in result.assessments] == [
        "f-0004",  # worse, first priority
        "f-0001",
        "f-0002",
        "f-0003",
        "f-0007",  # not observed, repaired: nothing to do on the road
        "f-0005",
        "f-0006",  # rejected
    ]
    assert result.planner == "rules"
    assert result.failures == ()


def test_assessment_carries_severity_verdict_and_due_date() -> None:
    result = assess(*ALL)
    first = of(result, WORSE)
    assert first.severity is not None
    assert first.treatment is not None
    assert (first.severity.low, first.severity.high) == ("medium", "high")
    assert (first.verdict, first.verdict_by) == ("confirmed", "rules")
    assert first.treatment.due == date(2025, 3, 3)
    assert of(result, DOUBTFUL).verdict == "rejected"
    assert of(result, DOUBTFUL).treatment is None
    mended = of(result, MENDED)
    assert mended.severity is None
    assert mended.treatment is not None
    assert mended.treatment.due is None


def test_potholes_close_together_are_one_job() -> None:
    result = assess(*ALL)
    assert "One patching job with f-0002: 2 within 10 m." in of(result, POTHOLE).notes
    assert "One patching job with f-0001: 2 within 10 m." in of(result, NEXT_TO_IT).notes
    assert not any("job" in note for note in of(result, WORSE).notes)


def test_growth_is_noted() -> None:
    before = HistoryEntry(
        inspection_id="i-0",
        seen_at=datetime(2025, 1, 30, 9, 30, tzinfo=UTC),
        area_m2=Quantity(value=0.2, error=0.03),
        length_m=None,
    )
    assert "Area grew by 0.20 ± 0.05 m² in 30 days." in of(assess(WORSE, f_0004=(before,)), WORSE).notes


def test_text_counts_names_the_first_and_stands_the_check() -> None:
    result = assess(*ALL)
    text = " ".join(sentence.text for sentence in result.text.summary)
    assert result.text.dropped_sentences == 0
    assert "5 findings were seen: 4 potholes and 1 longitudinal crack." in text
    assert "First: pothole at BR-386 14+200, severity medium to high, confirmed, worse than before" in text
    assert "due by 3 Mar 2025, priority 1" in text
    assert all(sentence.finding_ids for sentence in result.text.summary)


def test_finding_without_any_place_is_told_by_footage_and_time() -> None:
    nowhere = make_facts(
        latitude_deg=None, longitude_deg=None, position_error_m=None, route=None, chainage_m=None, lateral_m=None
    )
    result = assess(nowhere)
    assert result.text.dropped_sentences == 0
    assert any("pothole at drive.mp4 at 63.0 s" in sentence.text for sentence in result.text.summary)


def test_nothing_found_is_said_and_nothing_more() -> None:
    result = assess()
    assert result.assessments == ()
    assert [sentence.text for sentence in result.text.summary] == ["No findings in this inspection."]


def test_unknown_class_gets_no_severity_and_no_treatment_but_a_note() -> None:
    only = of(assess(make_facts(class_name="leaning_sign")), POTHOLE)
    assert only.severity is None
    assert only.treatment is None
    assert any("decide by hand" in note for note in only.notes)


def test_a_finding_named_twice_is_assessed_once() -> None:
    ledger = MemoryLedger([POTHOLE])
    result = run_agent(ledger, ["f-0001", "f-0001"], INSPECTED_ON, AgentConfig(), InMemorySaver(), "i-1")
    assert len(result.assessments) == 1


def test_mended_alligator_cracking_no_longer_raises_a_crack() -> None:
    crack = make_facts(class_name="longitudinal_crack", width_m=Quantity(value=0.03, error=0.005))
    around = beside(crack, 0.6, finding_id="f-0002", class_name="alligator_crack")
    now = of(assess(crack, around), crack).severity
    mended = of(assess(crack, around.model_copy(update={"status": "repaired"})), crack).severity
    assert now is not None
    assert mended is not None
    assert (now.low, now.high) == ("medium", "high")
    assert (mended.low, mended.high) == ("low", "medium")


class QueuedPlanner:
    """A planner that gives queued answers for one finding, as a chat model would, and is done with every other."""

    name = "queued"

    def __init__(self, finding_id: str, *answers: ToolCall | Literal["done"] | Exception) -> None:
        self._finding_id = finding_id
        self._answers = list(answers)
        self.told: list[str] = []

    def next_call(self, notebook: Notebook, tools: Sequence[ToolSpec]) -> ToolCall | Literal["done"]:
        self.told = [tool.name for tool in tools]
        if notebook.facts.finding_id != self._finding_id:
            return "done"
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def run_with(planner: QueuedPlanner) -> AgentResult:
    deps = prepare(MemoryLedger([POTHOLE, CRACK]), AgentConfig(max_steps=3), planner)
    return run_prepared(deps, ["f-0001", "f-0003"], INSPECTED_ON, InMemorySaver(), "i-1")


def test_another_planner_takes_the_place_of_the_rules() -> None:
    call = ToolCall(tool="measure", arguments={"finding_id": "f-0001"})
    planner = QueuedPlanner("f-0001", call, call, call, "done")
    result = run_with(planner)
    assert result.planner == "queued"
    assert result.failures == ()
    assert planner.told == ["measure", "neighbours", "history", "standard"]


@pytest.mark.parametrize(
    ("answers", "error_type", "told"),
    [
        ((InferenceError("the model ran out of memory"),), "InferenceError", "out of memory"),
        ((ToolCall(tool="zoom"),), "ReasoningError", "zoom"),
        ((ToolCall(tool="measure"),), "ReasoningError", "finding_id"),
        ((ToolCall(tool="measure", arguments={"finding_id": "f-0001"}),), "ReasoningError", "after 3 tool calls"),
    ],
)
def test_failed_investigation_is_unverified_counted_and_never_a_default(
    answers: tuple[ToolCall | Exception, ...], error_type: str, told: str
) -> None:
    result = run_with(QueuedPlanner("f-0001", *answers))
    failed = of(result, POTHOLE)
    assert failed.verdict == "unverified"
    assert told in failed.verdict_reason
    assert failed.severity is None
    assert failed.treatment is None
    assert [(failure.finding_id, failure.error_type) for failure in result.failures] == [("f-0001", error_type)]
    assert any("1 finding could not be investigated" in sentence.text for sentence in result.text.summary)
    assert of(result, CRACK).severity is not None


@pytest.mark.parametrize("wave_size", [1, 2, 5, 7, 256])
def test_waves_change_nothing_but_the_pace(wave_size: int) -> None:
    assert assess(*ALL, config=AgentConfig(wave_size=wave_size)) == assess(*ALL)


def test_unreadable_ledger_ends_the_run() -> None:
    with pytest.raises(StoreError, match="locked"):
        run_agent(
            MemoryLedger([POTHOLE], breaks_at="f-0001"),
            ["f-0001"],
            INSPECTED_ON,
            AgentConfig(),
            InMemorySaver(),
            "i-1",
        )


def test_own_policy_replaces_the_shipped_one(tmp_path: Path) -> None:
    from importlib import resources

    text = (resources.files("agents") / "standards" / "treatments.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("make safe, then semi-permanent patch: cut square", "call 3 crews: cut square"))
    result = assess(POTHOLE, config=AgentConfig(treatments_path=own, road_use="main"))
    treatment = of(result, POTHOLE).treatment
    assert treatment is not None
    assert treatment.action.startswith("call 3 crews")
    assert treatment.due == date(2025, 3, 2)
    assert result.text.dropped_sentences == 0


def test_wrong_settings_are_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        assess(POTHOLE, config=AgentConfig(verdicts_path=tmp_path / "nowhere.toml"))
    with pytest.raises(ConfigError, match="racetrack"):
        assess(POTHOLE, config=AgentConfig(road_use="racetrack"))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(ALL))
def test_the_order_of_asking_changes_nothing(findings: list[FindingFacts]) -> None:
    assert assess(*findings) == assess(*ALL)


statuses = st.sampled_from(["new", "persisting", "worse", "repaired", "not_observed"])
classes = st.sampled_from(
    ["pothole", "longitudinal_crack", "transverse_crack", "alligator_crack", "surface_damage", "leaning_sign"]
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(classes, statuses, st.floats(0, 1), st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=7
    )
)
def test_its_own_sentences_always_stand_the_check(
    drawn: list[tuple[str, str, float, int, int, bool]],
) -> None:
    findings = [
        beside(
            POTHOLE,
            3.0 * place,
            finding_id=f"f-{place:04d}",
            class_name=name,
            status=status,
            confidence=confidence,
            frames_seen=seen,
            frames_expected=seen + unseen,
            chainage_m=12_000.0 + 3.7 * place if placed else None,
        )
        for place, (name, status, confidence, seen, unseen, placed) in enumerate(drawn)
    ]
    assert assess(*findings).refused == ()


def test_faults_of_signs_and_signals_are_told_in_words_that_pass_the_check() -> None:
    faults = sorted(name for name, rules in load_treatments().classes.items() if rules.low is None)
    findings = [
        beside(POTHOLE, 60.0 * row, finding_id=f"s-{row:04d}-{copy}", class_name=name, area_m2=None, length_m=None,
               width_m=None, condition="Nothing was lit in 12 frames over 4.1 s.", lateral_m=4.0 + copy)
        for row, name in enumerate(faults)
        for copy in range(2)
    ]  # fmt: skip
    result = assess(*findings)
    assert result.refused == ()
    assert "2 leaning signs" in result.text.summary[0].text
    assert "2 signals with a dark lens" in result.text.summary[0].text
    dark = next(one for one in result.assessments if one.finding_id.startswith(f"s-{faults.index('signal_dark'):04d}"))
    assert dark.severity is None
    assert "Nothing was lit in 12 frames over 4.1 s." in dark.notes
    assert any("no rule for dark signal, so no severity" in note for note in dark.notes)
    assert result.assessments[0].finding_id.startswith(f"s-{faults.index('signal_dark'):04d}")
