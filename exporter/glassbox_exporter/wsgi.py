"""Request metrics for any WSGI application: Flask, Django, or a bare one."""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from glassbox_exporter.requests import ActiveRequest, ServiceRequests, enter

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class GlassboxWsgiMiddleware:
    """Counts and times the requests of a WSGI app, as GlassboxMiddleware does; it serves nothing itself."""

    def __init__(self, app: "WSGIApplication", *, requests: ServiceRequests) -> None:
        self._app = app
        self._requests = requests

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = self._requests.begin(environ["REQUEST_METHOD"], _path(environ))
        enter(request)
        answer = _Answer(request, start_response)
        try:
            answer.body = self._app(environ, answer.start)
        except BaseException:
            answer.request.finish("500")
            enter(None)
            raise
        return answer


class _Answer:
    """The body of an answer; the server iterates it, then closes it."""

    def __init__(self, request: ActiveRequest, start_response: "StartResponse") -> None:
        self.request = request
        self.body: Iterable[bytes] = ()
        self._start_response = start_response
        self._status = "500"

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        self._status = status.partition(" ")[0]
        return self._start_response(status, headers, exc_info)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.body
        except GeneratorExit:
            # Some wrappers, such as Werkzeug's debugger, end a body without calling `close`.
            self.request.finish("499")
            raise
        except BaseException:
            self.request.finish("500")
            raise
        finally:
            enter(None)
        self.request.finish(self._status)

    def close(self) -> None:
        """End of the answer: of a whole one, or of one whose client has left."""
        try:
            close = getattr(self.body, "close", None)
            if close is not None:
                close()
        finally:
            self.request.finish("499")
            enter(None)


def _path(environ: "WSGIEnvironment") -> str:
    """The path as text: PEP 3333 hands on its bytes, each as the character of latin-1."""
    path: str = environ.get("PATH_INFO", "")
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")
