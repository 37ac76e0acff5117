"""A message in the language of each chat. Texts of alerts hold names and words of others, so each is escaped as its chat reads it.

WeCom (https://developer.work.weixin.qq.com/document/path/91770) has no escape: characters that it would read as markup become their
full-width twins. DingTalk takes backslashes, as its most used relay sends them
(https://github.com/timonwong/prometheus-webhook-dingtalk). Feishu and Lark take texts and links as JSON
(https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot), where a text is never markup.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from glassbox.relay.chat_messages import AlertText, Link, Message, cut, joined

MESSAGE_BYTES = 4096
"""WeCom refuses longer Markdown; the other chats take more."""
# Half, so that the title, one alert and the count of the others always fit.
_ALERT_BYTES = MESSAGE_BYTES // 2
_SUMMARY_BYTES = _LINK_BYTES = 500
_OWNER_BYTES = 200
Escape = Callable[[str], str]

_TWINS = str.maketrans("<>[]*`", "＜＞［］＊｀")  # twins are the point
_DINGTALK = re.compile(r"[\\`*_\[\]#!~|]")
# Left as they are in an address: what has a meaning there, and what is quoted already.
_ADDRESS = "%/:=&?~#+!$,;'@-._"


def escaped_for_wecom(text: str) -> str:
    """The text with full-width twins of what WeCom reads as markup."""
    return re.sub(r"^(\s*)#", r"\1＃", text.translate(_TWINS), flags=re.MULTILINE)  # twins are the point


def escaped_for_dingtalk(text: str) -> str:
    """The text with backslashes and entities, as DingTalk's Markdown shows it."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"^(\s*)([-+=])", r"\1\\\2", _DINGTALK.sub(r"\\\g<0>", text), flags=re.MULTILINE)


def markdown(text: Message, escape: Escape) -> str:
    """The message in Markdown, at most MESSAGE_BYTES long; alerts that do not fit are counted."""
    head = f"### {joined(' ', [text.status, _shortened(text.subject, escape, _ALERT_BYTES // 2)])}"
    return _fitting(head, (_alert(alert, escape) for alert in text.alerts), len(text.alerts))


def _alert(alert: AlertText, escape: Escape) -> str:
    if not alert.firing:
        return f"Resolved: {_shortened(alert.summary, escape, _SUMMARY_BYTES)}"
    owner = f"Owner: {_shortened(alert.owner, escape, _OWNER_BYTES)}" if alert.owner else ""
    last = joined("  ", [owner, *(_link(link, escape) for link in alert.links)])
    lead = f"**{_shortened(alert.summary, escape, _SUMMARY_BYTES)}**"
    left_bytes = _ALERT_BYTES - len(lead.encode()) - len(last.encode()) - len("\n\n\n\n")
    return joined("\n\n", [lead, _shortened(alert.description, escape, left_bytes), last])


def _link(link: Link, escape: Escape) -> str:
    address = quote(link.url, safe=_ADDRESS)
    if address and len(address) <= _LINK_BYTES:
        return f"[{link.name}]({address})"
    return f"{link.name}: {_shortened(link.path or link.url, escape, _LINK_BYTES)}"


def _shortened(text: str, escape: Escape, limit_bytes: int) -> str:
    """The escaped text; where it is too long, of a beginning, so that no escape is cut in two."""
    # An escape only adds: what is beyond the limit now does not fit in any case, and texts may be long.
    text = text[: max(limit_bytes, 0) + 1]
    whole = escape(text)
    if len(whole.encode()) <= limit_bytes:
        return whole

    def too_long(characters: int) -> bool:
        return len(f"{escape(text[:characters])}…".encode()) > limit_bytes

    fitting = bisect_left(range(len(text) + 1), True, key=too_long) - 1
    return f"{escape(text[:fitting])}…" if fitting >= 0 else ""


def _fitting(head: str, paragraphs: Iterator[str], count: int) -> str:
    """Whole paragraphs as long as the count of the others fits after them."""
    kept = [head]
    for number, paragraph in enumerate(paragraphs):
        more = _left_out(count - number)
        if len("\n\n".join([*kept, paragraph, more]).encode()) > MESSAGE_BYTES:
            return "\n\n".join([*kept, more])
        kept.append(paragraph)
    return "\n\n".join(kept)


def _left_out(count: int) -> str:
    return f"and {count} more; all are in Alertmanager."


Element = dict[str, Any]


def post(text: Message) -> Element:
    """The message as the content of a rich text of Feishu and Lark, whose texts are at most MESSAGE_BYTES long together."""
    lines, left_bytes = list[list[Element]](), MESSAGE_BYTES - len(text.title.encode())
    for number, alert in enumerate(text.alerts):
        more = _left_out(len(text.alerts) - number)
        block = _post_lines(alert)
        size = sum(len(value.encode()) for line in block for element in line for value in element.values())
        if size + len(more) > left_bytes:
            lines.append([_words(more)])
            break
        lines += block
        left_bytes -= size
    return {"post": {"en_us": {"title": text.title, "content": lines}}}


def _post_lines(alert: AlertText) -> list[list[Element]]:
    if not alert.firing:
        return [[_words(f"Resolved: {cut(alert.summary, _SUMMARY_BYTES)}")]]
    notes = [_words(f"Owner: {cut(alert.owner, _OWNER_BYTES)}  ")] if alert.owner else []
    notes += [_post_link(link) for link in alert.links]
    lines = [[_words(cut(alert.summary, _SUMMARY_BYTES))], [_words(cut(alert.description, _ALERT_BYTES // 4))], notes]
    return [line for line in lines if line and line[0].get("text")]


def _post_link(link: Link) -> Element:
    if link.url and len(link.url) <= _LINK_BYTES:
        return {"tag": "a", "text": f"{link.name}  ", "href": link.url}
    return _words(f"{link.name}: {cut(link.path or link.url, _LINK_BYTES)}  ")


def _words(text: str) -> Element:
    return {"tag": "text", "text": text}
