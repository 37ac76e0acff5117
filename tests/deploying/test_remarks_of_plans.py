"""What a plan says that it brings with it: only what its changes will do, since those that others edited are kept."""

import pytest

from glassbox.deploying.apply import apply
from glassbox.deploying.plan import plan
from glassbox.deploying.plan_json import plan_json
from glassbox.deploying.plan_markdown import plan_markdown
from glassbox.deploying.plan_text import plan_lines
from glassbox.deploying.plan_words import remarks
from glassbox.deploying.selection import EVERYTHING, Selection
from tests.support.pushing import deployment, planned, push
from tests.support.rules_folders import APART, IN_ONE, IN_TWO, TOGETHER, someones
from tests.support.small_bundle import board, bundle, edited, grafana_of, group, settings_of

STAYS = "Folder 'rules' held alert rules of ours, and stays: delete it in Grafana if nobody needs it."
ANEW = "Grafana evaluates rules anew that move to another folder: what fires resolves, and fires again after its `for`."
IN_FOLDER = settings_of()
FEWER = bundle([board("a")], [group("engine", "Down")])


@pytest.fixture
def apart(servers):
    """A server whose rules are in a folder of their own, which the next push leaves."""
    server, grafana = servers
    push(grafana, APART, IN_TWO)
    return server, grafana


def label(server, *uids):
    for uid in uids:
        server.state.rules[uid].body["labels"] = {"severity": "mine"}


def said(made, *, force=False):
    """What text, Markdown and JSON say, which has to be the same."""
    allowed = made.allowed(force=force)
    told = remarks(made, allowed)
    assert [line.text.strip() for line in plan_lines(made, allowed) if line.colour == "cyan"] == told
    if not force:
        assert plan_json(made, EVERYTHING, prune=True)["remarks"] == told
        assert plan_markdown(made).count("held alert rules of ours") == told.count(STAYS)
    return told


def test_a_folder_that_will_be_empty_is_named(apart):
    _, grafana = apart
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW, STAYS]
    assert said(planned(grafana, TOGETHER, bundle([board("a")]))) == [STAYS]
    assert said(planned(grafana, TOGETHER, FEWER)) == [ANEW, STAYS]


@pytest.mark.parametrize("version", ["12.4.0", "13.2.0"])
def test_a_folder_that_will_be_empty_is_to_be_deleted_where_it_is_managed(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, APART, IN_TWO)
        server.state.folders["rules"].managed_by = "terraform"
        made = planned(grafana, TOGETHER, IN_ONE)
        stays = STAYS.replace("delete it in Grafana", "Terraform manages it, so delete it there")
        assert remarks(made, made.allowed(force=False)) == [ANEW, stays]


@pytest.mark.parametrize(
    ("by", "to_do"),
    [
        ("", "Delete it in Grafana if nobody needs it."),
        ("terraform", "Terraform manages it: delete it there if nobody needs it."),
    ],
)
def test_what_lacks_our_mark_is_to_be_deleted_where_it_is_managed(by, to_do):
    with grafana_of("13.2.0") as (server, grafana):
        push(grafana, IN_FOLDER, bundle([board("a"), board("b")], [group("g", "A"), group("h", "B")]))
        edited(server, "glassbox-b", tags=["glassbox"])
        server.state.dashboards["glassbox-b"].manager = {"grafana.app/managedBy": by} if by else {}
        server.state.rules["glassbox-B"].body["annotations"] = {}
        server.state.rules["glassbox-B"].provenance = by
        made = planned(grafana, IN_FOLDER, bundle([board("a")], [group("g", "A")]))
        rest = f"is left alone: it lacks our mark, so it may be somebody's own. {to_do}"
        assert list(made.remarks) == [f"Dashboard 'B' (glassbox-b) {rest}", f"Rule 'B' (glassbox-B) {rest}"]


def test_a_folder_where_an_edited_group_stays_is_named_with_force_alone(apart):
    server, grafana = apart
    label(server, "glassbox-Down")
    made = planned(grafana, TOGETHER, IN_ONE)
    assert (said(made), said(made, force=True)) == ([ANEW], [ANEW, STAYS])
    apply(grafana, made, made.allowed(force=False), lambda _change: None)
    made = planned(grafana, TOGETHER, IN_ONE)
    assert (said(made), said(made, force=True)) == ([], [ANEW, STAYS])


def test_a_folder_where_rules_stay_without_prune_is_not_named(apart):
    _, grafana = apart
    assert said(planned(grafana, TOGETHER, FEWER, prune=False)) == [ANEW]
    push(grafana, TOGETHER, FEWER, prune=False)
    assert said(planned(grafana, TOGETHER, FEWER, prune=False)) == []
    assert said(planned(grafana, TOGETHER, FEWER)) == [STAYS]


def test_a_folder_where_rules_stay_that_only_leaves_out_is_not_named(apart):
    _, grafana = apart
    made = plan(grafana, deployment(grafana, TOGETHER, IN_ONE), Selection("rule-group/queue"))
    assert said(made) == [ANEW]
    apply(grafana, made, made.pending, lambda _change: None)
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW, STAYS]


def test_a_folder_that_holds_rules_or_boards_of_others_is_not_named(apart):
    server, grafana = apart
    someones(grafana, "rules", "theirs", "their group")
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW]
    del server.state.rules["theirs"]
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW, STAYS]
    grafana.save_dashboard(board("b") | {"uid": "b"}, folder_uid="rules", message="", overwrite=False)
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW]


def test_a_folder_that_is_gone_or_that_may_not_be_counted_is_not_named(apart):
    server, grafana = apart
    server.faults.answer("/api/folders/rules/counts", status=403, body={"message": "no"})
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW]
    del server.state.folders["rules"]
    assert said(planned(grafana, TOGETHER, IN_ONE)) == [ANEW]


def test_a_title_that_somebody_chose_and_that_is_kept_evaluates_nothing_anew():
    with grafana_of() as (server, grafana):
        push(grafana, TOGETHER, IN_ONE)
        folder = server.state.folders["glassbox"]
        folder.title, folder.updated_by, folder.created_by = "Mine", "bob", "admin"
        made = planned(grafana, settings_of(title="Renamed"), IN_ONE)
        assert (said(made), len(said(made, force=True))) == ([], 1)
