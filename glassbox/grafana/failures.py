"""A failed request to Grafana: what it was about, and the errors that it raises."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.errors import GlassboxError


class GrafanaError(GlassboxError):
    """A request that Grafana refused or did not answer.

    `status` is the HTTP status, None without an answer; `path` starts at /api; `message_id` is Grafana's own name for
    the reason ("api-key.expired", "version-mismatch"), empty when it gave none; `said` is the server's own sentence.
    """

    def __init__(
        self, text: str, *, method: str, path: str, status: int | None = None, message_id: str = "", said: str = ""
    ) -> None:
        super().__init__(text)
        self.method, self.path, self.status, self.message_id, self.said = method, path, status, message_id, said


class NotVisibleError(GrafanaError):
    """Grafana itself answered 404 or 403: the object is absent, or this credential may not see it.

    A credential with rights on single folders gets 403 for a uid that does not exist (Grafana 12: the routes test the
    scope `dashboards:uid:<uid>` before they look for the object), so the two cannot be distinguished.
    """


def is_not_served(error: GrafanaError) -> bool:
    """Whether Grafana, or what is in front of it, does not serve an address to this credential: an answer below 500 that is not the API's.

    A proxy may answer 404, 406 or 451, or with a page; what passes or can be mended with another credential does not count.
    """
    return error.status is not None and error.status < 500 and error.status not in (401, 429)


@dataclass(frozen=True)
class Request:
    """What an error names: the object, the method and the path."""

    subject: str
    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it may change something in Grafana."""
        return self.method != "GET"

    def failed(
        self,
        problem: str,
        status: int | None = None,
        message_id: str = "",
        kind: type[GrafanaError] = GrafanaError,
        said: str = "",
    ) -> GrafanaError:
        """The error whose sentence is "<object>: <method> <path> <problem>."."""
        text = f"{self.subject}: {self.method} {self.path} {problem}{'' if problem.endswith('?') else '.'}"
        return kind(text, method=self.method, path=self.path, status=status, message_id=message_id, said=said)
