"""One authenticated request on its way to a handler."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from glassbox.standin import bodies
from glassbox.standin.accounts import ANONYMOUS, MINIMUM_ROLE, Accounts, Login, Role
from glassbox.standin.live import Live
from glassbox.standin.refusals import RefusalError, access_denied, plain
from glassbox.standin.releases import Behaviour
from glassbox.standin.search_index import SearchIndex
from glassbox.standin.state import Json, State
from glassbox.standin.store import Store, StoreError
from glassbox.standin.upstream import Upstream

LONGEST_NUMBER = 9
"""Digits of a number in a query; a longer text does not count as one."""


@dataclass
class Instance:
    """One running stand-in: what it remembers and how it behaves."""

    version: str
    behaviour: Behaviour
    accounts: Accounts
    index: SearchIndex
    base_path: str = ""
    anonymous_viewer: bool = False
    """Whether everybody may read, as with Grafana's `auth.anonymous`."""
    state: State = field(default_factory=State)
    store: Store | None = None
    live: Live = field(default_factory=Live)
    upstream: Upstream = field(default_factory=Upstream)
    since_ms: int | None = None
    """Where dashboards begin that are opened without a time range, Unix milliseconds; None leaves it to the dashboard."""
    notice: str = ""
    """What every page says on top."""


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
        return bodies.json_object(self.content)

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; anything else counts as not given."""
        return whole_number(self.query(name), default)

    def link(self, path: str) -> str:
        """A path of this server as Grafana writes it into objects: with the sub-path it is served from."""
        return self.instance.base_path + path

    def forbid_unless(self, role: Role, permission: str) -> None:
        if self.login.role < role:
            raise access_denied(permission)


def whole_number(text: str, default: int) -> int:
    """The text as a number; the default for any other text."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else default


Handler = Callable[[Call], Response | Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(handler: Handler, permission: str | None = None, *, writes: bool = False) -> Endpoint:
    """A Starlette endpoint that authenticates, tests the permission, and turns a RefusalError into its response.

    What a handler that `writes` has changed is kept before it is answered.
    """

    async def answer(request: Request) -> Response:
        instance: Instance = request.app.state.instance
        try:
            login = _caller(instance, request, may_be_anonymous=not writes)
            call = Call(instance, request, login, await bodies.content(request))
            if permission is not None:
                call.forbid_unless(MINIMUM_ROLE[permission], permission)
            result = handler(call)
            response = await result if inspect.isawaitable(result) else result
            if writes:
                keep(instance)
            return response
        except RefusalError as refusal:
            return refusal.response()
        except StoreError:
            return _NOT_KEPT.response()

    return answer


_NOT_KEPT = plain(HTTPStatus.INTERNAL_SERVER_ERROR, "The database cannot be written; nothing was changed.")


def _caller(instance: Instance, request: Request, *, may_be_anonymous: bool) -> Login:
    if may_be_anonymous and instance.anonymous_viewer and "authorization" not in request.headers:
        return ANONYMOUS
    return instance.accounts.authenticate(request.headers, instance.state)


def keep(instance: Instance) -> None:
    """Write the state to its file, if it has one, and notify open pages; a failure takes the change back and is a StoreError."""
    if instance.store:
        try:
            instance.store.save(instance.state)
        except StoreError:
            with suppress(StoreError):
                instance.state = instance.store.load(State())
            raise
    instance.live.changed()


def no_content() -> Response:
    """204 without a byte."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
