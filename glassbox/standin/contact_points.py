"""/api/v1/provisioning/contact-points: a flat list of integrations, grouped by name."""

import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance
from glassbox.standin.calls import Call
from glassbox.standin.policies import receivers_in_use
from glassbox.standin.refusals import RefusalError, errutil, plain
from glassbox.standin.saving import check_uid
from glassbox.standin.secret_settings import with_secrets_as
from glassbox.standin.shapes import check_shape
from glassbox.standin.single_rules import check_reader, check_writer
from glassbox.standin.state import Json

REDACTED = "[REDACTED]"


def listed(call: Call) -> Response:
    """GET: every integration, or those of one contact point with `?name=`; secrets are redacted."""
    check_reader(call)
    name = call.query("name")
    points = [point for point in call.state.contact_points.values() if name in ("", point["name"])]
    return JSONResponse([_shown(point) for point in sorted(points, key=lambda point: str(point["name"]))])


def create(call: Call) -> Response:
    """POST: 202; an existing name gets a second integration, as in Grafana."""
    check_writer(call)
    point = _received(call)
    point["uid"] = point["uid"] or secrets.token_hex(7)
    if point["uid"] in call.state.contact_points:
        raise _invalid(f"receiver configuration with UID '{point['uid']}' already exist")
    call.state.contact_points[point["uid"]] = point
    return JSONResponse(_shown(point), HTTPStatus.ACCEPTED)


def update(call: Call) -> Response:
    """PUT /:uid: 202; a redacted secret keeps its stored value."""
    check_writer(call)
    stored = _find(call)
    if stored["provenance"] not in (provenance.NONE, provenance.requested(call)):
        raise _provenance_refusal(call)
    point = _received(call) | {"uid": stored["uid"]}
    point["settings"] |= {
        key: stored["settings"].get(key) for key, value in point["settings"].items() if value == REDACTED
    }
    call.state.contact_points[stored["uid"]] = point
    return JSONResponse({"message": "contactpoint updated"}, HTTPStatus.ACCEPTED)


def delete(call: Call) -> Response:
    """DELETE /:uid: 202; refused while a policy or a rule uses the contact point's last integration."""
    check_writer(call)
    point = _find(call)
    others = [other for other in call.state.contact_points.values() if other is not point]
    if point["name"] not in {other["name"] for other in others}:
        _check_unused(call, str(point["name"]))
    del call.state.contact_points[point["uid"]]
    return JSONResponse({"message": "contactpoint deleted"}, HTTPStatus.ACCEPTED)


def _check_unused(call: Call, name: str) -> None:
    if name in receivers_in_use(call.state.policies):
        raise _referenced(call, "referenced", f"Contact point '{name}' is currently used by a notification policy.")
    for rule in call.state.rules.values():
        if (rule.body["notification_settings"] or {}).get("receiver") == name:
            raise _referenced(call, "used-by-rule", f"Contact point '{name}' is currently used by an alert rule.")


def _referenced(call: Call, reason: str, message: str) -> RefusalError:
    if call.behaviour.contact_point_in_use_status == HTTPStatus.CONFLICT:
        return errutil(HTTPStatus.CONFLICT, f"alerting.notifications.contact-points.{reason}", message)
    return plain(call.behaviour.contact_point_in_use_status, message)


def _provenance_refusal(call: Call) -> RefusalError:
    status = call.behaviour.contact_point_provenance_status
    if status == HTTPStatus.FORBIDDEN:
        return errutil(status, "alerting.notifications.invalidProvenance", "Invalid provenance")
    return plain(status)


def _received(call: Call) -> Json:
    body = call.json
    check_shape(body, {"uid": str, "name": str, "type": str, "settings": dict})
    point: Json = {
        "uid": str(body.get("uid") or ""),
        "name": str(body.get("name") or ""),
        "type": str(body.get("type") or ""),
        "settings": dict(body.get("settings") or {}),
        "disableResolveMessage": bool(body.get("disableResolveMessage")),
        "provenance": provenance.requested(call),
    }
    for field in ("name", "type", "settings"):
        if not point[field]:
            raise _invalid(f"{field} should not be empty")
    check_uid(point["uid"])
    return point


def _invalid(detail: str) -> RefusalError:
    return plain(HTTPStatus.BAD_REQUEST, f"invalid object specification: {detail}")


def _find(call: Call) -> Json:
    point = call.state.contact_points.get(call.path("uid"))
    if point is None:
        raise plain(HTTPStatus.NOT_FOUND, f"contact point with uid '{call.path('uid')}' not found")
    return point


def _shown(point: Json) -> Json:
    shown = {key: value for key, value in point.items() if key != "provenance"}
    shown["settings"] = with_secrets_as(REDACTED, point)
    return shown | ({"provenance": point["provenance"]} if point["provenance"] else {})
