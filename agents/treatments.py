"""What to do about a finding, by when: a policy as data, and how severity, status and verdict meet it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, model_validator

from agents.grading import interval_words
from agents.severity import LEVELS
from agents.toml_files import Origin, Rules, read_rules
from agents.types import FindingFacts, Severity, SeverityGrade, Status, Treatment, Verdict
from vision.errors import ConfigError

SHIPPED_TREATMENTS = "treatments.toml"
FIRST_PRIORITY, LAST_PRIORITY = 1, 5
OBSERVED: frozenset[Status] = frozenset({"new", "persisting", "worse"})
"""Statuses of a finding that this inspection saw."""

Priority = Annotated[int, Field(ge=FIRST_PRIORITY, le=LAST_PRIORITY)]


class PolicyOrigin(Origin):
    """Where the policy is from, and the road use that it takes where the settings name none."""

    default_road_use: str


class Response(Rules):
    """An action with its urgency; ``response_days`` by road use."""

    action: str
    priority: Priority
    response_days: dict[str, NonNegativeInt]


class ClassPolicy(Rules):
    """What to do about one class, by severity, or at any where no standard grades it.

    ``job`` names the work that findings close together share.
    """

    act_on: Literal["upper", "middle", "lower"] | None = None
    act_on_because: str | None = None
    low: Response | None = None
    medium: Response | None = None
    high: Response | None = None
    ungraded: Response | None = None
    job: str | None = None
    job_radius_m: PositiveFloat | None = None

    @model_validator(mode="after")
    def _says_what_to_do(self) -> Self:
        by_severity = (self.act_on, self.act_on_because, self.low, self.medium, self.high)
        given = [part is not None for part in by_severity]
        if any(given) and not all(given):
            raise ValueError("act_on, act_on_because, low, medium and high go together")
        if not any(given) and self.ungraded is None:
            raise ValueError("needs a response: low, medium and high, or ungraded")
        return self

    @model_validator(mode="after")
    def _job_has_a_radius(self) -> Self:
        if (self.job is None) != (self.job_radius_m is None):
            raise ValueError("job and job_radius_m go together")
        return self


class RaisedPriority(Rules):
    """How much sooner a finding comes that got worse."""

    priority_raised_by: NonNegativeInt
    reason: str


class OfficeAction(Rules):
    """What follows for a finding that needs nothing done on the road; something else where that isn't confirmed."""

    action: str
    action_unverified: str | None = None
    priority: Priority
    reason: str


class StatusPolicy(Rules):
    """What a status changes."""

    worse: RaisedPriority
    repaired: OfficeAction
    not_observed: OfficeAction


class VerdictWords(Rules):
    """Put before the action of a finding with that verdict."""

    unverified: str


class TreatmentPolicy(Rules):
    """The whole policy."""

    policy: PolicyOrigin
    road_uses: dict[str, str]
    classes: dict[str, ClassPolicy]
    statuses: StatusPolicy
    verdicts: VerdictWords

    @model_validator(mode="after")
    def _days_for_each_road_use(self) -> Self:
        uses = set(self.road_uses)
        if self.policy.default_road_use not in uses:
            raise ValueError(f"policy.default_road_use is {self.policy.default_road_use!r}, not one of {sorted(uses)}")
        for name, rules in self.classes.items():
            for level in ("low", "medium", "high", "ungraded"):
                response: Response | None = getattr(rules, level)
                if response is not None and set(response.response_days) != uses:
                    raise ValueError(f"classes.{name}.{level}.response_days must have {sorted(uses)}")
        return self

    def road_use(self, named: str | None) -> str:
        """Give the road use to apply.

        Raises:
            ConfigError: The policy has none of that name.
        """
        use = named or self.policy.default_road_use
        if use not in self.road_uses:
            raise ConfigError(f"road use {use!r} is not in the treatment policy; it has {', '.join(self.road_uses)}")
        return use


def load_treatments(path: Path | None = None) -> TreatmentPolicy:
    """Read the treatment policy: the shipped one, or a user's own file.

    Raises:
        ConfigError: The file is missing or wrong; the message names file and key.
    """
    return read_rules(TreatmentPolicy, SHIPPED_TREATMENTS, path)


def treat(
    policy: TreatmentPolicy, road_use: str, facts: FindingFacts, severity: SeverityGrade | None, verdict: Verdict
) -> Treatment | None:
    """Give the treatment without its due date; None for what was rejected, or where the policy has no rule."""
    if verdict == "rejected":
        return None
    if facts.status == "repaired" or facts.status == "not_observed":
        office: OfficeAction = getattr(policy.statuses, facts.status)
        unsure = office.action_unverified if verdict == "unverified" else None
        return Treatment(
            action=unsure or office.action,
            response_days=0,
            priority=office.priority,
            due=None,
            reason=_sentence(office.reason),
        )
    rules = policy.classes.get(facts.class_name)
    response = None if rules is None else _response(rules, severity)
    if rules is None or response is None:
        return None
    days, priority = response.response_days[road_use], response.priority
    reasons = [_why(rules, severity), f"{road_use} road: within {days} {'day' if days == 1 else 'days'}"]
    if facts.status == "worse":
        priority = max(FIRST_PRIORITY, priority - policy.statuses.worse.priority_raised_by)
        raised = f", so priority {priority} instead of {response.priority}" if priority < response.priority else ""
        reasons.append(policy.statuses.worse.reason + raised)
    first = policy.verdicts.unverified if verdict == "unverified" else ""
    return Treatment(
        action=first + response.action,
        response_days=days,
        priority=priority,
        due=None,
        reason=_sentence("; ".join(reasons)),
    )


def dated(treatment: Treatment, inspected_on: date, status: Status) -> Treatment:
    """Set the due date: so many days after the inspection; none where nothing is to be done on the road."""
    if status not in OBSERVED:
        return treatment
    return treatment.model_copy(update={"due": inspected_on + timedelta(days=treatment.response_days)})


def acted_on(rules: ClassPolicy, severity: SeverityGrade) -> Severity:
    """Give the level of an interval that decides; the middle of two levels is the lower."""
    low, high = LEVELS.index(severity.low), LEVELS.index(severity.high)
    chosen = {"upper": high, "middle": (low + high) // 2, "lower": low}
    return LEVELS[chosen[rules.act_on or "upper"]]


def _response(rules: ClassPolicy, severity: SeverityGrade | None) -> Response | None:
    if severity is None:
        return rules.ungraded
    response: Response | None = getattr(rules, acted_on(rules, severity))
    return response


def _why(rules: ClassPolicy, severity: SeverityGrade | None) -> str:
    if severity is None:
        return "no severity"
    level = acted_on(rules, severity)
    if severity.low == severity.high:
        return f"severity {level}"
    interval = interval_words(severity.low, severity.high)
    return f"severity {interval}, acted on as {level} because {rules.act_on_because}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
