"""The ruler API of Mimir, Cortex and Grafana Cloud, asked directly.

Mimir's "HTTP API", section Ruler, and Cortex' "HTTP API": a namespace holds groups; one group is written by POST to its
namespace as YAML, which is answered with 202; a namespace without groups is a 404 "no rule groups found".
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import yaml_text
from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.http.exchange import Exchange, HttpAnswer, NoAnswerError
from glassbox.http.sentences import masked, on_one_line
from glassbox.http.yaml_text import parsed
from glassbox.prometheus.credential import PrometheusCredential

OPTION = "--mimir"
VARIABLES = "MIMIR"
HOW_TO_SET = "set MIMIR_TOKEN, or MIMIR_USER and MIMIR_PASSWORD"
READ_TIMEOUT_SECONDS = 60.0
# Below the address of a data source, below a whole Mimir, Cortex, and Cortex' older prefix.
_PREFIXES = ("/config/v1/rules", "/prometheus/config/v1/rules", "/api/v1/rules", "/api/prom/rules")
_NOTHING = "no rule groups found"
_ADVICE = {
    400: "correct it at its source and push again",
    401: f"{HOW_TO_SET}, and name the tenant as ruler.tenant in the settings where there are several",
    403: "give this credential the right to write rules, or set another ruler.namespace where this one is protected",
    413: "raise the limit of the proxy in front of it",
    429: "wait a minute and run again",
}


class MimirRuler:
    """One tenant's rules, "" being the server's only one; raises GlassboxError for an address without a ruler, at its first use."""

    def __init__(self, url: str, credential: PrometheusCredential | None, tenant: str = "") -> None:
        server_address(url, option=OPTION, example="http://mimir:8080/prometheus", credential=HOW_TO_SET)
        self.url, self.tenant = url.strip().rstrip("/"), tenant
        self._secrets = credential.secrets if credential else ()
        self._exchange = Exchange(self.url, "Mimir", read_seconds=READ_TIMEOUT_SECONDS)
        if credential:
            self._exchange.session.headers["Authorization"] = credential.authorization
        if tenant:
            self._exchange.session.headers["X-Scope-OrgID"] = tenant
        self._prefix = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.close()

    @property
    def title(self) -> str:
        return f"the ruler at {self.url}{self.tenant and f' for tenant {self.tenant}'}"

    @property
    def origin(self) -> dict[str, str]:
        return {"ruler": self.url, "tenant": self.tenant}

    def groups(self, namespace: str) -> list[Json]:
        answer = self._listed(namespace)
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        return groups_in(_yaml(answer.content), namespace, self.title)

    def put(self, namespace: str, group: Json) -> None:
        content = {"data": yaml_text(group).encode(), "headers": {"Content-Type": "application/yaml"}}
        answer = self._send("POST", f"{self._prefix}/{_part(namespace)}", **content)
        if answer.status not in (HTTPStatus.ACCEPTED, HTTPStatus.OK):
            raise self._refused(f"the group {group['name']!r}", answer)

    def delete(self, namespace: str, name: str) -> None:
        answer = self._send("DELETE", f"{self._prefix}/{_part(namespace)}/{_part(name)}")
        if answer.status not in (HTTPStatus.ACCEPTED, HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise self._refused(f"to delete the group {name!r}", answer)

    def _listed(self, namespace: str) -> HttpAnswer:
        """The answer about a namespace, by the address that has a ruler."""
        for prefix in (self._prefix,) if self._prefix else _PREFIXES:
            answer = self._send("GET", f"{prefix}/{_part(namespace)}")
            if _is_of_a_ruler(answer):
                self._prefix = prefix
                return answer
            if answer.status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
                raise self._refused("to list its rules", answer)
        raise GlassboxError(
            f"The server at {self.url} has no ruler API: start Mimir with -ruler.enable-api, or give the address below which "
            "it has /config/v1/rules; Prometheus and vmalert take rules with --prometheus-rules."
        )

    def _send(self, method: str, path: str, **content: Any) -> HttpAnswer:
        try:
            return self._exchange.send(method, path, **content)
        except NoAnswerError as error:
            end = "" if str(error).endswith("?") else "."
            raise GlassboxError(f"{_begun(self.title)} {self._exchange.route}{error}{end}") from None

    def _refused(self, what: str, answer: HttpAnswer) -> GlassboxError:
        said = on_one_line(masked(answer.content.decode(errors="replace"), self._secrets))
        quoted = f' ("{said}")' if said and not said.startswith("<") else ""
        advice = _ADVICE.get(answer.status, "see its log")
        return GlassboxError(f"{_begun(self.title)} refused {what} ({answer.status}){quoted}: {advice}.")


def groups_in(body: Any, namespace: str, title: str) -> list[Json]:
    """The groups of a namespace in an answer of a ruler; GlassboxError for another shape."""
    found = body.get(namespace) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(map(_is_group, found)):
        raise GlassboxError(f"{_begun(title)} answered with something other than groups of rules: check its address.")
    return found


def _is_group(value: Any) -> bool:
    rules = value.get("rules") if isinstance(value, Mapping) else None
    named = isinstance(value, Mapping) and isinstance(value.get("name"), str)
    return named and isinstance(rules, list) and all(isinstance(rule, Mapping) for rule in rules)


def _is_of_a_ruler(answer: HttpAnswer) -> bool:
    """Whether this answer comes from a ruler, not another server: it has YAML, or the ruler's own words if there is nothing."""
    if answer.status == HTTPStatus.OK:
        return "yaml" in answer.headers.get("Content-Type", "")
    return answer.status == HTTPStatus.NOT_FOUND and _NOTHING in answer.content.decode(errors="replace")


def _yaml(content: bytes) -> Any:
    try:
        return parsed(content)
    except ValueError:
        return None


def _part(text: str) -> str:
    return quote(text, safe="")


def _begun(title: str) -> str:
    return f"{title[:1].upper()}{title[1:]}"
