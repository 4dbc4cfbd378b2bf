"""Each tool answers from the ledger or the standard, checks its arguments, and says None where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.notebook import Notebook, ToolCall
from agents.rules_planner import RulesPlanner
from agents.severity import load_standard
from agents.tools.history import Growth, growth_words, history
from agents.tools.measure import Measurements
from agents.tools.neighbours import Surroundings
from agents.tools.standard import StandardRule
from agents.tools.tool import AboutFinding, Tool, call_tool
from agents.tools.toolbox import toolbox
from agents.types import HistoryEntry, Quantity
from tests.builders_agents import MemoryLedger, beside, make_facts
from vision.errors import ReasoningError

FACTS = make_facts()
NEAR = beside(FACTS, 6.0, finding_id="f-0002", class_name="alligator_crack")
FAR = beside(FACTS, 40.0, finding_id="f-0003")


def earlier(area: Quantity | None, month: int = 1, length: Quantity | None = None) -> HistoryEntry:
    return HistoryEntry(
        inspection_id=f"i-{month}", seen_at=datetime(2025, month, 30, 9, 30, tzinfo=UTC), area_m2=area, length_m=length
    )


def tools(**past: tuple[HistoryEntry, ...]) -> Mapping[str, Tool[Any, Any]]:
    return toolbox(MemoryLedger([FACTS, NEAR, FAR], history=past), load_standard())


def test_measure_gives_sizes_with_errors() -> None:
    entry = call_tool(tools(), ToolCall(tool="measure", arguments={"finding_id": "f-0001"}))
    measured = Measurements.model_validate(entry.result)
    assert measured.area_m2 == FACTS.area_m2
    assert measured.mean_diameter_mm is not None
    assert measured.mean_diameter_mm.value == pytest.approx(713.6, abs=0.1)
    assert measured.agreement == pytest.approx(0.8)


def test_neighbours_are_counted_by_class_within_the_radius() -> None:
    call = ToolCall(tool="neighbours", arguments={"finding_id": "f-0001", "radius_m": 10.0})
    found = Surroundings.model_validate(call_tool(tools(), call).result)
    assert [neighbour.finding_id for neighbour in found.neighbours] == ["f-0002"]
    assert found.count_by_class == {"alligator_crack": 1}


def test_history_gives_growth_with_its_error_and_rate() -> None:
    past = (earlier(Quantity(value=0.20, error=0.03)),)
    growth = history(MemoryLedger([FACTS], history={"f-0001": past}), AboutFinding(finding_id="f-0001"))
    assert growth.change is not None
    assert growth.change_per_30_days is not None
    assert (growth.change.value, growth.change.error) == (pytest.approx(0.20), pytest.approx(0.05))
    assert growth.days == 30
    assert growth.change_per_30_days.value == pytest.approx(0.20)
    assert growth.measured
    assert growth_words(growth) == "Area grew by 0.20 ± 0.05 m² in 30 days."


def test_change_within_its_error_is_no_growth() -> None:
    past = (earlier(Quantity(value=0.36, error=0.04)),)
    growth = history(MemoryLedger([FACTS], history={"f-0001": past}), AboutFinding(finding_id="f-0001"))
    assert not growth.measured
    assert "no more than twice its error" in (growth_words(growth) or "")


def test_a_length_that_grew_is_told_where_the_area_hides_in_its_error() -> None:
    past = (earlier(Quantity(value=0.36, error=0.04), length=Quantity(value=0.4, error=0.03)),)
    growth = history(MemoryLedger([FACTS], history={"f-0001": past}), AboutFinding(finding_id="f-0001"))
    assert growth.measured
    assert (growth_words(growth) or "").startswith("Length grew by 0.41 ± ")


def test_history_skips_inspections_that_measured_nothing() -> None:
    past = (earlier(Quantity(value=0.20, error=0.03), 1), earlier(None, 1))
    growth = history(MemoryLedger([FACTS], history={"f-0001": past}), AboutFinding(finding_id="f-0001"))
    assert growth.inspections_before == 2
    assert growth.change is not None


def test_no_history_is_no_growth() -> None:
    growth = history(MemoryLedger([FACTS]), AboutFinding(finding_id="f-0001"))
    assert growth == Growth(
        inspections_before=0,
        since=None,
        days=None,
        quantity=None,
        change=None,
        change_per_30_days=None,
        measured=False,
    )
    assert growth_words(growth) is None


def test_standard_tells_whether_it_has_a_rule() -> None:
    def look_up(class_name: str) -> StandardRule:
        call = ToolCall(tool="standard", arguments={"class_name": class_name})
        return StandardRule.model_validate(call_tool(tools(), call).result)

    assert look_up("alligator_crack").applies
    assert look_up("alligator_crack").nearby_within_m == 1.0
    assert not look_up("leaning_sign").applies


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall(tool="zoom"), "called tool 'zoom'; there are measure"),
        (ToolCall(tool="measure"), "wrong finding_id"),
        (ToolCall(tool="neighbours", arguments={"finding_id": "f-0001", "radius_m": -1}), "wrong radius_m"),
        (ToolCall(tool="measure", arguments={"finding_id": "f-0001", "sharpen": True}), "wrong sharpen"),
    ],
)
def test_wrong_call_is_an_error_that_says_what_is_wrong(call: ToolCall, told: str) -> None:
    with pytest.raises(ReasoningError, match=told):
        call_tool(tools(), call)


def planned(notebook: Notebook) -> list[str]:
    """Let the rules planner work until it is done."""
    planner, bound = RulesPlanner(10.0), tools()
    specs = [tool.spec for tool in bound.values()]
    while (call := planner.next_call(notebook, specs)) != "done":
        notebook = notebook.model_copy(update={"entries": (*notebook.entries, call_tool(bound, call))})
    return [entry.call.tool for entry in notebook.entries]


def test_planner_looks_around_only_where_there_is_a_place_and_back_only_where_there_is_a_past() -> None:
    assert planned(Notebook(facts=FACTS)) == ["measure", "standard", "neighbours"]
    assert planned(Notebook(facts=make_facts(status="worse")))[-1] == "history"
    nowhere = make_facts(latitude_deg=None, longitude_deg=None, chainage_m=None, route=None)
    assert "neighbours" not in planned(Notebook(facts=nowhere))
    assert planned(Notebook(facts=make_facts(status="not_observed"))) == []


def test_planner_looks_as_far_as_a_long_crack_reaches() -> None:
    crack = make_facts(class_name="longitudinal_crack", length_m=Quantity(value=30.0, error=1.0))
    bound = toolbox(MemoryLedger([crack]), load_standard())
    notebook, specs, planner = Notebook(facts=crack), [tool.spec for tool in bound.values()], RulesPlanner(10.0)
    for _ in range(2):
        call = planner.next_call(notebook, specs)
        assert call != "done"
        notebook = notebook.model_copy(update={"entries": (*notebook.entries, call_tool(bound, call))})
    call = planner.next_call(notebook, specs)
    assert call != "done"
    assert call.arguments["radius_m"] == pytest.approx(16.0)


def test_a_tool_describes_itself_to_a_chat_model() -> None:
    spec = tools()["neighbours"].spec
    properties = spec.arguments_schema["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == {"finding_id", "radius_m"}
