import io
import json
from datetime import UTC, datetime

import pytest

from infra.alerts import Alert, AlertRules, AlertSender, AlertSeverity
from tests.live_servers import webhook
from vision.errors import ConfigError


def _alert(class_name: str = "scratch", severity: AlertSeverity = "medium") -> Alert:
    return Alert(
        time=datetime(2025, 3, 3, 6, 0, tzinfo=UTC),
        place="Line A, S2",
        part="HSG-7",
        class_names=(class_name,),
        message="scratch: 14.2 mm long, at most 10 mm allowed",
        severity=severity,
        finding_ids=("0123456789ab",),
        picture=None,
        latency_s=0.2,
    )


def test_an_alert_is_a_line_of_json_and_reaches_the_webhook_at_a_later_try() -> None:
    stream = io.StringIO()
    with webhook([503, 500]) as (url, got):
        sender = AlertSender(AlertRules(webhook_url=url, wait_s=0.02), stream, lambda _: None)
        sender.send(_alert())
        sender.close()

    (line,) = stream.getvalue().splitlines()
    assert got == [json.loads(line)] * 3
    assert json.loads(line)["class_names"] == ["scratch"]
    assert (sender.counts.told, sender.counts.delivered, sender.counts.undelivered) == (1, 1, 0)


def test_a_dead_webhook_is_told_and_stops_nothing() -> None:
    stream, said = io.StringIO(), list[str]()
    rules = AlertRules(webhook_url="http://127.0.0.1:9/?token=secret", tries=2, wait_s=0.02)
    sender = AlertSender(rules, stream, said.append)
    sender.send(_alert())
    sender.send(_alert("pit"))
    sender.close()

    assert len(stream.getvalue().splitlines()) == 2
    assert (sender.counts.delivered, sender.counts.undelivered) == (0, 2)
    assert "127.0.0.1 didn't take an alert" in said[0]
    assert "secret" not in "".join(said)


def test_a_webhook_that_refuses_is_not_asked_again() -> None:
    with webhook([404]) as (url, got):
        sender = AlertSender(AlertRules(webhook_url=url, wait_s=0.02), io.StringIO(), lambda _: None)
        sender.send(_alert())
        sender.close()

    assert len(got) == 1
    assert sender.counts.undelivered == 1


def test_rules_choose_by_class_and_severity() -> None:
    stream = io.StringIO()
    rules = AlertRules(classes=("scratch", "crack"), least_severity="medium")
    sender = AlertSender(rules, stream, lambda _: None)
    for alert in (_alert(), _alert("pit", "high"), _alert("crack", "low"), _alert("crack", "high")):
        sender.send(alert)

    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(one["class_names"], one["severity"]) for one in told] == [(["scratch"], "medium"), (["crack"], "high")]
    assert sender.counts.below == 2


def test_a_webhook_that_is_no_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="no http or https address"):
        AlertRules(webhook_url="ftp://works/alerts")
