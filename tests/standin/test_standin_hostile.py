"""Bodies that mean harm: refused or kept as they are, and never an error of the server."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from glassbox.standin.bodies import MAX_DEPTH
from glassbox.standin.faults import LOGGED_PATH_CHARACTERS, LOGGED_REQUESTS
from glassbox.standin.server import GrafanaStandIn
from tests.support.raw_requests import raw

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "\ud800",
    [],
    [None],
    {},
    {"__proto__": {"polluted": True}, "constructor": 1},
    [[[{}]]],
)
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "dashboard": (
        "POST /api/dashboards/db",
        {
            "dashboard": {"title": "D", "uid": "d", "id": 1, "version": 1, "tags": ["a"]},
            "overwrite": True,
            "message": "m",
        },
    ),
    "folder": ("POST /api/folders", {"uid": "f", "title": "F", "parentUid": ""}),
    "folder update": ("PUT /api/folders/known", {"title": "F", "version": 1, "overwrite": True}),
    "data source": (
        "POST /api/datasources",
        {"name": "S", "type": "prometheus", "url": "http://127.0.0.1:1", "uid": "s"},
    ),
    "data source update": (
        "PUT /api/datasources/uid/known",
        # One that is read-only takes no more.
        {
            "name": "K",
            "type": "prometheus",
            "url": "",
            "secureJsonData": {"a": "b"},
            "isDefault": False,
            "readOnly": False,
        },
    ),
    "annotation": ("POST /api/annotations", {"text": "t", "time": 1, "timeEnd": 2, "tags": ["a"], "dashboardUID": "d"}),
    "service account": ("POST /api/serviceaccounts", {"name": "n", "role": "Viewer"}),
    "contact point": (
        "POST /api/v1/provisioning/contact-points",
        {"uid": "", "name": "n", "type": "slack", "settings": {"url": "u"}},
    ),
    "policies": (
        "PUT /api/v1/provisioning/policies",
        {
            "receiver": "grafana-default-email",
            "routes": [{"receiver": "x", "object_matchers": [["a", "=", "b"]], "repeat_interval": "4h"}],
        },
    ),
    "mute timing": (
        "POST /api/v1/provisioning/mute-timings",
        {
            "name": "n",
            "time_intervals": [
                {
                    "times": [{"start_time": "08:00", "end_time": "24:00"}],
                    "months": ["june:july"],
                    "weekdays": ["monday"],
                }
            ],
        },
    ),
    "template": ("PUT /api/v1/provisioning/templates/t", {"template": "hello", "version": ""}),
    "group": (
        "PUT /api/v1/provisioning/folder/known/rule-groups/g",
        {"title": "g", "interval": 60, "rules": [{"uid": "r", "title": "R", "data": [{"refId": "a", "model": {}}]}]},
    ),
    "rule": (
        "POST /api/v1/provisioning/alert-rules",
        {"uid": "r", "title": "R", "folderUID": "known", "ruleGroup": "g", "condition": "a", "data": [{"refId": "a"}]},
    ),
}
READ = (
    "/api/search",
    "/api/folders",
    "/api/datasources",
    "/api/annotations",
    "/api/v1/provisioning/alert-rules",
    "/api/v1/provisioning/contact-points",
    "/api/v1/provisioning/policies",
    "/api/v1/provisioning/mute-timings",
    "/api/v1/provisioning/templates",
    "/standin/status",
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with (
        GrafanaStandIn(admin_password="p", search_lag_seconds=0) as server,
        httpx.Client(base_url=server.url, auth=("admin", "p"), timeout=30) as client,
    ):
        client.post("/api/folders", json={"uid": "known", "title": "K"}).raise_for_status()
        client.post("/api/datasources", json={"uid": "known", "name": "K", "type": "prometheus"}).raise_for_status()
        yield client


def send(http: httpx.Client, what: str, body: str) -> httpx.Response:
    method, _, path = WRITES[what][0].partition(" ")
    return http.request(method, path, content=body, headers={"Content-Type": "application/json"})


def variants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one field at any depth replaced by something odd."""
    for key, value in body.items():
        yield from (body | {key: odd} for odd in ODD)
        if isinstance(value, dict):
            yield from (body | {key: inner} for inner in variants(value))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from (body | {key: [inner]} for inner in variants(value[0]))


@pytest.mark.parametrize("what", WRITES)
def test_no_field_of_any_kind_is_an_error_of_the_server(http: httpx.Client, what: str) -> None:
    for body in variants(WRITES[what][1]):
        answer = send(http, what, json.dumps(body))
        assert answer.status_code < 500 and answer.status_code != 401, (body, answer.text)
    for path in READ:
        assert http.get(path).status_code == 200, path


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "1",
        '"text"',
        "{",
        "\x00",
        '{"title": NaN}',
        '{"title": 1e999}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"dashboard":' + '{"a":' * 500 + "1" + "}" * 501,
        '{"a": ' + "9" * 10_000 + "}",
    ],
    ids=range(13),
)
def test_what_is_no_plain_json_object_is_bad_request_data(http: httpx.Client, what: str, body: str) -> None:
    answer = send(http, what, body)
    assert (answer.status_code, answer.json()["message"]) == (400, "bad request data")


def test_a_body_may_be_as_deep_as_an_answer_may_and_no_deeper(http: httpx.Client) -> None:
    inner = MAX_DEPTH - 1  # without the whole
    for depth, status in ((inner, 200), (inner + 1, 400)):
        board = (
            json.dumps({"title": "Deep", "uid": "deep"})[:-1] + ', "a": ' + '{"a":' * (depth - 1) + "1" + "}" * depth
        )
        assert send(http, "dashboard", f'{{"overwrite": true, "dashboard": {board}}}').status_code == status


def test_text_of_ten_megabytes_and_its_markup_come_back_as_they_are(http: httpx.Client) -> None:
    title = "<script>alert(1)</script>"
    board = {"uid": "large", "title": title, "description": "ü" * 5_000_000, "__proto__": {"polluted": True}}
    http.post("/api/dashboards/db", json={"dashboard": board}).raise_for_status()
    back = http.get("/api/dashboards/uid/large")
    assert back.headers["content-type"] == "application/json"
    assert {key: back.json()["dashboard"][key] for key in board} == board


def test_half_a_surrogate_pair_becomes_a_question_mark(http: httpx.Client) -> None:
    send(http, "dashboard", '{"dashboard": {"uid": "half", "title": "a\\ud800b\\ud83d\\ude00"}}').raise_for_status()
    assert http.get("/api/dashboards/uid/half").json()["dashboard"]["title"] == "a?b😀"


def test_a_body_without_end_is_413(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 1024 * 1024

    answer = http.post("/api/folders", content=endless())
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "query", ["limit=" + "9" * 5000, "page=" + "9" * 5000, "limit=٣", "limit=-1", "limit=0", "limit=x"]
)
@pytest.mark.parametrize("path", ["/api/search", "/api/folders", "/api/annotations"])
def test_numbers_that_are_none_are_not_an_error_of_the_server(http: httpx.Client, path: str, query: str) -> None:
    assert http.get(f"{path}?{query}").status_code in (200, 422)


@pytest.mark.parametrize(
    "header", ["Authorization: Basic \xff\xfe", "Authorization: Bearer \xff", "Authorization: Basic " + "A" * 9000]
)
def test_a_credential_of_any_bytes_is_401(http: httpx.Client, header: str) -> None:
    assert raw(http, "GET", "/api/org", f"{header}\r\n").startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "path", ["/api/dashboards/uid/%00", "/api/dashboards/uid/%ff", "/d/%ff", "/api/serviceaccounts/" + "9" * 5000]
)
def test_a_path_of_any_bytes_is_answered(http: httpx.Client, path: str) -> None:
    for method in ("GET", "DELETE", "POST"):
        assert int(raw(http, method, path).split()[1]) < 500


def test_requests_of_anybody_take_a_bounded_memory() -> None:
    with GrafanaStandIn() as server, httpx.Client(base_url=server.url) as client:
        for number in range(LOGGED_REQUESTS + 50):
            client.get(f"/api/{number}/" + "x" * 4000)
        assert len(server.requests) == LOGGED_REQUESTS
        assert server.requests[0].path.startswith("/api/50/x")
        assert {len(request.path) for request in server.requests} == {LOGGED_PATH_CHARACTERS}


BROKEN_URLS = ("http://[", "http://[::1", "http://x:99999999", "http://x:0", "http://", "http:// x", "http://\u2100/")


@pytest.mark.parametrize("url", BROKEN_URLS)
def test_a_data_source_with_a_broken_address_is_a_sentence(http: httpx.Client, url: str) -> None:
    uid = f"broken-{BROKEN_URLS.index(url)}"
    source = {"name": uid, "uid": uid, "type": "prometheus", "url": url, "isDefault": True}
    assert http.post("/api/datasources", json=source).status_code == 200
    assert http.get(f"/api/datasources/uid/{uid}/health").json()["status"] == "ERROR"
    assert http.get(f"/api/datasources/proxy/uid/{uid}/api/v1/query?query=1").status_code in (400, 502)
    assert http.get("/api/datasources").status_code == http.get("/standin/status").status_code == 200


def test_a_password_in_an_address_is_not_shown(http: httpx.Client) -> None:
    source = {"name": "P", "uid": "p", "type": "prometheus", "url": "http://user:s3cret@127.0.0.1:1/p"}
    answers = [http.post("/api/datasources", json=source)]
    answers += [http.get(path) for path in ("/api/datasources", "/api/datasources/uid/p", "/standin/status")]
    answers.append(http.get("/api/datasources/proxy/uid/p/api/v1/query?query=1"))
    assert not [answer for answer in answers if "s3cret" in answer.text]
    assert answers[2].json()["url"] == "http://127.0.0.1:1/p"


@pytest.mark.parametrize("tags", [5, "a", {"a": 1}])
def test_tags_that_a_database_could_not_give_back_are_refused(http: httpx.Client, tags: Any) -> None:
    assert http.post("/api/annotations", json={"text": "t", "tags": tags}).status_code == 400
