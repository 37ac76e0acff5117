"""The Grafana client against a server that misbehaves on purpose."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from niquests.adapters import HTTPAdapter

from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.answers import error_text
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import BasicAuth, Token, grafana_credential
from glassbox.grafana.failures import GrafanaError
from glassbox.http.retries import Patience
from glassbox.settings.model import CredentialVariables

TOKEN = "glsa_do-not-show-me"
PASSWORD = "pa55-do-not-show-me"
HTML = "<!DOCTYPE html><title>Grafana</title>"


@dataclass(frozen=True)
class Reply:
    """What the server answers once; a body that is not text is sent as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class Misbehaving(ThreadingHTTPServer):
    """Answers with `replies` in order, the last one for ever; `hang_up` closes instead, `stall` waits for the end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [Reply(body={})]
        self.seen: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.connections: set[Any] = set()
        self.hang_up = False
        self.hang_up_after_reply = False
        self.stall = False
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, *replies: Reply) -> None:
        self.replies = list(replies)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Misbehaving

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path))
        self.server.headers.append(dict(self.headers))
        self.server.bodies.append(json.loads(body) if body else None)
        self.server.connections.add(self.client_address)
        if self.server.stall:
            self.server.ended.wait()
        if self.server.hang_up or self.server.stall:
            self.close_connection = True
            return
        replies = self.server.replies
        self.write(replies.pop(0) if len(replies) > 1 else replies[0])
        self.close_connection = self.close_connection or self.server.hang_up_after_reply

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # the names http.server calls

    def write(self, reply: Reply) -> None:
        content = reply.content()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output clean."""


def serve() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


server = pytest.fixture(serve, name="server")
other_server = pytest.fixture(serve, name="other_server")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries would have waited."""
    seconds: list[float] = []
    monkeypatch.setattr(Patience, "pause", staticmethod(seconds.append))
    return seconds


@pytest.fixture
def grafana(server: Misbehaving) -> Iterator[Grafana]:
    with Grafana(server.url, Token(TOKEN), timeout_seconds=5) as client:
        yield client


def save(grafana: Grafana) -> dict[str, Any]:
    return grafana.save_dashboard(
        {"uid": "serving", "title": "LLM serving"}, folder_uid="glassbox", message="pushed", overwrite=False
    )


def refused(call: Callable[[], object]) -> GrafanaError:
    with pytest.raises(GrafanaError) as caught:
        call()
    return caught.value


# --- what is sent and read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("health", "version"),
    [
        ({"database": "ok", "version": "12.0.0+security-01"}, (12, 0, 0)),
        ({"database": "ok", "version": "13.1.0-25457266576"}, (13, 1, 0)),
        ({"database": "ok", "version": "10.4.19"}, (10, 4, 19)),
        ({"database": "ok"}, None),
        ({"database": "ok", "version": f"{'9' * 5000}.1.1"}, None),
    ],
)
def test_version_is_the_leading_x_y_z(
    server: Misbehaving, grafana: Grafana, health: dict[str, str], version: tuple[int, int, int] | None
) -> None:
    server.answer(Reply(body=health))
    assert grafana.version() == version
    assert server.seen == [("GET", "/api/health")]


def test_organisation_sends_the_token_as_bearer(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(body={"id": 1, "name": "Main Org."}))
    assert grafana.organisation().name == "Main Org."
    assert server.seen == [("GET", "/api/org")]
    assert server.headers[0]["Authorization"] == f"Bearer {TOKEN}"


def test_a_password_beyond_latin_1_is_sent_as_utf_8(server: Misbehaving) -> None:
    server.answer(Reply(body={"name": "o"}))
    with Grafana(server.url, BasicAuth("admin", "пароль")) as grafana:
        grafana.organisation()
    assert server.headers[0]["Authorization"] == "Basic YWRtaW460L/QsNGA0L7Qu9GM"


def test_data_sources_keep_what_panels_need(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(
        Reply(body=[{"id": 1, "uid": "p", "name": "Prom", "type": "prometheus", "isDefault": True, "url": "x"}])
    )
    assert grafana.data_sources() == [DataSource("p", "Prom", "prometheus", True)]


def test_save_dashboard_always_sends_its_folder(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(body={"uid": "serving", "version": 2, "status": "success"}))
    assert save(grafana)["version"] == 2
    assert server.seen == grafana.writes == [("POST", "/api/dashboards/db")]
    assert server.bodies == [
        {
            "dashboard": {"uid": "serving", "title": "LLM serving"},
            "folderUid": "glassbox",
            "message": "pushed",
            "overwrite": False,
        }
    ]


def test_a_version_is_read_by_its_number(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(body={"version": 1, "message": "glassbox sha256:12"}))
    assert grafana.dashboard_version("serving", 1)["message"] == "glassbox sha256:12"
    assert server.seen == [("GET", "/api/dashboards/uid/serving/versions/1")]


def test_rename_folder_states_the_version_it_saw(server: Misbehaving, grafana: Grafana) -> None:
    grafana.rename_folder("glassbox", "LLM", 0)
    assert server.seen == [("PUT", "/api/folders/glassbox")]
    assert server.bodies == [{"title": "LLM", "version": 0, "overwrite": False}]


def test_path_parts_are_quoted_once(server: Misbehaving, grafana: Grafana) -> None:
    path = "/api/v1/provisioning/folder/f%2F1/rule-groups/my%20group%2Fa%3Fb%23c%25d"
    group = {"folderUid": "f/1", "title": "my group/a?b#c%d", "interval": 60, "rules": []}
    server.answer(Reply(body=group))
    assert grafana.rule_group("f/1", "my group/a?b#c%d") == group
    grafana.put_rule_group(group)
    assert server.seen == [("GET", path), ("PUT", path)]
    assert server.bodies[1] == group
    assert grafana.writes == [("PUT", path)]


@pytest.mark.parametrize("uid", ["", ".", ".."])
def test_a_uid_that_would_name_another_path_is_never_sent(server: Misbehaving, grafana: Grafana, uid: str) -> None:
    with pytest.raises(GlassboxError, match=f"^{re.escape(repr(uid))} cannot name"):
        grafana.dashboard(uid)
    assert server.seen == []


@pytest.mark.parametrize(("suffix", "base"), [("", ""), ("/", ""), ("/grafana", "/grafana"), ("/grafana/", "/grafana")])
def test_sub_path_and_trailing_slash_both_work(server: Misbehaving, suffix: str, base: str) -> None:
    server.answer(Reply(body={"name": "o"}))
    with Grafana(server.url + suffix, Token(TOKEN)) as grafana:
        grafana.organisation()
    assert grafana.url == server.url + base
    assert server.seen == [("GET", f"{base}/api/org")]


def test_one_connection_serves_all_and_is_closed_at_the_end(server: Misbehaving) -> None:
    server.answer(Reply(body={"name": "o"}))
    with Grafana(server.url, Token(TOKEN)) as grafana:
        for _ in range(5):
            grafana.organisation()
        assert len(server.connections) == 1
        adapter = grafana._transport.s.get_adapter(server.url)
        assert isinstance(adapter, HTTPAdapter)
        pools = adapter.poolmanager.pools
        assert len(pools) == 1
    assert len(pools) == 0


@pytest.mark.parametrize("status", [202, 204])
def test_an_empty_accepted_answer_is_success(server: Misbehaving, grafana: Grafana, status: int) -> None:
    server.answer(Reply(status, ""))
    grafana.put_rule_group({"folderUid": "f", "title": "g", "interval": 60, "rules": []})
    assert save(grafana) == {}


# --- absent or present -------------------------------------------------------------------------------------------

DENIED = {
    "accessErrorId": "ACE0123456789",
    "message": "You'll need additional permissions to perform this action. Permissions needed: dashboards:create",
    "title": "Access denied",
}


@pytest.mark.parametrize(
    "reply",
    [Reply(404, {"message": "not found"}), Reply(404, "null", {"Content-Type": "text/plain"}), Reply(403, DENIED)],
)
def test_what_grafana_does_not_show_reads_as_none(server: Misbehaving, grafana: Grafana, reply: Reply) -> None:
    server.answer(reply)
    assert (grafana.folder("f"), grafana.dashboard("d")) == (None, None)


def test_a_rule_group_that_may_not_be_read_is_not_an_absent_one(server: Misbehaving, grafana: Grafana) -> None:
    """Writing it would delete the rules that it holds."""
    server.answer(Reply(404, {"message": "not found"}))
    assert grafana.rule_group("f", "g") is None
    server.answer(Reply(403, DENIED))
    assert refused(lambda: grafana.rule_group("f", "g")).status == 403


def test_a_404_page_of_something_else_is_not_absence(server: Misbehaving, grafana: Grafana) -> None:
    """A wrong sub-path must not make every dashboard look new."""
    server.answer(Reply(404, HTML, {"Content-Type": "text/html"}))
    error = refused(lambda: grafana.dashboard("serving"))
    assert error.status == 404
    assert "answered 404 with HTML, not JSON: is the URL Grafana's own address" in str(error)


@pytest.mark.parametrize("status", [409, 412])
def test_create_folder_accepts_one_that_is_there(server: Misbehaving, grafana: Grafana, status: int) -> None:
    server.answer(Reply(status, {"message": "exists"}), Reply(body={"uid": "glassbox", "title": "Glassbox"}))
    grafana.create_folder("glassbox", "LLM")
    assert server.seen == [("POST", "/api/folders"), ("GET", "/api/folders/glassbox")]
    assert server.bodies[0] == {"uid": "glassbox", "title": "LLM"}


@pytest.mark.parametrize(("health", "has"), [({"version": "10.4.3"}, "has"), ({}, "may have")])
def test_create_folder_names_the_title_where_another_may_have_it(
    server: Misbehaving, grafana: Grafana, health: dict[str, str], has: str
) -> None:
    server.answer(
        Reply(409, {"message": "same title"}), Reply(404, {"message": "folder not found"}), Reply(body=health)
    )
    with pytest.raises(
        GlassboxError, match=rf"Grafana {has} another folder titled 'LLM', .* set grafana\.folder_title"
    ):
        grafana.create_folder("glassbox", "LLM")


@pytest.mark.parametrize("status", [409, 412])
def test_create_folder_says_what_grafana_said_where_titles_may_repeat(
    server: Misbehaving, grafana: Grafana, status: int
) -> None:
    health = Reply(body={"version": "12.4.0"})
    server.answer(Reply(status, {"message": "the object was changed"}), Reply(404, {"message": "not found"}), health)
    error = refused(lambda: grafana.create_folder("glassbox", "LLM"))
    assert (error.status, "the object was changed" in str(error), "titled" in str(error)) == (status, True, False)


DELETIONS = {
    "folder": lambda grafana: grafana.delete_folder("f"),
    "dashboard": lambda grafana: grafana.delete_dashboard("d"),
    "rule": lambda grafana: grafana.delete_rule("r", editable=True),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_only_a_404_of_grafana_itself_means_that_there_is_nothing_to_delete(
    server: Misbehaving, grafana: Grafana, delete: Callable[[Grafana], None]
) -> None:
    server.answer(Reply(404, {"message": "not found"}))
    delete(grafana)
    server.answer(Reply(403, DENIED))
    assert refused(lambda: delete(grafana)).status == 403
    server.answer(Reply(404, HTML, {"Content-Type": "text/html"}))
    assert "answered 404 with HTML" in str(refused(lambda: delete(grafana)))


# --- refusals ----------------------------------------------------------------------------------------------------

SENTENCES = [
    (
        Reply(401, {"statusCode": 401, "messageId": "api-key.expired", "message": "Expired API key"}),
        "api-key.expired",
        'POST /api/dashboards/db answered 401 ("Expired API key"): check GRAFANA_TOKEN or the file of --token-file, '
        "and create a new token if this one expired or was revoked.",
    ),
    (
        Reply(403, DENIED),
        "",
        'answered 403 ("Permissions needed: dashboards:create"): '
        "give the service account of this token the Editor role.",
    ),
    (Reply(403, {"message": "Quota reached"}), "", 'answered 403 ("Quota reached"): raise this organisation\'s quota'),
    (Reply(404, {"message": "Dashboard not found"}), "", "answered 404 (\"Dashboard not found\"): check its uid"),
    (
        Reply(412, {"message": "A dashboard with the same name in the folder already exists", "status": "name-exists"}),
        "name-exists",
        "another dashboard of that folder has its title, which Grafana before 11.3 allows once: rename or move that one, then run again",
    ),
    (
        Reply(400, {"message": "Dashboard name cannot be the same as folder", "status": "name-match"}),
        "name-match",
        "a folder has its title, which Grafana before 11.3 does not allow a dashboard: rename that folder, then run again",
    ),
    (
        Reply(400, {"message": "[alerting.alert-rule.conflict] conflicting alert rule found [title: 'A']: rule title under the same organisation and folder should be unique"}),
        "",
        "another rule of that folder has its title, which Grafana before 12 allows once: rename or move that one, then run again",
    ),
    (
        Reply(412, {"message": "changed by someone else", "status": "version-mismatch"}),
        "version-mismatch",
        'answered 412 ("changed by someone else"): it exists or was changed after it was read, so run again',
    ),
    (Reply(409, {"message": "Dashboard already exists."}), "", 'answered 409 ("Dashboard already exists"): it exists'),
    (
        Reply(400, {"message": "Dashboard title cannot be empty", "status": "empty-name"}),
        "empty-name",
        'answered 400 ("Dashboard title cannot be empty"): correct it at its source and push again.',
    ),
    (Reply(422, {"message": "limit too high"}), "", 'answered 422 ("limit too high"): correct it at its source'),
    (Reply(413, HTML, {"Content-Type": "text/html"}), "", "answered 413: split it, or raise the limit of the proxy"),
    (Reply(406, {"message": "not convertible"}), "", 'answered 406 ("not convertible"): somebody saved it in schema v2, which this API does not return: choose an older version'),
    (Reply(429, {"message": "slow down"}), "", 'answered 429 ("slow down"): Grafana asks for fewer requests even after retries'),
    (Reply(500, {"message": "Server Error"}), "", 'answered 500 ("Server Error"): see Grafana\'s log.'),
    (
        Reply(503, HTML, {"Content-Type": "text/html"}),
        "",
        "answered 503: Grafana or the proxy in front of it is not ready, so wait until GET /api/health answers 200, "
        "then run again; it was not repeated because it may have been carried out",
    ),
    (
        Reply(418, {"kind": "Status", "reason": "Odd", "message": "bad", "details": {"causes": [{"message": "x"}]}}),
        "Odd",
        'answered 418 ("bad, x"): correct it',
    ),
    (Reply(200, HTML, {"Content-Type": "text/html"}), "",
     "POST /api/dashboards/db answered with HTML, not JSON: "
     "is the URL Grafana's own address, including its sub-path?"),
    (Reply(200, "Ok", {"Content-Type": "text/plain; charset=utf-8"}), "", "answered with text/plain, not JSON: is"),
    (Reply(200, "[" * 100_000), "", "answered with application/json, not JSON: is the URL"),
    (Reply(200, ""), "", "answered with an empty body, not JSON: is the URL"),
    (Reply(200, ["x"]), "", "answered with JSON that is not Grafana's (it is not an object): is the URL Grafana's own address?"),
]  # fmt: skip  # a row is a case


@pytest.mark.parametrize(("reply", "message_id", "sentence"), SENTENCES, ids=lambda value: str(value)[:40])
def test_a_refused_write_names_object_request_and_remedy(
    server: Misbehaving, grafana: Grafana, reply: Reply, message_id: str, sentence: str
) -> None:
    server.answer(reply)
    error = refused(lambda: save(grafana))
    assert str(error).startswith("dashboard serving: POST /api/dashboards/db answered ")
    assert sentence in str(error)
    assert "\n" not in str(error)
    assert str(error)[-1] in ".?"
    assert (error.status, error.method, error.path) == (reply.status, "POST", "/api/dashboards/db")
    assert error.message_id == message_id
    assert server.url not in str(error)


@pytest.mark.parametrize(
    ("permission", "call", "role"),
    [
        ("datasources:read", lambda grafana: grafana.data_sources(), "the Viewer role"),
        ("orgs:read", lambda grafana: grafana.organisation(), "the Viewer role"),
        ("folders:create", lambda grafana: grafana.create_folder("f", "F"), "the Editor role"),
        ("any of alert.provisioning:write", lambda grafana: grafana.put_rule_group({"folderUid": "f", "title": "g"}),
         "the Admin role (or fixed:alerting.provisioning:writer)"),
    ],
)  # fmt: skip  # a row is a case
def test_403_names_the_role_that_suffices(
    server: Misbehaving, grafana: Grafana, permission: str, call: Callable[[Grafana], object], role: str
) -> None:
    server.answer(Reply(403, {**DENIED, "message": f"Permissions needed: {permission}"}))
    error = refused(lambda: call(grafana))
    assert f'("Permissions needed: {permission}"): give the service account of this token {role}' in str(error)


def test_rules_provisioned_elsewhere_are_named_as_the_cause(server: Misbehaving, grafana: Grafana) -> None:
    group = {"folderUid": "f", "title": "g"}
    server.answer(Reply(409, {"messageId": "alerting.provenanceMismatch", "message": "needs 'file'"}))
    assert "provisioned elsewhere" in str(refused(lambda: grafana.put_rule_group(group)))
    server.answer(Reply(500, {"message": "Internal Server Error"}))
    assert "versions 10 and 11 also answer this for rules" in str(refused(lambda: grafana.put_rule_group(group)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"message": "m", "traceID": "t"}, ("m", "")),
        ({"error": "boom"}, ("boom", "")),
        ({"message": "m", "status": "name-exists"}, ("m", "name-exists")),
        ({"statusCode": 401, "messageId": "api-key.invalid", "message": "m"}, ("m", "api-key.invalid")),
        ({"accessErrorId": "ACE1", "title": "Access denied", "message": "m"}, ("m", "")),
        (
            {"kind": "Status", "status": "Failure", "message": "m", "reason": "Conflict", "details": {"uid": "a.b"}},
            ("m", "a.b"),
        ),
        ({"kind": "Status", "status": "Failure", "message": "m", "reason": "Conflict"}, ("m", "Conflict")),
        (None, ("", "")),
        ("<html>", ("", "")),
        ({}, ("", "")),
        ({"message": None, "details": "odd", "status": 7}, ("", "7")),
    ],
)
def test_every_shape_of_error_body_is_read(body: Any, expected: tuple[str, str]) -> None:
    assert error_text(body) == expected


def test_parallel_calls_name_their_own_object(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(400, {"message": "no"}))
    uids = [f"d{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        errors = list(pool.map(lambda uid: refused(lambda: grafana.dashboard(uid)), uids))
    assert [(str(error).split(":")[0], error.path) for error in errors] == [
        (f"dashboard {uid}", f"/api/dashboards/uid/{uid}") for uid in uids
    ]


def test_a_call_keeps_its_subject_while_another_begins(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(400, {"message": "no"}))
    first, second = (grafana._transport.about(f"dashboard {uid}") for uid in "ab")
    assert str(refused(lambda: first.GET("/search"))).startswith("dashboard a: ")
    assert str(refused(lambda: second.GET("/search"))).startswith("dashboard b: ")


# --- redirects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_error_and_its_target_sees_nothing(
    server: Misbehaving, other_server: Misbehaving, grafana: Grafana, status: int
) -> None:
    server.answer(Reply(status, "", {"Location": f"{other_server.url}/grafana/api/dashboards/db"}))
    error = refused(lambda: save(grafana))
    assert f"answered {status} to {other_server.url}/grafana/api/dashboards/db" in str(error)
    assert str(error).endswith(f"use {other_server.url}/grafana as the URL.")
    assert refused(grafana.organisation).status == status
    assert other_server.seen == []
    assert len(server.seen) == 2


def test_a_redirect_shows_no_secret_of_its_location(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(302, "", {"Location": f"http://u:{PASSWORD}@h/login?auth_token={TOKEN}"}))
    error = refused(grafana.organisation)
    assert "answered 302 to http://h/login, and redirects are not followed: use that URL" in str(error)
    assert PASSWORD not in str(error)
    assert TOKEN not in str(error)


@pytest.mark.parametrize(
    ("location", "sentence"),
    [("", "answered 302 to no address, and redirects are not followed"), ("http://[::1", "that is not valid HTTP")],
)
def test_a_redirect_to_nowhere_is_still_one_sentence(
    server: Misbehaving, grafana: Grafana, location: str, sentence: str
) -> None:
    server.answer(Reply(302, "", {"Location": location}))
    assert sentence in str(refused(grafana.organisation))


# --- retries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_three_times(server: Misbehaving, grafana: Grafana, waits: list[float], status: int) -> None:
    server.answer(Reply(status, {"message": "busy"}))
    assert refused(grafana.organisation).status == status
    assert len(server.seen) == 4
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1 <= waits[2] <= 2


def test_a_read_succeeds_once_the_server_recovers(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(503, HTML), Reply(502, HTML), Reply(body={"name": "Main Org."}))
    assert grafana.organisation().name == "Main Org."
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_write_is_not_repeated_on_a_server_error(
    server: Misbehaving, grafana: Grafana, waits: list[float], status: int, headers: dict[str, str]
) -> None:
    server.answer(Reply(status, {"message": "busy"}, headers))
    assert refused(lambda: save(grafana)).status == status
    assert (len(server.seen), waits) == (1, [])


def test_a_read_is_not_repeated_on_500(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(500, {"message": "Internal Server Error"}))
    assert refused(grafana.organisation).status == 500
    assert len(server.seen) == 1


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("30", 30.0), (" 2 ", 2.0)])
def test_a_write_waits_as_429_asks_up_to_30_seconds(
    server: Misbehaving, grafana: Grafana, waits: list[float], asked: str, waited: float
) -> None:
    server.answer(Reply(429, {}, {"Retry-After": asked}), Reply(body={"version": 1}))
    assert save(grafana) == {"version": 1}
    assert server.bodies[0] == server.bodies[1]
    assert waits == [waited]
    assert grafana.writes == [("POST", "/api/dashboards/db")]


def test_a_server_that_asks_for_an_hour_is_not_waited_for(
    server: Misbehaving, grafana: Grafana, waits: list[float]
) -> None:
    server.answer(Reply(429, {}, {"Retry-After": "3600"}))
    assert "answered 429: Grafana asks to wait 3600 s, so run again after that." in str(refused(grafana.organisation))
    assert (len(server.seen), waits) == (1, [])


@pytest.mark.parametrize("nonsense", ["soon", "-5", "0"])
def test_a_useless_retry_after_falls_back_to_backoff(
    server: Misbehaving, grafana: Grafana, waits: list[float], nonsense: str
) -> None:
    server.answer(Reply(429, {}, {"Retry-After": nonsense}), Reply(body={"name": "o"}))
    assert grafana.organisation().name == "o"
    assert 0.25 <= waits[0] <= 0.5


def test_a_lost_connection_repeats_reads_only(server: Misbehaving, grafana: Grafana) -> None:
    server.hang_up = True
    error = refused(grafana.organisation)
    assert error.status is None
    assert "lost its connection before an answer came" in str(error)
    assert "carried out" not in str(error)
    assert len(server.seen) == 4
    error = refused(lambda: save(grafana))
    assert "lost its connection before an answer came" in str(error)
    assert "it was not repeated because it may have been carried out" in str(error)
    assert len(server.seen) == 5


def test_an_answer_cut_short_is_a_lost_connection(server: Misbehaving, grafana: Grafana) -> None:
    server.answer(Reply(200, "{}", {"Content-Length": "50", "Connection": "close"}))
    server.hang_up_after_reply = True
    assert "lost its connection before an answer came" in str(refused(grafana.organisation))


# --- no answer ---------------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_a_closed_port_is_tried_four_times_also_for_writes(waits: list[float]) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with Grafana(url, Token(TOKEN)) as grafana:
        error = refused(lambda: save(grafana))
    assert (
        str(error)
        == f"dashboard serving: POST /api/dashboards/db at {url} refused the connection: is Grafana running there?"
    )
    assert (error.status, len(waits)) == (None, 3)


def test_a_server_that_never_answers_is_left_after_the_timeout(server: Misbehaving) -> None:
    server.stall = True
    with Grafana(server.url, Token(TOKEN), timeout_seconds=0.1) as grafana:
        error = refused(grafana.organisation)
        assert "got no answer within 0.1 s" in str(error)
        assert "may have been carried out" in str(refused(lambda: save(grafana)))
    assert [method for method, _ in server.seen] == ["GET", "POST"]


def test_an_address_that_does_not_connect_names_the_firewall(waits: list[float]) -> None:
    """A full backlog drops new connections, as a firewall does."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with Grafana(url, Token(TOKEN), timeout_seconds=0.1) as grafana:
            error = refused(grafana.organisation)
    assert f"at {url} could not connect within 0.1 s: check the address and the firewall." in str(error)
    assert len(waits) == 3


def test_an_unknown_host_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with Grafana("http://grafana.invalid", Token(TOKEN)) as grafana:
        assert "at http://grafana.invalid could not find the host" in str(refused(grafana.organisation))


def test_https_to_a_plain_port_is_an_error_of_tls(server: Misbehaving, waits: list[float]) -> None:
    with Grafana(server.url.replace("http", "https"), Token(TOKEN)) as grafana:
        assert "failed in TLS (wrong version number): does this port speak https?" in str(refused(grafana.organisation))
    assert waits == []


def test_a_proxy_that_is_down_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    address = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("http_proxy", f"http://u:{PASSWORD}@{address}")
    with Grafana("http://grafana.invalid", Token(TOKEN)) as grafana:
        error = refused(grafana.organisation)
    assert f"at http://grafana.invalid through the proxy {address} (http_proxy) failed: the proxy refused" in str(error)
    assert PASSWORD not in str(error)


@pytest.mark.parametrize(
    ("body", "read", "problem"),
    [
        ({}, lambda grafana: grafana.folder("f"), "uid is missing"),
        ({}, lambda grafana: grafana.dashboard("d"), "dashboard is missing"),
        ({"dashboard": {"uid": "d", "tags": 5, "version": 1}, "meta": {}}, lambda grafana: grafana.dashboard("d"), "dashboard.tags is not an array"),
        ({"dashboard": {"uid": "d", "version": True}, "meta": {}}, lambda grafana: grafana.dashboard("d"), "dashboard.version is not a whole number"),
        ({}, lambda grafana: grafana.rule_group("f", "g"), "title is missing"),
        ({"title": "g", "folderUid": "f", "interval": 60, "rules": [{}]}, lambda grafana: grafana.rule_group("f", "g"), "rules[0].uid is missing"),
        ([{}], lambda grafana: grafana.data_sources(), "[0].uid is missing"),
        ([{}], lambda grafana: grafana.alert_rules(), "[0].uid is missing"),
        ([{}], lambda grafana: grafana.dashboard_uids("f", "t"), "[0].uid is missing"),
    ],
)  # fmt: skip  # a row is a case
def test_json_of_another_shape_is_refused_where_it_enters(
    server: Misbehaving, grafana: Grafana, body: Any, read: Callable[[Grafana], object], problem: str
) -> None:
    server.answer(Reply(body=body))
    assert f"answered with JSON that is not Grafana's ({problem})" in str(refused(lambda: read(grafana)))


@pytest.mark.parametrize("body", [{"message": {"a": 1}}, {"message": [1]}, {"details": {"causes": 5}}, {"error": True}])
def test_no_python_text_of_a_servers_words_is_shown(server: Misbehaving, grafana: Grafana, body: Any) -> None:
    server.answer(Reply(400, body))
    assert "answered 400: " in str(refused(grafana.organisation))


def test_a_dashboard_with_nan_is_not_sent(server: Misbehaving, grafana: Grafana) -> None:
    error = refused(
        lambda: grafana.save_dashboard({"uid": "a", "x": float("nan")}, folder_uid="f", message="", overwrite=False)
    )
    assert "holds a value that JSON does not have" in str(error)
    assert server.seen == []


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [Token(TOKEN), BasicAuth("admin", PASSWORD)])
def test_secrets_a_server_echoes_are_hidden(server: Misbehaving, credential: Token | BasicAuth) -> None:
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        with Grafana(server.url, credential) as grafana:
            server.answer(Reply(body={"name": "o"}))
            grafana.organisation()
            sent = server.headers[-1]["Authorization"].split()[1]
            echo = f"bad {sent} of {credential.secrets[-1]}"
            server.answer(Reply(status, {"message": echo, "messageId": sent}))
            error = refused(partial(save, grafana))
        for text in (str(error), repr(error), error.message_id, repr(error.args), repr(grafana)):
            assert not any(secret in text for secret in (sent, TOKEN, PASSWORD))


def test_credentials_hide_their_secret_in_repr() -> None:
    assert repr(Token(TOKEN)) == "Token(variable='GRAFANA_TOKEN')"
    shown = repr(BasicAuth("admin", PASSWORD))
    assert shown.startswith("BasicAuth(user='admin'") and PASSWORD not in shown


@pytest.mark.parametrize("value", ["", "a b", "a\r\nX-Evil: 1", "a\tb", "tökén"])
def test_a_token_that_cannot_be_one_is_refused_unseen(value: str) -> None:
    with pytest.raises(GlassboxError, match="The Grafana token is empty, or holds a space") as caught:
        Token(value)
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(("user", "password"), [("", "p"), ("a:b", "p"), ("a", "p\nq")])
def test_a_user_or_password_that_cannot_be_sent_is_refused(user: str, password: str) -> None:
    with pytest.raises(GlassboxError, match="check GRAFANA_USER and GRAFANA_PASSWORD"):
        BasicAuth(user, password)


# --- the URL -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"http://admin:{PASSWORD}@localhost:3000", "holds a user name or a password"),
        (f"http://admin:{PASSWORD}/x@localhost:3000", "holds a user name or a password"),
        ("localhost:3000", "does not start with http:// or https://"),
        (PASSWORD, "does not start with http:// or https://"),
        ("ftp://localhost", "does not start with http:// or https://"),
        ("http://", "must be a scheme, a host, and at most a port and a path"),
        ("http://localhost:port", "must be a scheme, a host, and at most a port and a path"),
        ("http://localhost:99999", "must be a scheme, a host, and at most a port and a path"),
        ("http://[::1", "must be a scheme, a host, and at most a port and a path"),
        (f"http://localhost:3000/?orgId={PASSWORD}", "must be a scheme, a host, and at most a port and a path"),
        ("http://localhost:3000/#/x", "must be a scheme, a host, and at most a port and a path"),
        ("http://local host", "must be a scheme, a host, and at most a port and a path"),
    ],
)
def test_a_url_that_is_not_grafanas_address_is_refused_unseen(url: str, sentence: str) -> None:
    with pytest.raises(GlassboxError, match=sentence) as caught:
        Grafana(url, Token(TOKEN))
    assert PASSWORD not in str(caught.value)


def test_an_ipv6_address_keeps_its_brackets() -> None:
    url = f"http://[::1]:{closed_port()}"
    with Grafana(url + "/", Token(TOKEN)) as grafana:
        assert f"at {url} " in str(refused(grafana.organisation))


# --- where the credential comes from -------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("GRAFANA_TOKEN", "GRAFANA_USER", "GRAFANA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_token_file_wins_over_the_token_and_the_token_over_the_password(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("GRAFANA_USER", "admin")
    environment.setenv("GRAFANA_PASSWORD", PASSWORD)
    assert grafana_credential(None) == BasicAuth("admin", PASSWORD)
    environment.setenv("GRAFANA_TOKEN", "from-environment")
    assert grafana_credential(None) == Token("from-environment")
    file = tmp_path / "token"
    file.write_text("from-file\r\n", encoding="utf-8-sig")
    assert grafana_credential(file) == Token("from-file")


def test_where_other_variables_are_named_the_usual_ones_hold_the_credential_of_another_grafana(
    environment: pytest.MonkeyPatch,
) -> None:
    token, user = CredentialVariables(token="STAGING_TOKEN"), CredentialVariables(user="PROD_USER")
    for name in ("GRAFANA_TOKEN", "GRAFANA_USER", "GRAFANA_PASSWORD"):
        environment.setenv(name, PASSWORD)
    with pytest.raises(GlassboxError, match=r"set STAGING_TOKEN to .* with --token-file\.$"):
        grafana_credential(None, token)
    with pytest.raises(GlassboxError, match=r"^PROD_USER is not set: a log-in with a password needs PROD_USER and GRAFANA_PASSWORD"):  # fmt: skip  # one sentence
        grafana_credential(None, user)
    environment.delenv("GRAFANA_PASSWORD")
    with pytest.raises(GlassboxError, match=r": name a file .* with --token-file, or set PROD_USER and GRAFANA_PASSWORD\.$"):  # fmt: skip  # one sentence
        grafana_credential(None, user)
    environment.setenv("GRAFANA_PASSWORD", PASSWORD)
    environment.setenv("STAGING_TOKEN", "of-staging")
    environment.setenv("PROD_USER", "admin")
    assert grafana_credential(None, token) == Token("of-staging", "STAGING_TOKEN")
    assert grafana_credential(None, user) == BasicAuth("admin", PASSWORD, user)
    both = CredentialVariables("STAGING_TOKEN", "PROD_USER", "PROD_PASSWORD")
    assert grafana_credential(None, both) == Token("of-staging", "STAGING_TOKEN")


def test_without_a_credential_the_error_says_how_to_give_one(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GRAFANA_TOKEN", "")
    with pytest.raises(GlassboxError, match=r"set GRAFANA_TOKEN .* --token-file, or set GRAFANA_USER and GRAFANA_PASS"):
        grafana_credential(None)
    environment.setenv("GRAFANA_USER", "admin")
    with pytest.raises(GlassboxError, match=r"^GRAFANA_PASSWORD is not set"):
        grafana_credential(None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "is not text"),
        (f"{TOKEN}\n{TOKEN}".encode(), "holds a space, a line break"),
    ],
)
def test_a_useless_token_file_is_one_sentence(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GlassboxError, match=re.escape(sentence)) as caught:
        grafana_credential(file)
    assert TOKEN not in str(caught.value)


def test_a_folder_as_token_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GlassboxError, match=re.escape("cannot be read (Is a directory)")):
        grafana_credential(tmp_path)
