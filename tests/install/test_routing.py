"""Who gets which alert, and which alerts stay quiet: amtool and a real Alertmanager, with the settings that we ship."""

import json
import subprocess
import urllib.request

import pytest
import yaml
from starlette.responses import PlainTextResponse

from demo.server_settings import alertmanager_settings
from demo.webhook import receiving
from glassbox.compile.grafana_notifications import GROUP_BY, PACE, PACE_OF_SEVERITIES
from glassbox.prometheus import promtool
from glassbox.relay.relaying import application
from glassbox.relay.robots import DingTalk, WeCom, signature
from glassbox.servers.background import served
from tests.support.chat_server import TAKEN_BY_ROBOT, TAKEN_BY_SLACK, chat_server
from tests.support.ours import our_bundle
from tests.support.paths import INSTALL, ROOT
from tests.support.waiting import eventually

SHIPPED = (INSTALL / "alertmanager.yml").read_text(encoding="utf-8")
THE_LINE = "  receiver: webhook\n"
CHAT_RECEIVERS = ("webhook", "slack", "wecom", "dingtalk", "feishu")
DEADLINE_SECONDS = 30.0
RULES = [rule for file in our_bundle().alerts.values() for group in file["groups"] for rule in group["rules"]]


def chosen(receiver):
    """The shipped settings as somebody has edited them who wants that receiver."""
    return SHIPPED.replace(THE_LINE, f"  receiver: {receiver}\n", 1)


def by_owner(text):
    return text.replace("# routes:", "routes:")


def test_grafana_gets_the_same_groups_and_the_same_pace():
    route = yaml.safe_load(SHIPPED)["route"]
    assert route["group_by"] == list(GROUP_BY)
    assert {key: route[key] for key in PACE} == PACE
    severities = {each["matchers"][0].split('"')[1]: {key: text for key, text in each.items() if key != "matchers"} for each in route["routes"]}  # fmt: skip  # one thing is one line
    assert {name: severities[name] for name in PACE_OF_SEVERITIES} == PACE_OF_SEVERITIES
    assert severities.keys() - PACE_OF_SEVERITIES.keys() == {"heartbeat"}


def without_waits(text):
    """The same routes, without the waits that suit people."""
    return text.replace("group_wait: 30s", "group_wait: 1s").replace("group_wait: 10s", "group_wait: 1s")


def written(folder, text):
    file = folder / "alertmanager.yml"
    file.write_text(text, encoding="utf-8")
    return file


def receiver_of(file, labels):
    """The receivers of an alert as amtool prints them."""
    amtool = [promtool.find("amtool"), "config", "routes", "test", f"--config.file={file}"]
    command = [*amtool, *(f"{name}={value}" for name, value in labels.items())]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def post(server, *alerts):
    body = json.dumps(list(alerts)).encode()
    request = urllib.request.Request(f"{server.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def test_the_line_to_change_is_the_only_one_of_its_kind():
    assert SHIPPED.count(THE_LINE) == 1
    assert {receiver["name"] for receiver in yaml.safe_load(SHIPPED)["receivers"]} == {*CHAT_RECEIVERS, "heartbeat"}


@pytest.mark.parametrize("edit", [str, by_owner], ids=["as shipped", "by owner"])
@pytest.mark.parametrize("receiver", CHAT_RECEIVERS)
def test_settings_are_valid_with_every_receiver(components, tmp_path, receiver, edit):
    assert promtool.check_alertmanager_config(written(tmp_path, edit(chosen(receiver)))) == []


def test_no_secret_is_in_the_settings():
    """Addresses there are of this machine; those of chats are secrets, and in files."""
    addresses = [word for word in SHIPPED.split() if "://" in word]
    assert addresses == [
        f"http://127.0.0.1:{end}" for end in ("5001/", "5002/", "5003/wecom", "5003/dingtalk", "5003/feishu")
    ]
    assert SHIPPED.count("api_url_file: /") == 1


def test_every_alert_of_ours_has_a_receiver(components, tmp_path):
    file = written(tmp_path, SHIPPED)
    receivers = {rule["alert"]: receiver_of(file, {"alertname": rule["alert"], **rule["labels"]}) for rule in RULES}
    heartbeats = {rule["alert"] for rule in RULES if rule["labels"]["severity"] == "heartbeat"}
    assert heartbeats == {"Watchdog"}
    assert receivers == {rule["alert"]: "heartbeat" if rule["alert"] in heartbeats else "webhook" for rule in RULES}


@pytest.mark.parametrize("receiver", CHAT_RECEIVERS)
def test_one_line_changes_the_receiver_of_all_but_the_heartbeat(components, tmp_path, receiver):
    file = written(tmp_path, chosen(receiver))
    for labels in ({"severity": "page"}, {"severity": "ticket"}, {"severity": "report"}, {"alertname": "Foreign"}):
        assert receiver_of(file, labels) == receiver, labels
    assert receiver_of(file, {"severity": "heartbeat"}) == "heartbeat"


@pytest.mark.parametrize("severity", ["page", "ticket", "report"])
def test_owners_can_have_receivers_of_their_own(components, tmp_path, severity):
    file = written(tmp_path, by_owner(chosen("slack")))
    assert receiver_of(file, {"severity": severity, "owner": "platform"}) == "dingtalk"
    assert receiver_of(file, {"severity": severity, "owner": "inference"}) == "slack"
    assert receiver_of(file, {"severity": severity}) == "slack"
    assert receiver_of(file, {"severity": "heartbeat", "owner": "platform"}) == "heartbeat"


@pytest.mark.parametrize(
    ("severity", "group_wait", "group_interval", "repeat_interval"),
    [
        ("page", "10s", "5m", "1h"),
        ("ticket", "30s", "5m", "12h"),
        ("report", "30s", "5m", "4d"),
        ("heartbeat", "0s", "1m", "1m"),
        ("foreign", "30s", "5m", "4h"),
    ],
)
def test_severity_sets_the_pace(severity, group_wait, group_interval, repeat_interval):
    root = yaml.safe_load(SHIPPED)["route"]
    routes = [route for route in root["routes"] if route["matchers"] == [f'severity="{severity}"']]
    route = {**root, **(routes[0] if routes else {})}
    pace = [route[key] for key in ("group_wait", "group_interval", "repeat_interval")]
    assert pace == [group_wait, group_interval, repeat_interval]


PAGE, TICKET, REPORT = "page", "ticket", "report"
STRANGERS = ("cluster", "namespace", "region", "environment", "tenant", "prometheus")


def labelled(alertname, severity=TICKET, **labels):
    return {"alertname": alertname, "severity": severity, **labels}


NO_CAPACITY = labelled("InferenceNoCapacity", PAGE, job="vllm")
DOWN = labelled("InferenceInstanceDown", TICKET, job="vllm", instance="a:8000")
DOWN_PAGE = {**DOWN, "severity": PAGE}
MUTE = labelled("InferenceTargetMute", job="vllm", instance="a:8000")
SATURATED = labelled("InferenceSaturated", job="vllm", model_name="m")
KV_FULL = labelled("InferenceKVCacheFullAndQueueing", job="vllm", model_name="m")
KV_NEARLY_FULL = labelled("InferenceKVCacheNearlyFull", job="vllm", model_name="m")
BURNS_FAST = labelled("InferenceErrorBudgetBurnFast", PAGE, job="vllm", model_name="m", slo="availability")
BURNS_SLOWLY = labelled("InferenceErrorBudgetBurnSlow", job="vllm", model_name="m", slo="availability")
SAME = labelled("UsersOwn", PAGE, job="vllm", instance="a:8000")


def without(labels, *names):
    return {name: value for name, value in labels.items() if name not in names}


INHIBITED = {
    "a page and the ticket of the same alert": (SAME, {**SAME, "severity": TICKET}),
    "a page and the report of the same alert": (SAME, {**SAME, "severity": REPORT}),
    "no capacity and an instance": (NO_CAPACITY, DOWN),
    "no capacity and an instance that pages": (NO_CAPACITY, DOWN_PAGE),
    "no capacity and targets lost": (NO_CAPACITY, without(DOWN, "instance")),
    "no capacity and saturation": (NO_CAPACITY, SATURATED),
    "no capacity of a job, and an instance in its only namespace": (NO_CAPACITY, {**DOWN, "namespace": "prod"}),
    "no capacity in a namespace, and an instance there": (
        {**NO_CAPACITY, "namespace": "prod"},
        {**DOWN, "namespace": "prod"},
    ),
    "no capacity in a cluster, and saturation there": ({**NO_CAPACITY, "cluster": "a"}, {**SATURATED, "cluster": "a"}),
    "no capacity and low traffic": (NO_CAPACITY, labelled("InferenceQPSLow", job="vllm", model_name="m")),
    "an instance down and mute": (DOWN, MUTE),
    "fast and slow burn of one objective": (BURNS_FAST, BURNS_SLOWLY),
    "fast and slow burn without a model": (without(BURNS_FAST, "model_name"), without(BURNS_SLOWLY, "model_name")),
    "full and nearly full": (KV_FULL, KV_NEARLY_FULL),
}
HEARD = {
    "a page and the ticket of another instance": (SAME, {**SAME, "severity": TICKET, "instance": "b:8000"}),
    **{
        f"a page and the ticket of another {label}": ({**SAME, label: "a"}, {**SAME, "severity": TICKET, label: "b"})
        for label in ("model_name", "engine", "gpu", "slo")
    },
    **{
        f"{name} of another {label}": ({**source, label: "a"}, {**target, label: "b"})
        for name, (source, target) in {
            "a page and the ticket": (SAME, {**SAME, "severity": TICKET}),
            "no capacity and an instance": (NO_CAPACITY, DOWN),
            "no capacity and saturation": (NO_CAPACITY, SATURATED),
            "an instance down and mute": (DOWN, MUTE),
            "fast and slow burn": (BURNS_FAST, BURNS_SLOWLY),
            "full and nearly full": (KV_FULL, KV_NEARLY_FULL),
        }.items()
        for label in STRANGERS
    },
    "no capacity in a namespace, and a model of the job": ({**NO_CAPACITY, "namespace": "prod"}, SATURATED),
    "no capacity in a cluster, and an alert that lacks the label": ({**NO_CAPACITY, "cluster": "a"}, DOWN),
    "no capacity without a cluster, and an instance of one": (NO_CAPACITY, {**DOWN, "cluster": "b"}),
    "a ticket and the page of the same alert": ({**SAME, "severity": TICKET}, SAME),
    "no capacity of another job": (NO_CAPACITY, {**DOWN, "job": "other"}),
    "no capacity and a page": (NO_CAPACITY, BURNS_FAST),
    "no capacity and a GPU of the same job": (NO_CAPACITY, labelled("GPULost", job="vllm", instance="a:8000", gpu="0")),
    "no capacity without a job": (without(NO_CAPACITY, "job"), without(DOWN, "job")),
    "no capacity without a job, and saturation": (without(NO_CAPACITY, "job"), without(SATURATED, "job")),
    "an instance down and saturation": (DOWN, SATURATED),
    "an instance down and another instance": (DOWN, {**MUTE, "instance": "b:8000"}),
    "an instance down and an engine that hangs there": (
        DOWN,
        labelled("InferenceEngineStalled", PAGE, job="vllm", instance="a:8000", engine="0", model_name="m"),
    ),
    "an instance down and its GPU": (DOWN, labelled("GPUNewXid", job="vllm", instance="a:8000", gpu="0")),
    "a mute instance and another ticket there": (MUTE, {**MUTE, "alertname": "InferenceElse"}),
    "targets lost, and saturation, both without an instance": (without(DOWN, "instance"), SATURATED),
    "an instance down without a job": (without(DOWN, "job"), without(MUTE, "job")),
    "rules that fail": (
        labelled("PrometheusRuleFailures", job="vllm", instance="a:8000", rule_group="slo"),
        SATURATED,
    ),
    "fast and slow burn of two objectives": (BURNS_FAST, {**BURNS_SLOWLY, "slo": "request_latency"}),
    "fast and slow burn without an objective": (without(BURNS_FAST, "slo"), without(BURNS_SLOWLY, "slo")),
    "fast and slow burn without a job": (without(BURNS_FAST, "job"), without(BURNS_SLOWLY, "job")),
    "another alert of the objective, and slow burn": ({**BURNS_FAST, "alertname": "UsersOwn"}, BURNS_SLOWLY),
    "fast burn, and another alert of the objective": (BURNS_FAST, {**BURNS_SLOWLY, "alertname": "UsersOwn"}),
    "fast and slow burn of two models": (BURNS_FAST, {**BURNS_SLOWLY, "model_name": "other"}),
    "full, and another model's nearly full": (KV_FULL, {**KV_NEARLY_FULL, "model_name": "other"}),
    "full and nearly full without a model": (without(KV_FULL, "model_name"), without(KV_NEARLY_FULL, "model_name")),
    "saturated and nearly full": (SATURATED, KV_NEARLY_FULL),
    "full and nearly full without a job": (without(KV_FULL, "job"), without(KV_NEARLY_FULL, "job")),
    "saturated and growing": (SATURATED, labelled("InferenceQueueGrowing", job="vllm", model_name="m")),
    "growing and saturated": (labelled("InferenceQueueGrowing", job="vllm", model_name="m"), SATURATED),
    "full, and the time that requests wait": (KV_FULL, SATURATED),
}
LAST = (NO_CAPACITY, DOWN)


def own(number, labels):
    """The labels in a job of this case's own; both alerts of a case without a job lack it."""
    return {name: f"{value}-{number}" if name == "job" else value for name, value in labels.items()}


@pytest.fixture(scope="module")
def inhibitors(alertmanager_factory, tmp_path_factory):
    """By case: what silences its target on a real Alertmanager that has all sources and targets, and who might."""
    cases = {**INHIBITED, **HEARD, "last": LAST}
    pairs = {name: tuple(own(number, labels) for labels in pair) for number, (name, pair) in enumerate(cases.items())}
    with receiving() as webhook:
        file = alertmanager_settings(tmp_path_factory.mktemp("routing"), webhook.url, webhook.url)
        server = alertmanager_factory(yaml.safe_load(file.read_text()))
        alerts = [{"labels": labels} for name, pair in pairs.items() if name != "last" for labels in pair]
        post(server, *alerts)
        post(server, *({"labels": labels} for labels in pairs["last"]))
        found = eventually_inhibited(server, pairs["last"][1])
    by_labels = {key(alert["labels"]): alert for alert in found}
    return {name: (by_labels[key(target)], by_labels[key(source)]) for name, (source, target) in pairs.items()}


def key(labels):
    return frozenset(labels.items())


def eventually_inhibited(server, labels):
    """All alerts, once that one is inhibited; Alertmanager takes alerts in the order they came."""

    def inhibited():
        with urllib.request.urlopen(f"{server.url}/api/v2/alerts", timeout=5) as answer:
            alerts = json.load(answer)
        found = any(alert["labels"] == labels and alert["status"]["inhibitedBy"] for alert in alerts)
        return alerts if found else None

    alerts = eventually(inhibited, DEADLINE_SECONDS, poll_seconds=0.1)
    assert alerts, f"{labels} is not inhibited"
    return alerts


@pytest.mark.parametrize("name", INHIBITED)
def test_a_message_that_adds_nothing_is_inhibited(inhibitors, name):
    target, source = inhibitors[name]
    assert target["status"]["inhibitedBy"] == [source["fingerprint"]]
    assert source["status"]["state"] == "active"


@pytest.mark.parametrize("name", HEARD)
def test_any_other_message_is_heard(inhibitors, name):
    target, _ = inhibitors[name]
    assert (target["status"]["state"], target["status"]["inhibitedBy"]) == ("active", [])


def test_incidents_of_strangers_are_messages_of_their_own():
    assert set(STRANGERS) <= set(yaml.safe_load(SHIPPED)["route"]["group_by"])


def test_every_rule_of_ours_that_inhibits_names_an_alert_that_exists_or_a_severity():
    known = {rule["alert"] for rule in RULES} | {"InferenceNoCapacity"}
    for rule in yaml.safe_load(SHIPPED)["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            name, _, value = matcher.partition("=")
            if name == "alertname" and not value.startswith("~"):
                assert value.strip('"') in known, matcher


ALERT = {
    "labels": {
        "alertname": "InferenceSaturated",
        "severity": "ticket",
        "owner": "inference",
        "job": "vllm",
        "model_name": "qwen/Qwen2.5-7B-Instruct",
    },
    "annotations": {
        "summary": "Requests to qwen/Qwen2.5-7B-Instruct (vllm) spend their time in the queue",
        "description": "40 % of the time & <more>",
        "runbook": "alerts/runbooks/InferenceSaturated.md",
        "runbook_url": "https://git.example.com/runbooks/InferenceSaturated.md",
        "dashboard": "/d/glassbox-llm-serving?viewPanel=panel-7&var-job=vllm",
        "dashboard_url": "https://grafana.example.com/d/glassbox-llm-serving?viewPanel=panel-7&var-job=vllm",
    },
}
TITLE = "[FIRING:1] ticket InferenceSaturated vllm qwen/Qwen2.5-7B-Instruct"


@pytest.fixture
def slack(components, alertmanager_factory, tmp_path):
    """A real Alertmanager that sends to a server in Slack's place, whose address it has from a file."""
    with chat_server(TAKEN_BY_SLACK) as chat:
        (tmp_path / "slack_url").write_text(f"{chat.url}/services/T/B/secret\n")
        text = without_waits(chosen("slack")).replace("group_interval: 5m", "group_interval: 1s")
        text = text.replace("/etc/alertmanager/slack_url", str(tmp_path / "slack_url"))
        chat.alertmanager = alertmanager_factory(yaml.safe_load(text))
        yield chat


def test_slack_shows_what_whose_and_where_to_look(slack):
    post(slack.alertmanager, ALERT)
    (attachment,) = slack.next()["attachments"]
    assert attachment["title"] == TITLE
    assert attachment["text"].strip() == (
        "*Requests to qwen/Qwen2.5-7B-Instruct (vllm) spend their time in the queue*\n"
        "40 % of the time &amp; &lt;more&gt;\n"
        "Owner: inference  <https://git.example.com/runbooks/InferenceSaturated.md|Runbook>  "
        "<https://grafana.example.com/d/glassbox-llm-serving?viewPanel=panel-7&amp;var-job=vllm|Dashboard>"
    )


def test_the_template_for_teams_escapes_names(components, alertmanager_factory, tmp_path):
    """This Alertmanager may know no Teams: Slack's receiver takes the same template."""
    document = (ROOT / "docs" / "chat-receivers.md").read_text(encoding="utf-8")
    block = document.partition("```yaml\n")[2].partition("```")[0]
    (teams,) = yaml.safe_load(block)["receivers"][0]["msteamsv2_configs"]
    with chat_server(TAKEN_BY_SLACK) as chat:
        settings = yaml.safe_load(without_waits(chosen("slack")))
        (receiver,) = (each for each in settings["receivers"] if each["name"] == "slack")
        (tmp_path / "url").write_text(chat.url)
        receiver["slack_configs"] = [
            {"api_url_file": str(tmp_path / "url"), "title": teams["title"], "text": teams["text"]}
        ]
        labels = {"alertname": "A", "severity": "page", "model_name": "my_model*[x](http://y)\\"}
        texts = {"summary": "a_b <c>", "dashboard_url": "https://g/(x)"}
        post(alertmanager_factory(settings), {"labels": labels, "annotations": texts})
        (attachment,) = chat.next()["attachments"]
    assert attachment["title"] == "[FIRING] page A my\\_model\\*\\[x\\]\\(http://y\\)\\\\"
    assert attachment["text"].strip() == "- a\\_b \\<c\\> [Dashboard](https://g/(x%29)"


def test_slack_gets_no_markup_of_others(slack):
    hostile = "<!channel> & a|b"
    labels = {**ALERT["labels"], "model_name": hostile, "owner": hostile}
    texts = {"summary": hostile, "description": hostile, "runbook": hostile, "dashboard_url": "https://g/|x> <!here>"}
    post(slack.alertmanager, {**ALERT, "labels": labels, "annotations": texts})
    (attachment,) = slack.next()["attachments"]
    assert "<" not in attachment["title"] and "&lt;!channel&gt; &amp; a|b" in attachment["title"]
    plain = "&lt;!channel&gt; &amp; a|b"
    assert attachment["text"].strip() == (
        f"*{plain}*\n{plain}\nOwner: {plain}  Runbook: {plain}  <https://g/%7Cx%3E %3C!here%3E|Dashboard>"
    )


def test_slack_shows_paths_where_there_are_no_addresses_and_names_where_there_are_no_texts(slack):
    paths = {name: text for name, text in ALERT["annotations"].items() if not name.endswith("_url")}
    bare = {"labels": {"alertname": "Bare", "severity": "page"}}
    post(slack.alertmanager, {**ALERT, "annotations": paths})
    assert (
        slack.next()["attachments"][0]["text"]
        .strip()
        .endswith(
            "Owner: inference  Runbook: alerts/runbooks/InferenceSaturated.md  "
            "Dashboard: /d/glassbox-llm-serving?viewPanel=panel-7&amp;var-job=vllm"
        )
    )
    post(slack.alertmanager, bare)
    (attachment,) = slack.next()["attachments"]
    assert (attachment["title"], attachment["text"].strip()) == ("[FIRING:1] page Bare", "*Bare*")


def test_slack_gets_ten_of_many_and_their_number(slack):
    labels = ALERT["labels"]
    post(slack.alertmanager, *({**ALERT, "labels": {**labels, "instance": str(number)}} for number in range(12)))
    (attachment,) = slack.next()["attachments"]
    assert attachment["title"].startswith("[FIRING:12] ")
    assert attachment["text"].count("Owner: inference") == 10
    assert attachment["text"].strip().endswith("10 of 12; all are in Alertmanager.")


def test_slack_hears_of_the_end(slack):
    other = {**ALERT, "labels": {**ALERT["labels"], "instance": "other"}}
    post(slack.alertmanager, ALERT, other)
    assert slack.next()["attachments"][0]["title"].startswith("[FIRING:2] ")
    ended = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-01T00:01:00Z"}
    post(slack.alertmanager, {**ALERT, **ended})
    (attachment,) = slack.next()["attachments"]
    assert attachment["title"] == TITLE
    assert attachment["text"].count("Owner: inference") == 1
    assert attachment["text"].strip().endswith(f"Resolved: {ALERT['annotations']['summary']}")
    post(slack.alertmanager, {**other, **ended})
    (attachment,) = slack.next()["attachments"]
    assert attachment["title"] == TITLE.replace("[FIRING:1]", "[RESOLVED]")
    assert attachment["text"].strip() == f"Resolved: {ALERT['annotations']['summary']}"


ROBOT_TEXT = (
    f"### {TITLE}\n\n"
    "**Requests to qwen/Qwen2.5-7B-Instruct (vllm) spend their time in the queue**\n\n"
    "40 % of the time {}\n\n"
    "Owner: inference  [Runbook](https://git.example.com/runbooks/InferenceSaturated.md)  "
    "[Dashboard](https://grafana.example.com/d/glassbox-llm-serving?viewPanel=panel-7&var-job=vllm)"
)


def test_robots_show_what_alertmanager_sends_and_alertmanager_tries_again(alertmanager_factory, tmp_path):
    """The whole way, twice refused as robots refuse: with 200."""
    refusal = PlainTextResponse('{"errcode": 45009, "errmsg": "api freq out of limit"}')
    with chat_server(refusal, refusal, TAKEN_BY_ROBOT) as chat:
        (tmp_path / "url").write_text(f"{chat.url}/cgi-bin/webhook/send?key=k")
        with served(application([WeCom(tmp_path / "url")])) as robots_url:
            text = without_waits(chosen("wecom")).replace("http://127.0.0.1:5003", robots_url)
            post(alertmanager_factory(yaml.safe_load(text)), ALERT)
            bodies = [chat.next() for _ in range(3)]
    assert bodies == [{"msgtype": "markdown", "markdown": {"content": ROBOT_TEXT.format("& ＜more＞")}}] * 3


def test_dingtalks_robot_shows_what_alertmanager_sends(alertmanager_factory, tmp_path):
    with chat_server(TAKEN_BY_ROBOT) as chat:
        (tmp_path / "url").write_text(f"{chat.url}/robot/send?access_token=t")
        (tmp_path / "secret").write_text("SECabc")
        with served(application([DingTalk(tmp_path / "url", tmp_path / "secret")])) as robots_url:
            text = without_waits(chosen("dingtalk")).replace("http://127.0.0.1:5003", robots_url)
            post(alertmanager_factory(yaml.safe_load(text)), ALERT)
            query, body = chat.messages.get(timeout=DEADLINE_SECONDS)
    assert body == {
        "msgtype": "markdown",
        "markdown": {"title": TITLE, "text": ROBOT_TEXT.format("&amp; &lt;more&gt;")},
    }
    assert query == {"access_token": "t", **signature("SECabc", int(query["timestamp"]))}
