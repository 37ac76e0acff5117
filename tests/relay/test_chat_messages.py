import pytest

from glassbox.relay.chat_messages import MESSAGE_BYTES, message
from tests.support.chat_server import webhook_body

GROUP = {"alertname": "InferenceSaturated", "job": "vllm", "model_name": "qwen"}
TEXTS = {
    "summary": "qwen queues",
    "description": "40 % of the time.",
    "runbook": "alerts/runbooks/InferenceSaturated.md",
}


def alert(status="firing", annotations=None, **labels):
    return {
        "status": status,
        "labels": {"alertname": "InferenceSaturated", "severity": "ticket", **labels},
        "annotations": TEXTS if annotations is None else annotations,
    }


def test_a_message_says_what_whose_and_where_to_look():
    links = {"runbook_url": "https://git/r.md", "dashboard_url": "https://grafana/d/x?var-job=vllm"}
    text = message(webhook_body(alert(owner="inference", annotations={**TEXTS, **links}), **GROUP))
    assert text.title == "[FIRING:1] ticket InferenceSaturated vllm qwen"
    assert text.markdown == (
        "### [FIRING:1] ticket InferenceSaturated vllm qwen\n\n"
        "**qwen queues**\n\n"
        "40 % of the time.\n\n"
        "Owner: inference  [Runbook](https://git/r.md)  [Dashboard](https://grafana/d/x?var-job=vllm)"
    )


def test_without_addresses_the_paths_are_shown():
    text = message(webhook_body(alert(annotations={**TEXTS, "dashboard": "/d/x"}), **GROUP)).markdown
    assert text.endswith("\n\nRunbook: alerts/runbooks/InferenceSaturated.md  Dashboard: /d/x")


def test_an_alert_of_strangers_without_texts_is_shown_by_its_name():
    text = message(webhook_body(alert(annotations={})))
    assert text.markdown == "### [FIRING:1] ticket\n\n**InferenceSaturated**"


def test_firing_alerts_come_first_and_resolved_ones_say_so():
    body = webhook_body(alert("resolved", {"summary": "a"}), alert(annotations={"summary": "b"}), **GROUP)
    text = message(body)
    assert text.title.startswith("[FIRING:1] ")
    assert text.markdown.endswith("\n\n**b**\n\nResolved: a")


def test_all_resolved():
    text = message(webhook_body(alert("resolved"), **GROUP))
    assert text.title == "[RESOLVED] ticket InferenceSaturated vllm qwen"
    assert text.markdown.endswith("\n\nResolved: qwen queues")


def test_many_alerts_fit_and_those_left_out_are_counted():
    """An alert takes 1,013 bytes with its blank line, the title 50: three fit into 4,096 bytes."""
    text = message(webhook_body(*[alert(annotations={"summary": "x" * 1007}) for _ in range(9)], **GROUP)).markdown
    assert text.count("**x") == 3
    assert text.endswith("\n\nand 6 more; all are in Alertmanager.")
    assert len(text.encode()) <= MESSAGE_BYTES


def test_the_count_of_those_left_out_has_its_room():
    """Whatever an alert takes, up to a tenth of the message and beyond."""
    for size in range(300, 1400):
        text = message(webhook_body(*[alert(annotations={"summary": "x" * size})] * 20, **GROUP)).markdown
        assert len(text.encode()) <= MESSAGE_BYTES, size
        assert text.endswith(f"and {20 - text.count('**x')} more; all are in Alertmanager."), size


@pytest.mark.parametrize("count", [1, 2, 50])
def test_long_texts_of_three_bytes_a_character_are_cut_between_characters(count):
    group = {"alertname": "名" * 1000}
    text = message(webhook_body(*[alert(annotations={"summary": "满" * 5000})] * count, **group))
    assert len(text.markdown.encode()) <= MESSAGE_BYTES
    assert len(text.title.encode()) <= 300
    assert text.markdown.count("**满") >= 1
    assert "\ufffd" not in text.markdown
    assert text.title.endswith("名…")


def test_messages_up_to_the_limit_are_not_cut():
    """2,048 bytes are an alert's share, of which the stars take 4."""
    assert "…" not in message(webhook_body(alert(annotations={"summary": "x" * 2044}))).markdown
    assert message(webhook_body(alert(annotations={"summary": "x" * 2045}))).markdown.endswith("x…")


@pytest.mark.parametrize("body", [[], {}, {"alerts": [{}]}, {"alerts": 1, "commonLabels": {}, "groupLabels": {}}])
def test_other_bodies_are_refused(body):
    with pytest.raises((AttributeError, KeyError, TypeError)):
        message(body)
