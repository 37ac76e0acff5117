"""Groups of rules in the namespace of a ruler that is asked directly: Mimir's API, as its documentation has it."""

import pytest
from starlette.responses import PlainTextResponse

from glassbox.errors import GlassboxError
from glassbox.prometheus.credential import PrometheusCredential
from glassbox.rule_places.group_changes import GroupAction
from glassbox.rule_places.mimir_ruler import MimirRuler
from glassbox.rule_places.ruler_push import RulerPlace, split
from glassbox.settings.model import Settings
from tests.support.fake_prometheus import fake_prometheus
from tests.support.ours import our_bundle
from tests.support.raw_server import raw_server
from tests.support.ruler_stand_in import ruler_stand_in


def file_of(name, *values, interval="30s"):
    rules = [
        {"record": f"all:{name}:sum{number or ''}", "expr": f"vector({value})"} for number, value in enumerate(values)
    ]
    return {f"{name}.yaml": {"groups": [{"name": name, "interval": interval, "rules": rules}]}}


@pytest.fixture
def ruler():
    with ruler_stand_in() as running:
        yield running


@pytest.fixture
def place(ruler):
    with MimirRuler(f"{ruler.url}/prometheus", None) as client:
        yield RulerPlace(client, "glassbox")


def test_a_ruler_that_is_not_there_is_one_sentence():
    with MimirRuler("http://127.0.0.1:1", None) as client, pytest.raises(GlassboxError) as refused:
        client.groups("glassbox")
    assert str(refused.value) == "The ruler at http://127.0.0.1:1 refused the connection: is Mimir running there?"


def actions(changes):
    return [(change.name, change.action) for change in changes]


def test_groups_are_created_changed_and_deleted_in_our_namespace_only(ruler, place):
    theirs = {"ours": {"name": "ones", "rules": []}}
    ruler.of()["others"] = theirs
    place.push(file_of("ones", 1) | file_of("old", 1) | file_of("same", 1), str)
    before = len(ruler.writes)
    changes = place.push(file_of("ones", 2) | file_of("same", 1) | file_of("new", 1), str)
    assert actions(changes) == [
        ("ones", GroupAction.UPDATE),
        ("same", GroupAction.KEEP),
        ("new", GroupAction.CREATE),
        ("old", GroupAction.DELETE),
    ]
    rules = "/prometheus/config/v1/rules/glassbox"
    assert ruler.writes[before:] == [("POST", rules), ("POST", rules), ("DELETE", f"{rules}/old")]
    assert sorted(ruler.of()["glassbox"]) == ["new", "ones", "same"]
    assert ruler.of()["glassbox"]["ones"]["rules"] == [{"record": "all:ones:sum", "expr": "vector(2)"}]
    assert ruler.of()["others"] == theirs
    assert {headers["content-type"] for headers in ruler.headers if "content-type" in headers} == {"application/yaml"}


def test_a_second_push_and_a_plan_write_nothing(ruler, place):
    place.push(file_of("ones", 1), str)
    writes = list(ruler.writes)
    assert {change.action for change in place.push(file_of("ones", 1), str)} == {GroupAction.KEEP}
    assert [change.action for change in place.plan(file_of("ones", 2))] == [GroupAction.UPDATE]
    assert ruler.writes == writes


def test_everything_of_ours_can_be_brought_and_is_split_where_the_ruler_limits_groups(ruler):
    """Mimir takes 20 rules a group and 70 groups."""
    bundle = our_bundle(Settings())
    with MimirRuler(ruler.url, None) as client:
        with pytest.raises(GlassboxError) as caught:
            RulerPlace(client, "glassbox").push(bundle.recording_rules, str)
        assert ruler.of().get("glassbox", {}) == {} and len([each for each in ruler.writes if each[0] == "POST"]) == 1
        RulerPlace(client, "glassbox", rules_per_group=20).push(bundle.recording_rules, str)
    sentence = str(caught.value)
    longest = max(len(group["rules"]) for file in bundle.recording_rules.values() for group in file["groups"])
    assert f'("per-user rules per rule group limit (limit: 20 actual: {longest}) exceeded")' in sentence
    assert "raise ruler_max_rules_per_rule_group of this tenant, or set ruler.rules_per_group to that limit" in sentence
    assert sentence.endswith("; the groups are as they were before.")
    held = ruler.of()["glassbox"].values()
    whole = [rule for file in bundle.recording_rules.values() for rule in file["groups"][0]["rules"]]
    assert sum(len(group["rules"]) for group in held) == len(whole) and max(len(group["rules"]) for group in held) == 20


def test_split_groups_keep_the_order_of_their_rules():
    (group,) = file_of("slo", *range(5))["slo.yaml"]["groups"]
    parts = split({"slo": group}, 2)
    assert [(name, len(part["rules"])) for name, part in parts.items()] == [("slo", 2), ("slo-2", 2), ("slo-3", 1)]
    assert [rule for part in parts.values() for rule in part["rules"]] == group["rules"]
    assert {part["interval"] for part in parts.values()} == {"30s"}
    assert split({"slo": group}, 0) == {"slo": group}
    with pytest.raises(GlassboxError, match="two groups of rules the same name"):
        split({"slo": group, "slo-2": group | {"name": "slo-2"}}, 3)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_write_that_fails_takes_the_others_back(ruler, place, failing):
    place.push(file_of("ones", 1) | file_of("old", 1), str)
    before = {name: dict(group) for name, group in ruler.of()["glassbox"].items()}
    ruler.refusals = [None] * failing + [PlainTextResponse("store is down", 500)]
    with pytest.raises(GlassboxError) as caught:
        place.push(file_of("ones", 2) | file_of("new", 1), str)
    assert '(500) ("store is down"): see its log; the groups are as they were before.' in str(caught.value)
    assert ruler.of()["glassbox"] == before
    place.push(file_of("ones", 2) | file_of("new", 1), str)
    assert sorted(ruler.of()["glassbox"]) == ["new", "ones"]


def test_where_the_old_groups_cannot_come_back_it_says_so(ruler, place):
    place.push(file_of("ones", 1), str)
    ruler.refusals = [PlainTextResponse("down", 500)] * 3
    with pytest.raises(GlassboxError, match="the groups from before could not be brought back, so run again"):
        place.push(file_of("ones", 2), str)


def test_a_namespace_that_only_others_use_is_left_alone(ruler, place):
    ruler.of()["glassbox"] = {"theirs": {"name": "theirs", "rules": []}}
    with pytest.raises(
        GlassboxError, match=r"holds other groups, such as 'theirs', and none of ours: set another ruler.namesp"
    ):
        place.push(file_of("ones", 1), str)
    assert ruler.writes == []


def test_what_was_written_is_read_back(ruler):
    """Somebody else may be writing there."""
    with MimirRuler(ruler.url, None) as client:
        put = client.put
        client.put = lambda namespace, group: put(namespace, group | {"interval": "90s"})
        place = RulerPlace(client, "glassbox", pause=lambda _: None)
        with pytest.raises(GlassboxError, match="accepted the group 'ones' and has another one"):
            place.push(file_of("ones", 1), str)
    assert ruler.of()["glassbox"] == {}


@pytest.mark.parametrize("path", ["", "/", "/prometheus", "/prometheus/"])
def test_the_address_of_the_server_and_that_of_the_data_source_both_do(ruler, path):
    with MimirRuler(f"{ruler.url}{path}", None) as client:
        RulerPlace(client, "glassbox").push(file_of("ones", 1), str)
    assert list(ruler.of()["glassbox"]) == ["ones"]


def test_cortex_has_the_same_at_another_place():
    with ruler_stand_in(cortex=True, rules_limit=0, groups_limit=0) as ruler, MimirRuler(ruler.url, None) as client:
        RulerPlace(client, "glassbox").push(file_of("ones", 1), str)
        assert list(ruler.of()["glassbox"]) == ["ones"]


def test_tenants_are_kept_apart_and_the_credential_is_sent_and_not_shown(monkeypatch):
    credential = PrometheusCredential("Bearer s3cret", ("s3cret",))
    with ruler_stand_in(tenants=True) as ruler:
        with MimirRuler(ruler.url, credential, "team-a") as client:
            RulerPlace(client, "glassbox").push(file_of("ones", 1), str)
            ruler.refusals = [PlainTextResponse("bad token s3cret", 403)]
            with pytest.raises(GlassboxError) as caught:
                RulerPlace(client, "glassbox").push(file_of("ones", 2), str)
        with (
            MimirRuler(ruler.url, None) as client,
            pytest.raises(GlassboxError, match=r'401.*"no org id".*ruler.tenant in the set'),
        ):
            RulerPlace(client, "glassbox").push(file_of("ones", 1), str)
    assert "s3cret" not in str(caught.value) and '("bad token ***")' in str(caught.value)
    assert list(ruler.state) == ["team-a"]
    assert {headers["authorization"] for headers in ruler.headers if "authorization" in headers} == {"Bearer s3cret"}


def test_a_server_without_a_ruler_is_told_apart():
    with ruler_stand_in(enabled=False) as ruler, fake_prometheus({"job": "a"}) as prometheus:
        for url in (ruler.url, prometheus.url):
            with (
                MimirRuler(url, None) as client,
                pytest.raises(GlassboxError, match="has no ruler API: start Mimir with"),
            ):
                RulerPlace(client, "glassbox").plan({})


@pytest.mark.parametrize(
    "body",
    [
        "glassbox: 5",
        "glassbox: [5]",
        "glassbox: [{name: a}]",
        "[1]",
        "&a [*a]",
        "a: [",
        "glassbox: [{name: a, rules: [1]}]",
    ],
)
def test_an_answer_of_another_shape_is_one_sentence(body):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nContent-Length: {len(body)}\r\n\r\n"
    sentence = "something other than groups of rules: check its address"
    with raw_server(lambda: [(head + body).encode()]) as server, MimirRuler(server.url, None) as client:
        place = RulerPlace(client, "glassbox")
        with pytest.raises(GlassboxError, match=sentence):
            place.plan(file_of("ones", 1))


@pytest.mark.parametrize("url", ["mimir:8080", "http://user:s3cret@mimir:8080", ""])
def test_an_address_that_is_none_is_refused_without_showing_it(url):
    with pytest.raises(GlassboxError, match="The URL of --mimir") as caught:
        MimirRuler(url, None)
    assert "s3cret" not in str(caught.value)
