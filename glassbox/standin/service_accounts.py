"""/api/serviceaccounts: accounts with a role, and their tokens."""

import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.accounts import Role, fingerprint
from glassbox.standin.calls import Call, whole_number
from glassbox.standin.refusals import errutil, plain


def create(call: Call) -> Response:
    """POST: 201; an unknown role is a 400."""
    body = call.json
    name, role = str(body.get("name") or ""), str(body.get("role") or "Viewer")
    if not name or role not in Role.__members__:
        raise plain(HTTPStatus.BAD_REQUEST, "bad request data")
    number = next(call.state.ids)
    call.state.service_accounts[number] = role
    account = {"id": number, "name": name, "login": f"sa-1-{name}", "orgId": 1, "isDisabled": False, "role": role}
    return JSONResponse(account, HTTPStatus.CREATED)


def create_token(call: Call) -> Response:
    """POST /:id/tokens: the only time that the token is shown."""
    number = _find(call)
    token = f"glsa_{secrets.token_urlsafe(24)}"
    call.state.tokens[fingerprint(token)] = number
    return JSONResponse({"id": next(call.state.ids), "name": call.json.get("name") or "", "key": token})


def delete(call: Call) -> Response:
    """DELETE /:id: its tokens are worthless from now on."""
    number = _find(call)
    state = call.state
    del state.service_accounts[number]
    state.tokens = {token: owner for token, owner in state.tokens.items() if owner != number}
    return JSONResponse({"message": "Service account deleted"})


def _find(call: Call) -> int:
    number = whole_number(call.path("id"), 0)
    if number not in call.state.service_accounts:
        raise errutil(HTTPStatus.NOT_FOUND, "serviceaccounts.ErrNotFound", "Service account not found")
    return number
