"""`plan` as its users and their CI see it: reads only, exit codes, text, Markdown, JSON by its schema, a saved plan."""

import errno
import io
import json
import os
import sys
from pathlib import Path

import jsonschema
import pytest

from glassbox.cli import main as command_line
from glassbox.deploying import plan_json
from glassbox.deploying.plan_markdown import plain_markdown
from glassbox.deploying.selection import Selection
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.rule_marks import marked
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_bundle import TOKENS, VERSIONS, edited, group, rule
from tests.support.small_content import PRODUCT

SCHEMA = json.loads(Path(plan_json.__file__).with_name("plan.schema.json").read_text(encoding="utf-8"))
BOARD = "glassbox-queue"
HOSTILE = "Mine \x1b[31m\x1b]0;x\x07 | @team <b>\n# `x` \u202e[a](http://x)"


@pytest.fixture(params=VERSIONS)
def server(request, monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(version=request.param, tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as running:
        yield running


@pytest.fixture
def run(server, capsys):
    """Run the command line against the server; its exit code, stdout and stderr."""

    def with_arguments(*arguments):
        code = command_line.main(PRODUCT, [*arguments, "--grafana", server.url])
        return code, *capsys.readouterr()

    return with_arguments


def writes(server):
    return len(server.writes)


def test_a_plan_counts_what_a_push_would_create_and_writes_nothing(server, run):
    code, out, _ = run("plan")
    lines = out.splitlines()
    assert (code, writes(server)) == (2, 0)
    assert lines[0].endswith(f" at {server.url}, organisation 'Main Org.', folder 'glassbox'")
    assert lines[1:] == [
        "  + folder     Glassbox", "  + dashboard  Queue", "  + rule group queue",
        "Plan: 3 to create, 0 to update, 0 to delete, 0 unchanged.",
    ]  # fmt: skip  # a row is a line


def test_after_a_push_a_plan_is_empty(server, run):
    assert run()[0] == 0
    done = writes(server)
    assert run("plan")[:2] == (0, run("plan")[1])
    assert run("plan")[1].splitlines()[-1] == "Nothing to do: all 3 objects are up to date."
    assert writes(server) == done


def test_a_plan_of_an_edited_server_sends_reads_only(server, run):
    run()
    edited(server, BOARD, title="Mine")
    server.state.rules["glassbox-RequestsWaiting"].body["for"] = "1h"
    del server.state.folders["glassbox"]
    sent = len(server.requests)
    for form in ([], ["--json"], ["--markdown"]):
        assert run("plan", *form)[0] == 2
    assert {request.method for request in server.requests[sent:]} == {"GET"}


def test_a_transport_that_only_reads_refuses_every_write(server):
    with Grafana(server.url, Token("admin"), read_only=True) as grafana:
        attempts = (
            lambda: grafana.create_folder("a", "A"), lambda: grafana.rename_folder("a", "A", 1), lambda: grafana.delete_folder("a"),
            lambda: grafana.save_dashboard({"uid": "a"}, folder_uid="a", message="", overwrite=True),
            lambda: grafana.delete_dashboard("a"), lambda: grafana.put_rule_group({"folderUid": "a", "title": "a"}),
            lambda: grafana.delete_rule("a", editable=True),
        )  # fmt: skip  # a call is a case
        for attempt in attempts:
            with pytest.raises(GrafanaError, match="was not sent, since a plan only reads"):
                attempt()
        assert grafana.organisation().name == "Main Org."
    assert server.writes == []


def test_an_edit_is_told_with_who_when_and_what(server, run):
    run()
    panels = json.loads(json.dumps(server.state.dashboards[BOARD].spec["panels"]))
    panels[0]["description"] = "Mine."
    edited(server, BOARD, author="alice", panels=panels)
    code, out, _ = run("plan")
    when = server.state.dashboards[BOARD].newest.created
    title = panels[0]["title"]
    assert code == 2
    assert f"      ! edited since our last push by alice, {when} ({title}: description " in out
    assert out.splitlines()[-1] == "Plan: 0 to create, 1 to update (of which 1 is kept), 0 to delete, 2 unchanged."


def test_json_has_the_whole_by_its_schema(server, run):
    run()
    edited(server, BOARD, title="Mine")
    code, out, _ = run("plan", "--json")
    plan = json.loads(out)
    jsonschema.validate(plan, SCHEMA, jsonschema.Draft202012Validator)
    (change,) = [each for each in plan["changes"] if each["action"] == "update"]
    assert (code, change["title"], change["edit"]["by"]) == (2, "Queue", "alice")
    assert change["differences"] == [{"part": "", "text": "title Mine -> Queue", "before": "Mine", "after": "Queue"}]
    assert plan["count"] == {"create": 0, "update": 1, "delete": 0, "keep": 2, "edited_by_others": 1}


def test_a_duration_that_somebody_set_is_compared_whatever_its_form(server, run):
    run()
    server.state.rules["glassbox-RequestsWaiting"].body["for"] = "1y"
    code, out, _ = run("plan")
    assert code == 2 and "for 1y -> 300 s" in out and "edited since our last push" in out
    assert run("--force", "--yes")[0] == 0
    assert run("plan")[0] == 0


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_what_others_wrote_commands_no_terminal(server, run, form):
    run()
    edited(server, BOARD, author="al\x1bice", title=HOSTILE)
    _, out, err = run("plan", *form)
    assert "al" in out and "ice" in out
    assert not [sign for sign in out + err if not (sign.isprintable() or sign == "\n")]


def test_markdown_holds_no_markup_of_others(server, run):
    run()
    edited(server, BOARD, title=HOSTILE)
    _, out, _ = run("plan", "--markdown")
    assert out.startswith("**Plan\\: 0 to create, 1 to update \\(of which 1 is kept\\), 0 to delete, 2 unchanged.**\n")
    assert "- **update** dashboard **Queue**" in out
    assert not [markup for markup in ("<b>", " @team", "`x`", "[a](") if markup in out]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@bob and &commat;bob", "＠bob and \\&commat;bob"),
        ("#12, a/b#12, gh-12, #llm", "＃12, a/b＃12, gh\u201112, \\#llm"),
        ("www.example.org http://example.org", "www\\.example.org http\\://example.org"),
        ("12. first", "12\\. first"),
        ("- item", "\\- item"),
        ("$a_b$ and 1.5 - 2", "\\$a\\_b\\$ and 1.5 - 2"),
        ("a\n# b", "a \\# b"),
    ],
)  # fmt: skip  # a row is a case
def test_no_text_of_others_becomes_a_link_a_mention_or_a_list(text, shown):
    assert plain_markdown(text) == shown


def test_a_saved_plan_is_carried_out_as_it_was_reviewed(server, run, tmp_path):
    file = tmp_path / "reviewed.json"
    assert run("plan", "--out", str(file))[0] == 2
    jsonschema.validate(json.loads(file.read_text()), SCHEMA)
    assert run("--plan", str(file))[0] == 0
    code, _, err = run("--plan", str(file))
    assert code == 1
    assert (
        "is out of date, since the server or the content has moved on: dashboard glassbox-queue, folder glassbox, "
        in err
    )


def test_a_saved_plan_is_refused_when_somebody_saved_since(server, run, tmp_path):
    run()
    edited(server, BOARD, title="Mine")
    file = tmp_path / "reviewed.json"
    run("plan", "--out", str(file))
    edited(server, BOARD, title="Mine again")
    done = writes(server)
    code, _, err = run("--plan", str(file), "--force", "--yes")
    assert (code, writes(server)) == (1, done)
    assert "moved on: dashboard glassbox-queue. Plan again, and review it." in err


@pytest.mark.parametrize("holder", ["viewer", "editor"])
def test_a_plan_that_another_credential_saved_is_pushed(server, run, tmp_path, monkeypatch, holder):
    run()
    edited(server, BOARD, refresh="7m")
    file = tmp_path / "reviewed.json"
    monkeypatch.setenv("GRAFANA_TOKEN", holder)
    assert run("plan", "--only", "dashboard/*", "--out", str(file))[0] == 2
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    assert run("--plan", str(file), "--force", "--yes")[0] == 0
    edited(server, BOARD, refresh="8m")
    code, _, err = run("--plan", str(file), "--force", "--yes")
    assert (code, "is out of date" in err) == (1, True)


@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 100000, '{"schema": "glassbox-plan/3"}', '{"schema": "glassbox-plan/2", "options": {"only": ""}}']
)  # fmt: skip  # a row is a case
def test_what_is_no_plan_is_refused(server, run, tmp_path, text):
    file = tmp_path / "reviewed.json"
    file.write_text(text)
    code, _, err = run("--plan", str(file))
    assert (code, server.writes) == (1, [])
    assert "is not a plan of this version (glassbox-plan/2): make it again with `plan --out`." in err


def test_a_plan_beside_what_it_holds_is_refused(run, tmp_path):
    assert "are in the plan already" in run("--plan", str(tmp_path / "p"), "--only", "x")[2]
    assert "cannot be read (No such file or directory)" in run("--plan", str(tmp_path / "p"))[2]


def test_only_takes_what_fits_and_the_folder(server, run):
    assert run("--only", "dashboard/*")[0] == 0
    assert [request.path for request in server.writes] == ["/api/folders", "/api/dashboards/db"]
    assert not any("provisioning" in request.path for request in server.requests)
    assert "fits no object" in run("plan", "--only", "nothing*")[2]
    assert "  + rule group queue\n" in run("plan", "--only", "QUE*")[1]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("CPU/GPU", True), ("cpu/*", True), ("dashboard/CPU/GPU", True), ("dash*/c*", True), ("rule-group/*", False), ("GPU", False),
    ],
)  # fmt: skip  # a row is a case
def test_a_slash_in_a_title_is_not_taken_for_that_behind_a_kind(pattern, taken):
    selection = Selection(pattern)
    found = selection.has_kind("dashboard") and selection.takes("dashboard", "CPU/GPU", "glassbox-a")
    assert bool(found) == taken


def test_a_title_with_brackets_is_taken_as_it_is():
    assert Selection("Latency [p95]").takes("dashboard", "Latency [p95]", "glassbox-a")
    assert Selection("dashboard/latency [P95]").takes("dashboard", "Latency [p95]", "glassbox-a")
    assert not Selection("Latency [p95]").takes("dashboard", "Latency", "glassbox-a")


def test_nothing_is_deleted_without_a_yes(server, run):
    run()
    old = group("old") | {"rules": [marked(rule("Old", "old"), "glassbox", 60)]}
    with Grafana(server.url, Token("admin")) as grafana:
        grafana.put_rule_group(old, editable=True)
    code, out, err = run()
    assert code == 1 and "glassbox-Old" in server.state.rules
    assert "      deletes 1 rule: Old\n" in out
    assert "This deletes 1 object. There is no terminal to ask at: give --yes, or --no-prune to delete nothing." in err
    assert run("--no-prune")[0] == 0 and "glassbox-Old" in server.state.rules
    assert run("--yes")[0] == 0 and "glassbox-Old" not in server.state.rules


def test_an_edit_of_others_is_kept_until_force(server, run):
    run()
    edited(server, BOARD, title="Mine")
    code, out, _ = run()
    assert (code, server.state.dashboards[BOARD].title) == (2, "Mine")
    assert "Others edited dashboard Queue: not overwritten." in out
    assert "; kept without --force\n" in out
    _, out, err = run("--force")
    assert "This overwrites 1 object edited by others. There is no terminal to ask at: give --yes." in err
    assert out.splitlines()[-1] == "Plan: 0 to create, 1 to update, 0 to delete, 2 unchanged."
    assert "; overwritten, since --force is given\n" in out and "kept" not in out
    assert run("--force", "--yes")[0] == 0
    assert server.state.dashboards[BOARD].title == "Queue"
    assert run("plan")[0] == 0


def test_what_we_never_pushed_is_not_said_to_be_edited_since_our_push(server, run):
    with Grafana(server.url, Token("admin")) as grafana:
        grafana.create_folder("glassbox", "Theirs")
        theirs = {"uid": BOARD, "title": "Their board", "tags": ["glassbox"]}
        grafana.save_dashboard(theirs, folder_uid="", message="", overwrite=False)
    code, out, _ = run("plan")
    told = [line for line in out.splitlines() if line.startswith("      ! ")]
    assert (code, len(told)) == (2, 2)
    assert all(line.startswith("      ! may belong to somebody else, since nothing shows that we pushed it: last saved by ") for line in told)  # fmt: skip  # one sentence
    plan = json.loads(run("plan", "--json")[1])
    jsonschema.validate(plan, SCHEMA, jsonschema.Draft202012Validator)
    assert [each["edit"]["of_others"] for each in plan["changes"] if each["edit"]] == [True, True]
    code, out, _ = run()
    assert (code, server.state.folders["glassbox"].title, "Others edited" in out) == (2, "Theirs", False)
    assert "May belong to somebody else, and is not overwritten: folder Glassbox, dashboard Queue. Set another" in out


def test_an_edit_whose_pushed_version_is_no_longer_kept_is_still_an_edit(server, run):
    run()
    edited(server, BOARD, title="Mine")
    stored = server.state.dashboards[BOARD]
    del stored.versions[:-1]
    assert "! edited since our last push by alice" in run("plan")[1]


def test_markdown_of_an_empty_plan_says_once_that_there_is_nothing_to_do(server, run):
    run()
    code, out, _ = run("plan", "--markdown")
    assert (code, out.count("Nothing to do"), len(out.splitlines())) == (0, 1, 3)


class FullDisk(io.StringIO):
    def write(self, _text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_a_plan_that_cannot_be_printed_is_an_error_and_a_push_is_not(server, run, monkeypatch, form):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    code, _, err = run("plan", *form)
    assert (code, err.splitlines()[-1]) == (1, "stdout cannot be written (No space left on device): the rest of the result is not printed.")  # fmt: skip  # one case
    monkeypatch.setattr(sys, "stdout", FullDisk())
    assert run()[0] == 0 and BOARD in server.state.dashboards
