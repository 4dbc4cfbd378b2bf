"""What a tool is: a typed function with a name, an arguments model and a result model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.notebook import NotebookEntry, ToolCall, ToolSpec
from agents.types import Frozen
from vision.errors import ReasoningError

Arguments = TypeVar("Arguments", bound=BaseModel)
Result = TypeVar("Result", bound=BaseModel)


class AboutFinding(Frozen):
    """Arguments of a tool that needs to know only which finding is meant."""

    finding_id: str


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments, Result]):
    """A tool, bound to what it reads from.

    Attributes:
        name: What a planner calls it by.
        description: What it answers, in a sentence that a chat model can choose by.
        arguments: Model that a call's arguments are checked against.
        result: Model of its answer.
        function: The work. Raises a WalkdownError where it can't be done.
    """

    name: str
    description: str
    arguments: type[Arguments]
    result: type[Result]
    function: Callable[[Arguments], Result]

    @property
    def spec(self) -> ToolSpec:
        """Describe the tool to a planner."""
        return ToolSpec(
            name=self.name, description=self.description, arguments_schema=self.arguments.model_json_schema()
        )

    def call(self, call: ToolCall) -> NotebookEntry:
        """Run a call and write it down.

        Raises:
            ReasoningError: The arguments aren't those of this tool.
        """
        try:
            arguments = self.arguments.model_validate(call.arguments)
        except ValidationError as err:
            first = err.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ReasoningError(
                f"tool {self.name} was called with a wrong {key or 'set of arguments'}: {first['msg']}"
            ) from err
        return NotebookEntry(call=call, result=self.function(arguments).model_dump(mode="json"))


def call_tool(tools: Mapping[str, Tool[Any, Any]], call: ToolCall) -> NotebookEntry:
    """Run a call by the tool's name.

    Raises:
        ReasoningError: There is no such tool, or the arguments are wrong.
    """
    tool = tools.get(call.tool)
    if tool is None:
        raise ReasoningError(f"the planner called tool {call.tool!r}; there are {', '.join(tools)}")
    return tool.call(call)
