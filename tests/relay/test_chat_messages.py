import re

import pytest

from glassbox.relay.chat_languages import MESSAGE_BYTES, escaped_for_dingtalk, escaped_for_wecom, markdown, post
from glassbox.relay.chat_messages import message
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


def shown(body, escape=str):
    return markdown(message(body), escape)


def test_a_message_says_what_whose_and_where_to_look():
    links = {"runbook_url": "https://git/r.md", "dashboard_url": "https://grafana/d/x?var-job=vllm"}
    text = message(webhook_body(alert(owner="inference", annotations={**TEXTS, **links}), **GROUP))
    assert text.title == "[FIRING:1] ticket InferenceSaturated vllm qwen"
    assert markdown(text, str) == (
        "### [FIRING:1] ticket InferenceSaturated vllm qwen\n\n"
        "**qwen queues**\n\n"
        "40 % of the time.\n\n"
        "Owner: inference  [Runbook](https://git/r.md)  [Dashboard](https://grafana/d/x?var-job=vllm)"
    )


def test_without_addresses_the_paths_are_shown():
    text = shown(webhook_body(alert(annotations={**TEXTS, "dashboard": "/d/x"}), **GROUP))
    assert text.endswith("\n\nRunbook: alerts/runbooks/InferenceSaturated.md  Dashboard: /d/x")


def test_an_alert_of_strangers_without_texts_is_shown_by_its_name():
    assert shown(webhook_body(alert(annotations={}))) == "### [FIRING:1] ticket\n\n**InferenceSaturated**"


def test_firing_alerts_come_first_and_resolved_ones_say_so():
    body = webhook_body(alert("resolved", {"summary": "a"}), alert(annotations={"summary": "b"}), **GROUP)
    assert message(body).title.startswith("[FIRING:1] ")
    assert shown(body).endswith("\n\n**b**\n\nResolved: a")


def test_all_resolved():
    text = message(webhook_body(alert("resolved"), **GROUP))
    assert text.title == "[RESOLVED] ticket InferenceSaturated vllm qwen"
    assert markdown(text, str).endswith("\n\nResolved: qwen queues")


def test_many_alerts_fit_and_those_left_out_are_counted():
    """An alert takes 1,013 bytes with its blank lines, the title 50: three fit into 4,096 bytes."""
    alerts = [alert(annotations={"summary": "x" * 7, "description": "y" * 998}) for _ in range(9)]
    text = shown(webhook_body(*alerts, **GROUP))
    assert text.count("**x") == 3
    assert text.endswith("\n\nand 6 more; all are in Alertmanager.")
    assert len(text.encode()) <= MESSAGE_BYTES


def test_the_count_of_those_left_out_has_its_room():
    """Whatever an alert takes, up to a tenth of the message and beyond."""
    for size in range(300, 1400, 7):
        body = webhook_body(*[alert(annotations={"summary": "x", "description": "y" * size})] * 20, **GROUP)
        text = shown(body)
        assert len(text.encode()) <= MESSAGE_BYTES, size
        assert text.endswith(f"and {20 - text.count('**x')} more; all are in Alertmanager."), size
        elements = [element for line in post(message(body))["post"]["en_us"]["content"] for element in line]
        assert sum(len(element["text"].encode()) for element in elements) <= MESSAGE_BYTES
        counted = sum(element["text"] == "x" for element in elements)
        assert elements[-1]["text"] == f"and {20 - counted} more; all are in Alertmanager."


@pytest.mark.parametrize("escape", [str, escaped_for_dingtalk, escaped_for_wecom])
@pytest.mark.parametrize("character", ["满", "*", "&", "\\"])
@pytest.mark.parametrize("count", [1, 2, 50])
def test_long_texts_are_cut_between_characters_and_never_within_an_escape(count, character, escape):
    texts = {
        "summary": character * 5000,
        "description": character * 5000,
        "dashboard": character * 900,
        "runbook_url": "https://x/" + character * 900,
    }
    body = webhook_body(*[alert(annotations=texts, owner=character * 999)] * count, alertname=character * 1000)
    text = shown(body, escape)
    assert len(text.encode()) <= MESSAGE_BYTES
    assert len(message(body).title.encode()) <= 300
    assert text.count("Dashboard: ") >= 1
    assert "\ufffd" not in text
    assert all(beginning.endswith(escape(character)) for beginning in text.split("…")[:-1])


HOSTILE = (
    "a](http://evil)[b **c** `d` <@all> <font color=info>e</font> ![f](http://g) # h _i_ \\*j* \x1b]0;k\x07 \u202e"
)


def hostile_body():
    texts = {
        "summary": HOSTILE,
        "description": f"{HOSTILE}\n# {HOSTILE}\n> {HOSTILE}",
        "runbook_url": 'https://x/)[a](http://evil) <b> `c`"',
        "dashboard_url": "javascript:alert(1)",
    }
    return webhook_body(alert(annotations=texts, owner=HOSTILE), alertname=HOSTILE)


def test_texts_of_others_are_no_markup_for_dingtalk():
    text = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown(hostile_body(), escaped_for_dingtalk))
    assert re.findall(r"\[([^\]]*)\]\(([^)]*)\)", text) == [
        ("Runbook", "https://x/%29%5Ba%5D%28http://evil%29%20%3Cb%3E%20%60c%60%22")
    ]
    assert text.count("**") == 2
    assert not re.search("[<`!_]", text)
    assert re.findall("^#+ ", text, re.MULTILINE) == ["### "]
    assert "\x1b" not in text and "\u202e" not in text


def test_texts_of_others_are_no_markup_for_wecom():
    text = shown(hostile_body(), escaped_for_wecom)
    assert len(re.findall(r"\]\(", text)) == 1
    assert text.count("**") == 2
    assert not re.search("[<`]", text)
    assert re.findall("^ *[#>]+", text, re.MULTILINE) == ["###"]
    assert "＜@all＞" in text  # as it is shown


def test_texts_of_others_are_texts_for_feishu():
    (content,) = post(message(hostile_body()))["post"].values()
    elements = [element for line in content["content"] for element in line]
    assert {element["tag"] for element in elements} == {"text", "a"}
    links = [element["href"] for element in elements if element["tag"] == "a"]
    assert links == ['https://x/)[a](http://evil) <b> `c`"']
    for command, seen in (("\x1b", "\\x1b"), ("\x07", "\\x07"), ("\u202e", "\\u202e")):
        assert command not in elements[0]["text"] and seen in elements[0]["text"]
    assert "**c** `d` <@all> <font color=info>" in elements[0]["text"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        1,
        "x",
        [],
        {},
        {"alerts": [{}]},
        {"alerts": 1, "commonLabels": {}, "groupLabels": {}},
        {"alerts": [], "commonLabels": {"severity": 1}, "groupLabels": {}},
        {"alerts": [], "commonLabels": [], "groupLabels": {}},
        webhook_body({"status": "firing", "labels": {"alertname": [1], "severity": ""}, "annotations": {}}),
    ],
)
def test_other_bodies_are_refused(body):
    with pytest.raises(ValueError, match="not a webhook body"):
        message(body)
