"""/api/v1/provisioning/alert-rules: single alert rules."""

import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance, synced_folders
from glassbox.standin.accounts import Role
from glassbox.standin.calls import Call, no_content
from glassbox.standin.refusals import empty, errutil, plain
from glassbox.standin.rule_checks import check_group_name, check_rule, check_titles
from glassbox.standin.rule_model import equal_queries, invalid, receive, shown, stored_queries
from glassbox.standin.state import Json, Rule, now

DEFAULT_INTERVAL_SECONDS = 60


def check_reader(call: Call) -> None:
    """Refuse a caller who may not read through the provisioning API."""
    if not call.behaviour.rules_open_to_others:
        call.forbid_unless(Role.Admin, "alert.provisioning:read")


def check_writer(call: Call) -> None:
    """Refuse a caller who may not write through the provisioning API."""
    if not call.behaviour.rules_open_to_others:
        call.forbid_unless(Role.Admin, "alert.provisioning:write")
    call.forbid_unless(Role.Editor, "alert.rules.provisioning:write")


def listed(call: Call) -> Response:
    """GET alert-rules"""
    check_reader(call)
    return JSONResponse([shown(rule) for rule in call.state.rules.values()])


def read(call: Call) -> Response:
    """GET alert-rules/:uid"""
    check_reader(call)
    return JSONResponse(shown(_find(call)))


def create(call: Call) -> Response:
    """POST alert-rules: the rule goes to the end of its group and takes the group's interval."""
    check_writer(call)
    body = _received(call)
    _check_place(call, body)
    group = call.state.group(body["folderUID"], body["ruleGroup"])
    interval = group[0].interval_seconds if group else DEFAULT_INTERVAL_SECONDS
    if body["uid"] in call.state.rules:
        raise _uid_taken(call, body["uid"])
    rule = new_rule(call, body, (body["folderUID"], body["ruleGroup"]), len(group), interval)
    check_titles([*call.state.rules.values(), rule], call.behaviour)
    call.state.rules[rule.uid] = rule
    return JSONResponse(shown(rule), HTTPStatus.CREATED)


def update(call: Call) -> Response:
    """PUT alert-rules/:uid: replaces every field; an omitted one becomes its zero value."""
    check_writer(call)
    rule = _find(call)
    status = call.behaviour.rule_put_provenance_mismatch_status
    provenance.check_rule_change(status, rule, provenance.requested(call), "update")
    body = _received(call) | {"uid": rule.uid}
    _check_place(call, body)
    changed = changed_rule(rule, body, (body["folderUID"], body["ruleGroup"]), rule.index, rule.interval_seconds)
    changed.provenance = provenance.requested(call)
    check_titles([*(other for other in call.state.rules.values() if other is not rule), changed], call.behaviour)
    call.state.rules[rule.uid] = changed
    return JSONResponse(shown(changed))


def delete(call: Call) -> Response:
    """DELETE alert-rules/:uid: 204, for an absent rule too."""
    check_writer(call)
    rule = call.state.rules.get(call.path("uid"))
    if rule is not None:
        status = call.behaviour.provenance_mismatch_status
        provenance.check_rule_change(status, rule, provenance.requested(call), "delete")
        del call.state.rules[rule.uid]
    return no_content()


def new_rule(call: Call, body: Json, place: tuple[str, str], index: int, interval_seconds: int) -> Rule:
    """A rule that does not exist yet, with a uid of its own when none was sent."""
    uid = body["uid"] or secrets.token_hex(7)
    content = content_of(body)
    return Rule(uid, next(call.state.ids), *place, index, interval_seconds, provenance.requested(call), content)


def changed_rule(rule: Rule, body: Json, place: tuple[str, str], index: int, interval_seconds: int) -> Rule:
    """The rule after a write: the same object when nothing changed, else a new one with the next version."""
    content = content_of(body)
    same_place = (rule.folder_uid, rule.group, rule.index, rule.interval_seconds) == (*place, index, interval_seconds)
    if same_place and content == rule.body and equal_queries(body["data"], rule.body["data"]):
        return rule
    return Rule(rule.uid, rule.id, *place, index, interval_seconds, rule.provenance, content, rule.version + 1, now())


def check_receiver(call: Call, body: Json) -> None:
    """Refuse notification settings whose contact point does not exist."""
    settings = body["notification_settings"]
    known = {point["name"] for point in call.state.contact_points.values()}
    if settings is not None and settings.get("receiver") not in known:
        raise invalid(f"invalid notification settings: receiver '{settings.get('receiver')}' does not exist")


def content_of(body: Json) -> Json:
    """The stored fields of a received rule."""
    kept = {key: value for key, value in body.items() if key not in ("uid", "folderUID", "ruleGroup")}
    return kept | {"data": stored_queries(body["data"])}


def _received(call: Call) -> Json:
    try:
        body = receive(call.json, call.behaviour)
    except ValueError as error:
        raise plain(HTTPStatus.BAD_REQUEST, f"{error}") from None
    check_rule(body, call.behaviour)
    check_receiver(call, body)
    return body


def _check_place(call: Call, body: Json) -> None:
    check_group_name(body["ruleGroup"])
    if not body["folderUID"]:
        raise invalid("folderUID must be set")
    if body["folderUID"] not in call.state.folders:
        raise invalid("folder does not exist")
    synced_folders.check_rules(call, body["folderUID"])


def _uid_taken(call: Call, uid: str) -> Exception:
    message = f"Failed to save alert rule '{uid}' in organization 1 due to conflict: rule UID is already used"
    if call.behaviour.rule_conflict_status == HTTPStatus.CONFLICT:
        return errutil(HTTPStatus.CONFLICT, "alerting.alert-rule.conflict", message)
    return plain(call.behaviour.rule_conflict_status, message)


def _find(call: Call) -> Rule:
    rule = call.state.rules.get(call.path("uid"))
    if rule is None:
        raise empty(HTTPStatus.NOT_FOUND)
    return rule
