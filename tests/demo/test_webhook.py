import json
import threading
import urllib.error
import urllib.request

import pytest

from demo.webhook import Webhook, receiving
from glassbox.errors import GlassboxError


def body(alertname: str, status: str = "firing") -> dict[str, object]:
    return {"version": "4", "alerts": [{"status": status, "labels": {"alertname": alertname, "job": "vllm"}}]}


def post(url: str, content: bytes) -> int:
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return int(answer.status)


def test_posted_alert_is_recorded() -> None:
    with receiving() as webhook:
        assert post(f"{webhook.url}/any/path", json.dumps(body("QPSLow")).encode()) == 200
        (notification,) = webhook.notifications
    assert (notification.alertname, notification.status) == ("QPSLow", "firing")
    assert notification.labels == {"alertname": "QPSLow", "job": "vllm"}


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"alerts": [{"labels": {}}]}'])
def test_other_bodies_are_refused_and_not_recorded(content: bytes) -> None:
    with receiving() as webhook:
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(webhook.url, content)
        caught.value.close()
        assert (caught.value.code, webhook.notifications) == (400, [])


def test_opened_in_a_browser_it_says_what_it_is() -> None:
    with receiving() as webhook:
        post(webhook.url, json.dumps(body("QPSLow")).encode())
        with urllib.request.urlopen(f"{webhook.url}/any", timeout=5) as answer:
            text = answer.read().decode()
    assert "takes what Alertmanager sends" in text
    assert "It has taken 1 of them" in text


def test_waiter_wakes_when_the_alert_comes() -> None:
    webhook = Webhook()
    later = threading.Timer(0.05, webhook.record, [body("KVCacheFull")])
    webhook.record(body("QPSLow"))
    later.start()
    assert webhook.wait_for("KVCacheFull", 10).alertname == "KVCacheFull"
    later.join()


def test_resolved_is_not_firing() -> None:
    webhook = Webhook()
    webhook.record(body("QPSLow", "resolved"))
    assert webhook.wait_for("QPSLow", 1, status="resolved").status == "resolved"
    with pytest.raises(GlassboxError, match=r"No firing notification of QPSLow .* within 0\.01 s \(received: QPSLow\)"):
        webhook.wait_for("QPSLow", 0.01)


def test_none_waits_for_any_alert() -> None:
    webhook = Webhook()
    with pytest.raises(GlassboxError, match=r"any alert .*received: none"):
        webhook.wait_for(None, 0.01)
    webhook.record(body("QPSLow"))
    assert webhook.wait_for(None, 0.01).alertname == "QPSLow"
