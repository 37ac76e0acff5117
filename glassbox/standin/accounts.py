"""Who may call: service-account tokens with a role, the administrator, and the role that each action needs."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus

from starlette.datastructures import Headers

from glassbox.standin.refusals import RefusalError, errutil, plain
from glassbox.standin.state import State


class Role(IntEnum):
    """Basic roles; each includes the ones below it."""

    Viewer = 1
    Editor = 2
    Admin = 3


# pkg/api/accesscontrol.go and ngalert/accesscontrol.go, grants of the fixed roles in the open-source edition
MINIMUM_ROLE = {
    "orgs:read": Role.Viewer,
    "datasources:read": Role.Viewer,
    "datasources:query": Role.Viewer,
    "datasources:create": Role.Admin,
    "datasources:write": Role.Admin,
    "datasources:delete": Role.Admin,
    "folders:read": Role.Viewer,
    "folders:create": Role.Editor,
    "folders:write": Role.Editor,
    "folders:delete": Role.Editor,
    "dashboards:read": Role.Viewer,
    "dashboards:create": Role.Editor,
    "dashboards:write": Role.Editor,
    "dashboards:delete": Role.Editor,
    "annotations:read": Role.Viewer,
    "annotations:create": Role.Editor,
    "serviceaccounts:create": Role.Admin,
    "serviceaccounts:write": Role.Admin,
    "serviceaccounts:delete": Role.Admin,
}


# Of the provisioning API of alert rules: all of it, and since Grafana 11 rules alone.
_RULES_ALL = {"alert.provisioning:read": Role.Admin, "alert.provisioning:write": Role.Admin}
_RULES_ALONE = {"alert.rules.provisioning:read": Role.Viewer, "alert.rules.provisioning:write": Role.Editor}


def actions_of(role: Role, *, rules_open: bool) -> list[str]:
    """What a role may do; `rules_open` where the release has rights for alert rules alone."""
    needed = MINIMUM_ROLE | _RULES_ALL | (_RULES_ALONE if rules_open else {})
    return sorted(action for action, least in needed.items() if role >= least)


@dataclass(frozen=True)
class Login:
    """An authenticated caller; `name` is what createdBy and updatedBy show."""

    name: str
    role: Role


ANONYMOUS = Login("anonymous", Role.Viewer)


def fingerprint(token: str) -> str:
    """What is remembered of a token; one of 192 random bits needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


class Accounts:
    """The credentials that the stand-in accepts besides its service accounts' tokens."""

    def __init__(self, admin_user: str, admin_password: str, tokens: Mapping[str, str]) -> None:
        self._admin = (admin_user, admin_password)
        self._roles = {fingerprint(token): Role[role] for token, role in tokens.items()}

    def __repr__(self) -> str:
        return f"Accounts(admin and {len(self._roles)} tokens)"

    def authenticate(self, headers: Headers, state: State) -> Login:
        """The caller named by the Authorization header; raises the 401 that Grafana answers."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and value:
            return self._by_token(value, headers.get("x-grafana-org-id", "1"), state)
        if scheme.lower() == "basic" and value:
            return self._by_password(value)
        raise plain(HTTPStatus.UNAUTHORIZED, "Unauthorized")

    def _by_token(self, token: str, org_id: str, state: State) -> Login:
        known = fingerprint(token)
        role = self._roles.get(known)
        if known in state.tokens:
            role = Role[state.service_accounts[state.tokens[known]]]
        if role is None:
            raise _unauthorized("api-key.invalid", "Invalid API key")
        if org_id != "1":
            raise _unauthorized(
                "api-key.organization-mismatch", "API key does not belong to the requested organization"
            )
        return Login(f"sa-{role.name.lower()}", role)

    def _by_password(self, encoded: str) -> Login:
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            given = b""
        if not secrets.compare_digest(given, ":".join(self._admin).encode()):
            raise _unauthorized("password-auth.failed", "Invalid username or password")
        return Login(self._admin[0], Role.Admin)


def _unauthorized(message_id: str, message: str) -> RefusalError:
    return errutil(HTTPStatus.UNAUTHORIZED, message_id, message)
