"""Writing the tree of notification policies, which no test does on a real server."""

import httpx

from glassbox.standin.server import GrafanaStandIn

POLICIES = "/api/v1/provisioning/policies"
POINTS = "/api/v1/provisioning/contact-points"
POINT = {"uid": "hook", "name": "on-call", "type": "webhook", "settings": {"url": "http://127.0.0.1:1"}}


def test_put_replaces_the_tree_and_delete_resets_it(client: httpx.Client) -> None:
    default = client.get(POLICIES).json()
    client.post(POINTS, json=POINT)
    tree = default | {"routes": [{"receiver": "on-call", "object_matchers": [["severity", "=", "page"]]}]}
    answer = client.put(POLICIES, json=tree)
    assert (answer.status_code, answer.json()) == (202, {"message": "policies updated"})
    assert client.get(POLICIES).json() == tree | {"provenance": "api"}
    assert client.delete(POLICIES).status_code == 202
    assert client.get(POLICIES).json() == default


def test_a_contact_point_in_the_tree_cannot_be_deleted(client: httpx.Client) -> None:
    client.post(POINTS, json=POINT)
    tree = client.get(POLICIES).json()
    client.put(POLICIES, json=tree | {"routes": [{"receiver": "on-call"}]})
    answer = client.delete(f"{POINTS}/hook")
    assert answer.status_code == 409
    assert answer.json()["messageId"] == "alerting.notifications.contact-points.referenced"


def test_a_redacted_secret_keeps_its_stored_value(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    secret = POINT | {"type": "slack", "settings": {"url": "https://hooks.example/x", "recipient": "#a"}}
    client.post(POINTS, json=secret)
    client.put(f"{POINTS}/hook", json=secret | {"settings": {"url": "[REDACTED]", "recipient": "#b"}})
    (found,) = client.get(POINTS, params={"name": "on-call"}).json()
    assert found["settings"] == {"url": "[REDACTED]", "recipient": "#b"}
    assert stand_in.state.contact_points["hook"]["settings"]["url"] == "https://hooks.example/x"


def test_what_comes_back_is_sorted_shortened_and_without_empty_fields(client: httpx.Client) -> None:
    client.post(POINTS, json=POINT)
    matchers = [["team", "=", '"x"'], ["alertname", "=~", "A|B"]]
    route = {"receiver": "on-call", "object_matchers": matchers, "repeat_interval": "60m", "continue": False, "routes": []}  # fmt: skip  # one route
    client.put(POLICIES, json=client.get(POLICIES).json() | {"routes": [route]})
    (found,) = client.get(POLICIES).json()["routes"]
    assert found == {
        "receiver": "on-call", "object_matchers": [["alertname", "=~", "A|B"], ["team", "=", "x"]], "repeat_interval": "1h",
    }  # fmt: skip  # one route


def test_a_mute_timing_comes_back_with_numbers_for_months_and_is_kept_while_it_is_used(client: httpx.Client) -> None:
    timings = "/api/v1/provisioning/mute-timings"
    interval = {"weekdays": ["saturday:sunday"], "months": ["june:june", "7:8"], "times": [{"start_time": "00:00", "end_time": "24:00"}]}  # fmt: skip  # one interval
    answer = client.post(timings, json={"name": "Weekend", "time_intervals": [interval]})
    assert answer.status_code == 201
    (found,) = client.get(timings).json()
    assert (found["time_intervals"], found["provenance"]) == ([interval | {"months": ["6", "7:8"]}], "api")
    assert client.post(timings, json={"name": "Weekend"}).status_code == 400
    client.put(POLICIES, json=client.get(POLICIES).json() | {"routes": [{"mute_time_intervals": ["Weekend"]}]})
    assert client.delete(f"{timings}/Weekend").json()["messageId"] == "alerting.notifications.time-intervals.used"
    client.delete(POLICIES)
    assert client.put(f"{timings}/Weekend", json={"time_intervals": [], "version": "x"}).status_code == 409
    assert client.put(f"{timings}/Weekend", json={}, headers={"X-Disable-Provenance": "true"}).status_code == 403
    assert client.delete(f"{timings}/Weekend", params={"version": found["version"]}).status_code == 204
    assert client.delete(f"{timings}/Weekend").status_code == 204


def test_a_template_without_a_definition_becomes_one(client: httpx.Client) -> None:
    path = "/api/v1/provisioning/templates/words"
    assert client.put(path, json={"template": " a\nb "}).status_code == 202
    assert client.get(path).json()["template"] == '{{ define "words" }}\n  a\n  b\n{{ end }}'
    assert client.put(path, json={"template": ' {{ define "w" }}x{{ end }}\n', "version": "stale"}).status_code == 409
    assert client.put(path, json={"template": ""}).status_code == 400
    assert client.delete(path, headers={"X-Disable-Provenance": "true"}).status_code == 403
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
