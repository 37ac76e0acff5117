"""Group robots of WeCom, DingTalk, and Feishu or Lark: their bodies, their signatures, and what each says when it takes a message.

All answer 200 even when they refuse one. Formats: https://developer.work.weixin.qq.com/document/path/91770 (WeCom),
https://open.dingtalk.com/document/robots/custom-robot-access and, for the signature,
https://open.dingtalk.com/document/robots/customize-robot-security-settings (DingTalk),
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (Feishu, Lark).
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from glassbox.errors import GlassboxError
from glassbox.relay.chat_languages import escaped_for_dingtalk, escaped_for_wecom, markdown, post
from glassbox.relay.chat_messages import Message
from glassbox.standin.upstream import is_web_address

SECRET_MAX_CHARACTERS = 4096


class Robot(Protocol):
    """A group robot. Its secrets are read from their files for every message, so a new one needs no restart."""

    name: ClassVar[str]
    success: ClassVar[tuple[str, ...]]
    """Fields of its answer; the first of them that is there is 0 if it accepted the message."""

    def url(self) -> str:
        """Its address, which is a secret; raises GlassboxError when the file does not hold one."""

    def body(self, text: Message) -> dict[str, Any]:
        """The request body for a message; raises GlassboxError when a file does not hold its secret."""


@dataclass(frozen=True)
class WeCom:
    """A group robot of WeCom (企业微信)."""

    name: ClassVar[str] = "wecom"
    success: ClassVar[tuple[str, ...]] = ("errcode",)
    url_file: Path

    def url(self) -> str:
        return _address(self.url_file)

    def body(self, text: Message) -> dict[str, Any]:
        return {"msgtype": "markdown", "markdown": {"content": markdown(text, escaped_for_wecom)}}


@dataclass(frozen=True)
class DingTalk:
    """A custom robot of DingTalk (钉钉); with a secret file, its messages are signed."""

    name: ClassVar[str] = "dingtalk"
    success: ClassVar[tuple[str, ...]] = ("errcode",)
    url_file: Path
    secret_file: Path | None = None

    def url(self) -> str:
        address = _address(self.url_file)
        if self.secret_file is None:
            return address
        signed = urlencode(signature(_secret(self.secret_file), round(time.time() * 1000)))
        return f"{address}{'&' if '?' in address else '?'}{signed}"

    def body(self, text: Message) -> dict[str, Any]:
        return {"msgtype": "markdown", "markdown": {"title": text.title, "text": markdown(text, escaped_for_dingtalk)}}


@dataclass(frozen=True)
class Feishu:
    """A custom robot of Feishu (飞书) or Lark; with a secret file, its messages are signed."""

    name: ClassVar[str] = "feishu"
    success: ClassVar[tuple[str, ...]] = ("code", "StatusCode")
    url_file: Path
    secret_file: Path | None = None

    def url(self) -> str:
        return _address(self.url_file)

    def body(self, text: Message) -> dict[str, Any]:
        signed = feishu_signature(_secret(self.secret_file), round(time.time())) if self.secret_file else {}
        return {**signed, "msg_type": "post", "content": post(text)}


def signature(secret: str, time_milliseconds: int) -> dict[str, str]:
    """The query parameters that sign a message to DingTalk: HMAC-SHA256 of time and secret, with the secret as its key."""
    signed = hmac.new(secret.encode(), f"{time_milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": str(time_milliseconds), "sign": base64.b64encode(signed).decode()}


def feishu_signature(secret: str, time_seconds: int) -> dict[str, str]:
    """The fields that sign a message to Feishu or Lark: HMAC-SHA256 of nothing, with time and secret as its key."""
    signed = hmac.new(f"{time_seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(time_seconds), "sign": base64.b64encode(signed).decode()}


def took(robot: Robot, said: Mapping[str, Any]) -> bool:
    """Whether this answer means that the robot shows the message."""
    code = next((said[name] for name in robot.success if name in said), None)
    return code == 0 and not isinstance(code, bool)


def _address(file: Path) -> str:
    address = _secret(file)
    if not is_web_address(address):
        raise GlassboxError(
            f"{file} does not hold an address: write the robot's webhook address into it, with https://."
        )
    return address


def _secret(file: Path) -> str:
    """The one word in a file."""
    try:
        with file.open(encoding="utf-8") as opened:
            content = opened.read(SECRET_MAX_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise GlassboxError(f"{file} is not text: write only the secret into it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file's name"
        raise GlassboxError(f"{file} cannot be read ({reason}); create it, readable for this user only.") from None
    words = content.split()
    if len(words) != 1 or len(content) > SECRET_MAX_CHARACTERS:
        raise GlassboxError(f"{file} holds {len(words)} words; write only the secret into it.")
    return words[0]
