"""One authenticated request on its way to a handler."""

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from preview.accounts import MINIMUM_ROLE, Accounts, Login, Role
from preview.refusals import RefusalError, access_denied, bad_request_data
from preview.search_index import SearchIndex
from preview.state import Json, State
from preview.versions import Behaviour


@dataclass
class Instance:
    """One running stand-in: what it remembers and how it behaves."""

    version: str
    behaviour: Behaviour
    accounts: Accounts
    index: SearchIndex
    base_path: str = ""
    state: State = field(default_factory=State)


@dataclass(frozen=True)
class Call:
    """What a handler sees of a request."""

    instance: Instance
    request: Request
    login: Login
    content: bytes

    @property
    def state(self) -> State:
        return self.instance.state

    @property
    def behaviour(self) -> Behaviour:
        return self.instance.behaviour

    @property
    def json(self) -> Json:
        """The body as a JSON object; anything else is refused as "bad request data"."""
        try:
            body = json.loads(self.content)
        except ValueError:
            raise bad_request_data() from None
        if not isinstance(body, dict):
            raise bad_request_data()
        return body

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; anything else counts as not given."""
        text = self.query(name)
        return int(text) if text.isdecimal() else default

    def link(self, path: str) -> str:
        """A path of this server as Grafana writes it into objects: with the sub-path it is served from."""
        return self.instance.base_path + path

    def forbid_unless(self, role: Role, permission: str) -> None:
        if self.login.role < role:
            raise access_denied(permission)


Handler = Callable[[Call], Response | Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(handler: Handler, permission: str | None = None) -> Endpoint:
    """A Starlette endpoint that authenticates, tests the permission, and turns a RefusalError into its response."""

    async def answer(request: Request) -> Response:
        instance: Instance = request.app.state.instance
        try:
            login = instance.accounts.authenticate(request.headers)
            call = Call(instance, request, login, await request.body())
            if permission is not None:
                call.forbid_unless(MINIMUM_ROLE[permission], permission)
            result = handler(call)
            return await result if inspect.isawaitable(result) else result
        except RefusalError as refusal:
            return refusal.response()

    return answer


def no_content() -> Response:
    """204 without a byte."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
