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
