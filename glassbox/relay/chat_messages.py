"""Alertmanager's webhook body as one message of Markdown that group robots show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# WeCom refuses longer Markdown (https://developer.work.weixin.qq.com/document/path/91770); DingTalk takes more.
MESSAGE_BYTES = 4096
_TITLE_BYTES = 300
# Half, so that the title, one alert and the count of the others always fit.
_ALERT_BYTES = MESSAGE_BYTES // 2


@dataclass(frozen=True)
class Message:
    """A title in plain text, and the whole message in Markdown, which begins with it."""

    title: str
    markdown: str


def message(body: Mapping[str, Any]) -> Message:
    """The message for one webhook body of version 4, at most MESSAGE_BYTES long; firing alerts come first.

    Alerts that do not fit are counted. Raises AttributeError, KeyError or TypeError for a body of another shape.
    """
    alerts = sorted(body["alerts"], key=lambda alert: bool(alert["status"] != "firing"))
    title = _cut(_title(body, sum(alert["status"] == "firing" for alert in alerts)), _TITLE_BYTES)
    return Message(title, _fitting(f"### {title}", [_cut(_alert(alert), _ALERT_BYTES) for alert in alerts]))


def _title(body: Mapping[str, Any], firing: int) -> str:
    status = f"[FIRING:{firing}]" if firing else "[RESOLVED]"
    return _joined(" ", [status, body["commonLabels"].get("severity"), *body["groupLabels"].values()])


def _alert(alert: Mapping[str, Any]) -> str:
    labels, texts = alert["labels"], alert["annotations"]
    summary = texts.get("summary") or labels["alertname"]
    if alert["status"] != "firing":
        return f"Resolved: {summary}"
    owner = f"Owner: {labels['owner']}" if labels.get("owner") else None
    links = _joined("  ", [owner, _link("Runbook", texts), _link("Dashboard", texts)])
    return _joined("\n\n", [f"**{summary}**", texts.get("description"), links])


def _link(name: str, annotations: Mapping[str, str]) -> str | None:
    """A link where there is an address, else the path within the repository or Grafana."""
    if url := annotations.get(f"{name.lower()}_url"):
        return f"[{name}]({url})"
    path = annotations.get(name.lower())
    return f"{name}: {path}" if path else None


def _fitting(head: str, paragraphs: list[str]) -> str:
    """Whole paragraphs as long as the count of the others fits after them."""
    kept = [head]
    for number, paragraph in enumerate(paragraphs):
        more = f"and {len(paragraphs) - number} more; all are in Alertmanager."
        if len("\n\n".join([*kept, paragraph, more]).encode()) > MESSAGE_BYTES:
            return "\n\n".join([*kept, more])
        kept.append(paragraph)
    return "\n\n".join(kept)


def _cut(text: str, limit_bytes: int) -> str:
    """The text, or its beginning and an ellipsis where it is longer; no character is cut in two."""
    if len(text.encode()) <= limit_bytes:
        return text
    return text.encode()[: limit_bytes - len("…".encode())].decode(errors="ignore") + "…"


def _joined(separator: str, parts: Iterable[str | None]) -> str:
    return separator.join(part for part in parts if part)
