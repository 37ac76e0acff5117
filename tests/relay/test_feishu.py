import asyncio

import pytest
from starlette.responses import PlainTextResponse

from glassbox.errors import GlassboxError
from glassbox.relay.chat_messages import AlertText, Link, Message
from glassbox.relay.relaying import send
from glassbox.relay.robots import Feishu, feishu_signature
from tests.support.chat_server import chat_server

TEXT = Message("title", "", (AlertText(True, "满", "*", links=(Link("Runbook", url="https://x/r"),)),))


def robot(folder, url, secret=""):
    (folder / "url").write_text(url)
    (folder / "secret").write_text(secret)
    return Feishu(folder / "url", folder / "secret" if secret else None)


def test_the_signature_is_feishus():
    """printf '' | openssl dgst -sha256 -hmac "$(printf '1790000000\\nabc')" -binary | base64"""
    assert feishu_signature("abc", 1790000000) == {
        "timestamp": "1790000000",
        "sign": "OjX09FR/z4JqMve0jm2OnJaYAkBfndTaz50kDUfabmw=",
    }


def test_it_gets_texts_and_links_with_its_signature(tmp_path, monkeypatch):
    monkeypatch.setattr("glassbox.relay.robots.time.time", lambda: 1790000000.0)
    with chat_server(PlainTextResponse('{"code": 0, "msg": "success"}')) as chat:
        asyncio.run(send(robot(tmp_path, f"{chat.url}/open-apis/bot/v2/hook/h1", "abc\n"), TEXT))
        said = chat.next()
    assert {name: said.pop(name) for name in ("timestamp", "sign")} == feishu_signature("abc", 1790000000)
    lines = [
        [{"tag": "text", "text": "满"}],
        [{"tag": "text", "text": "*"}],
        [{"tag": "a", "text": "Runbook  ", "href": "https://x/r"}],
    ]
    assert said == {"msg_type": "post", "content": {"post": {"en_us": {"title": "title", "content": lines}}}}


@pytest.mark.parametrize("answer", ['{"StatusCode": 0, "StatusMessage": "success"}', '{"code": 0}'])
def test_it_says_in_two_ways_that_it_accepted_a_message(tmp_path, answer):
    with chat_server(PlainTextResponse(answer)) as chat:
        asyncio.run(send(robot(tmp_path, chat.url), TEXT))
        assert chat.next()["msg_type"] == "post"


@pytest.mark.parametrize("answer", ['{"code": 19021, "StatusCode": 0}', '{"code": false}', '{"errcode": 0}', "{}"])
def test_any_other_answer_is_a_refusal(tmp_path, answer):
    with chat_server(PlainTextResponse(answer)) as chat, pytest.raises(GlassboxError, match="feishu refused"):
        asyncio.run(send(robot(tmp_path, chat.url), TEXT))
