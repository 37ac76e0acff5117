"""/api/v1/provisioning/templates: groups of notification templates."""

import re
from hashlib import blake2b
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance
from glassbox.standin.calls import Call, no_content
from glassbox.standin.notification_provenance import check_change, with_provenance
from glassbox.standin.refusals import errutil
from glassbox.standin.shapes import check_shape
from glassbox.standin.single_rules import check_reader, check_writer
from glassbox.standin.state import Json


def listed(call: Call) -> Response:
    """GET: every template."""
    check_reader(call)
    return JSONResponse([_shown(call, each) for each in call.state.templates.values()])


def read(call: Call) -> Response:
    """GET /:name; 404 for an unknown one."""
    check_reader(call)
    stored = call.state.templates.get(call.path("name"))
    if stored is None:
        raise errutil(HTTPStatus.NOT_FOUND, "alerting.notifications.templates.notFound", "Not found")
    return JSONResponse(_shown(call, stored))


def put(call: Call) -> Response:
    """PUT /:name: 202; creates or replaces, and refuses a `version` that is not the stored one."""
    check_writer(call)
    body, name = call.json, call.path("name")
    check_shape(body, {"template": str, "version": str})
    if not body.get("template"):
        raise errutil(HTTPStatus.BAD_REQUEST, "alerting.notifications.templates.invalidFormat", "Invalid format of the submitted template")  # fmt: skip  # a refusal is one line
    stored = call.state.templates.get(name)
    if stored is not None:
        check_change(call, stored)
    _check_version(call, stored, str(body.get("version") or ""))
    text = _normalised(name, str(body["template"]))
    call.state.templates[name] = with_provenance({"name": name, "template": text}, provenance.requested(call))
    return JSONResponse(_shown(call, call.state.templates[name]), HTTPStatus.ACCEPTED)


def delete(call: Call) -> Response:
    """DELETE /:name: 204, for an absent one too."""
    check_writer(call)
    stored = call.state.templates.get(call.path("name"))
    if stored is not None:
        check_change(call, stored)
        _check_version(call, stored, call.query("version"))
        del call.state.templates[stored["name"]]
    return no_content()


def _check_version(call: Call, stored: Json | None, version: str) -> None:
    if not version or not call.behaviour.notifications_have_versions:
        return
    if stored is None:
        raise errutil(HTTPStatus.NOT_FOUND, "alerting.notifications.templates.notFound", "Not found")
    if version != _version(stored):
        raise errutil(HTTPStatus.CONFLICT, "alerting.notifications.conflict", "Version conflict")


def _normalised(name: str, text: str) -> str:
    """Trimmed; a text without a definition becomes one (NotificationTemplate.Validate)."""
    content = text.strip()
    if re.search(r"\{\{\s*define", content):
        return content
    lines = "\n".join(f"  {line}" for line in content.split("\n"))
    return f'{{{{ define "{name}" }}}}\n{lines}\n{{{{ end }}}}'


def _version(stored: Json) -> str:
    return blake2b(str(stored["template"]).encode(), digest_size=8).hexdigest()


def _shown(call: Call, stored: Json) -> Json:
    return stored | ({"version": _version(stored)} if call.behaviour.notifications_have_versions else {})
