"""Alertmanager's webhook body as what a message in a chat says, before it is written in the language of one chat."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.http.outside_text import harmless

_TITLE_BYTES = 300


@dataclass(frozen=True)
class Link:
    """A link, or without an address the path within the repository or Grafana."""

    name: str
    url: str = ""
    path: str = ""


@dataclass(frozen=True)
class AlertText:
    """What a message says about one alert; of a resolved one only the summary."""

    firing: bool
    summary: str
    description: str = ""
    owner: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Message:
    """Plain texts, in which no character commands anything but the line; the alerts that fire come first."""

    status: str
    subject: str
    alerts: tuple[AlertText, ...] = ()

    @property
    def title(self) -> str:
        return joined(" ", [self.status, self.subject])


def message(body: Any) -> Message:
    """The message for one webhook body of version 4; raises ValueError for a body of another shape."""
    try:
        alerts = [_alert(alert) for alert in body["alerts"]]
        subject = joined(" ", map(_line, [body["commonLabels"].get("severity"), *body["groupLabels"].values()]))
    except (AttributeError, KeyError, TypeError):
        raise ValueError("This is not a webhook body of Alertmanager.") from None
    firing = sum(alert.firing for alert in alerts)
    status = f"[FIRING:{firing}]" if firing else "[RESOLVED]"
    left_bytes = _TITLE_BYTES - len(status) - 1
    return Message(status, cut(subject, left_bytes), tuple(sorted(alerts, key=lambda alert: not alert.firing)))


def _alert(alert: Mapping[str, Any]) -> AlertText:
    labels, texts = alert["labels"], alert["annotations"]
    summary = _line(texts.get("summary") or labels["alertname"])
    if alert["status"] != "firing":
        return AlertText(firing=False, summary=summary)
    links = (_link("Runbook", texts), _link("Dashboard", texts))
    owner, description = _line(labels.get("owner")), _text(texts.get("description"))
    return AlertText(True, summary, description, owner, tuple(link for link in links if link))


def _link(name: str, annotations: Mapping[str, Any]) -> Link | None:
    url = _line(annotations.get(f"{name.lower()}_url"))
    if url.lower().startswith(("https://", "http://")):
        return Link(name, url=url)
    path = url or _line(annotations.get(name.lower()))
    return Link(name, path=path) if path else None


def _text(value: Any) -> str:
    """The text, "" for null; TypeError for what no label or annotation holds."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(value)
    return harmless(value).strip()


def _line(value: Any) -> str:
    return " ".join(_text(value).split())


def cut(text: str, limit_bytes: int) -> str:
    """The text, or its beginning and an ellipsis where it is longer; no character is cut in two."""
    if len(text.encode()) <= limit_bytes:
        return text
    return text.encode()[: limit_bytes - len("…".encode())].decode(errors="ignore") + "…"


def joined(separator: str, parts: Iterable[str]) -> str:
    """Those of the parts that say something."""
    return separator.join(part for part in parts if part)
