"""/api/v1/provisioning/folder/:folder/rule-groups/:group: whole groups, the way a deploy writes rules."""

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance, synced_folders
from glassbox.standin.calls import Call, no_content
from glassbox.standin.refusals import bad_request_data, errutil
from glassbox.standin.rule_checks import bad_interval, check_group_name, check_interval, check_rule, check_titles
from glassbox.standin.rule_model import echoed, invalid, receive, shown
from glassbox.standin.shapes import check_shape
from glassbox.standin.single_rules import changed_rule, check_reader, check_receiver, check_writer, new_rule
from glassbox.standin.state import Json, Rule

Place = tuple[str, str]


def read(call: Call) -> Response:
    """GET: the stored group."""
    check_reader(call)
    rules = _existing(call)
    folder_uid, name = _place(call)
    group = {"title": name, "folderUid": folder_uid, "interval": rules[0].interval_seconds}
    return JSONResponse(group | {"rules": [shown(rule) for rule in rules]})


def delete(call: Call) -> Response:
    """DELETE: 204; 404 for an unknown group."""
    check_writer(call)
    rules = _existing(call)
    provenance.check_group_change(call, rules, provenance.requested(call), "delete")
    for rule in rules:
        del call.state.rules[rule.uid]
    return no_content()


def put(call: Call) -> Response:
    """PUT: replaces the group; rules are matched by uid, and without `rules` only the interval changes.

    That the folder exists is not checked, and the answer is an echo of the request: both as in Grafana.
    """
    check_writer(call)
    request = call.json
    check_shape(request, {"interval": int})
    place, interval = _place(call), request.get("interval") or 0
    bodies = _received(call, request.get("rules"))
    check_interval(interval)
    check_group_name(place[1])
    synced_folders.check_rules(call, place[0])
    before = call.state.group(*place)
    after = _with_interval(before, interval) if bodies is None else _replaced(call, place, bodies, interval)
    _commit(call, before, after)
    return JSONResponse(_echo(place, interval, request.get("rules"), bodies))


def _received(call: Call, raw: Any) -> list[Json] | None:
    """The rules sent; on a duration that cannot be read Grafana goes on with a zero group, and refuses its interval."""
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise bad_request_data()
    try:
        return [receive(rule, call.behaviour) for rule in raw]
    except ValueError:
        raise bad_interval(0) from None


def _with_interval(rules: list[Rule], interval: int) -> list[Rule]:
    return [changed_rule(rule, rule.body, (rule.folder_uid, rule.group), rule.index, interval) for rule in rules]


def _replaced(call: Call, place: Place, bodies: list[Json], interval: int) -> list[Rule]:
    """The group's rules after the write; a uid that another group holds is moved here."""
    after: list[Rule] = []
    for index, body in enumerate(bodies):
        stored = call.state.rules.get(body["uid"])
        whole = _patched(body, stored) if stored else body
        check_rule(whole, call.behaviour)
        check_receiver(call, whole)
        if any(rule.uid == body["uid"] for rule in after):
            raise invalid(f"rule [{index}] has UID {body['uid']} that is already assigned to another rule")
        after.append(
            changed_rule(stored, whole, place, index, interval)
            if stored
            else new_rule(call, whole, place, index, interval)
        )
    return after


def _patched(body: Json, stored: Rule) -> Json:
    """What a group write leaves empty takes the stored value: title, states, and condition with data."""
    if body.get("record"):
        return body
    patched = {name: body[name] or stored.body[name] for name in ("title", "noDataState", "execErrState")}
    if not body["condition"] and not body["data"]:
        patched |= {"condition": stored.body["condition"], "data": stored.body["data"]}
    return body | patched


def _commit(call: Call, before: list[Rule], after: list[Rule]) -> None:
    """Test the result as a whole, then store it: all or nothing."""
    state, wanted = call.state, provenance.requested(call)
    kept = {rule.uid for rule in after}
    removed = [rule for rule in before if rule.uid not in kept]
    provenance.check_group_change(call, removed, wanted, "delete")
    provenance.check_group_change(call, [rule for rule in after if rule.uid in state.rules], wanted)
    affected = kept | {rule.uid for rule in removed}
    others = [rule for rule in state.rules.values() if rule.uid not in affected]
    check_titles([*others, *after], call.behaviour)
    left = {(state.rules[uid].folder_uid, state.rules[uid].group) for uid in kept if uid in state.rules}
    for rule in removed:
        del state.rules[rule.uid]
    for rule in after:
        rule.provenance = wanted
        state.rules[rule.uid] = rule
    for place in left:
        for index, rule in enumerate(state.group(*place)):
            rule.index = index


def _echo(place: Place, interval: int, raw: Any, bodies: list[Json] | None) -> Json:
    rules = None if bodies is None else [echoed(body, sent) for body, sent in zip(bodies, raw, strict=True)]
    return {"title": place[1], "folderUid": place[0], "interval": interval, "rules": rules}


def _place(call: Call) -> Place:
    return call.path("folder"), call.path("group")


def _existing(call: Call) -> list[Rule]:
    rules = call.state.group(*_place(call))
    if not rules:
        raise errutil(HTTPStatus.NOT_FOUND, "alerting.alert-rule.notFound", "Not found")
    return rules
