"""`deploy.py loadtest` as a user meets it, against a small OpenAI-compatible server with known delays."""

import asyncio
import re
import shlex

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from glassbox.load import target, text_report
from glassbox.load.chat import Chat
from glassbox.load.loadtest import command
from glassbox.load.options import Options
from glassbox.load.prompts import Prompts
from glassbox.load.target import client
from glassbox.servers.background import served
from tests.support.load_command import SCHEMA, load, measured, refused
from tests.support.openai_server import MODEL, openai_server
from tests.support.ours import main

PIXEL = bytes.fromhex("89504e470d0a1a0a")


def test_times_are_those_at_which_the_server_sent_its_texts():
    """Both sides read the same clock: the role that comes first is no token, and no text is seen before it was sent."""

    async def ask(server):
        async with client("", server.url) as http:
            body = next(Prompts(MODEL).bodies())
            return await Chat(http, f"{server.url}/v1", 30).ask(body, asyncio.get_running_loop().time())

    with openai_server(first_seconds=0.15, gap_seconds=0.05, texts=4) as server:
        outcome = asyncio.run(ask(server))
    [sent] = server.sent
    assert (outcome.failure, outcome.prompt_tokens, outcome.output_tokens) == ("", 7, 4)
    assert len(outcome.text_at) == 4
    lags = [seen - text_sent for seen, text_sent in zip(outcome.text_at, sent, strict=True)]
    assert min(lags) >= 0
    assert sorted(lags)[1] < 0.05
    assert outcome.time_to_first_token_seconds >= 0.15
    assert outcome.latency_seconds >= 0.3
    assert outcome.time_per_output_token_seconds == pytest.approx((sent[3] - sent[0]) / 3, abs=0.05)


def test_no_request_waits_for_a_connection():
    """A limit of connections would be a queue outside of the server: this one answers once all 150 requests have come."""
    came, all_came = [], asyncio.Event()

    async def refuse(request):
        came.append(request)
        if len(came) == 150:
            all_came.set()
        await asyncio.wait_for(all_came.wait(), 20)
        return PlainTextResponse("", 429)

    async def ask(url):
        async with client("", url) as http:
            chat = Chat(http, f"{url}/v1", 30)
            return await asyncio.gather(*(chat.ask({}, 0.0) for _ in range(150)))

    with served(Starlette(routes=[Route("/v1/chat/completions", refuse, methods=["POST"])])) as url:
        assert {outcome.failure for outcome in asyncio.run(ask(url))} == {"HTTP 429"}


@pytest.mark.parametrize(("idle_max_seconds", "connections"), [(30.0, 1), (0.0, 5)])
def test_requests_one_after_another_share_a_connection_that_was_not_idle_for_long(
    monkeypatch, idle_max_seconds, connections
):
    """It can be used again only where the answer was read beyond [DONE], to its very end, and before its server closes it."""
    monkeypatch.setattr(target, "IDLE_MAX_SECONDS", idle_max_seconds)
    ports = []

    async def answer(request):
        ports.append(request.client.port)
        text = b'data: {"choices":[{"delta":{"content":"text"}}]}\n\ndata: [DONE]\n\n'
        return StreamingResponse(iter([text]), media_type="text/event-stream")

    async def ask(url):
        async with client("", url) as http:
            chat = Chat(http, f"{url}/v1", 30)
            return [(await chat.ask({}, 0.0)).failure for _ in range(5)]

    with served(Starlette(routes=[Route("/v1/chat/completions", answer, methods=["POST"])])) as url:
        assert asyncio.run(ask(url)) == [""] * 5
    assert len(set(ports)) == connections


def test_a_closed_loop_counts_all_requests_but_the_one_that_goes_ahead(capsys):
    with openai_server() as server:
        told, code = measured(server, capsys, "--requests", "10", "--concurrency", "3")
    assert (code, told["requests"], told["succeeded"], told["failed"]) == (0, 10, 10, 0)
    assert (told["prompt_tokens"], told["output_tokens"]) == (70, 40)
    assert len(server.bodies) == 11
    assert told["inter_token_seconds"]["count"] == 30
    assert 0.02 <= told["time_to_first_token_seconds"]["p50"] <= told["latency_seconds"]["p50"]
    assert told["requests_per_second"] == pytest.approx(10 / told["duration_seconds"], rel=1e-3)
    assert told["output_tokens_per_second"] == pytest.approx(40 / told["duration_seconds"], rel=1e-3)


def test_the_table_says_the_same(capsys):
    with openai_server() as server:
        assert load(server, "--requests", "4") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Closed loop: 4 requests, 4 at a time, to {server.url}/v1\n")
    assert re.search(r"\n  output tokens/s   [\d.]+ \(16 in total\)\n", text)
    assert "\n  answers ended by  stop 100.0%\n" in text
    assert re.search(r"\n  seconds +mean +p50 +p90 +p95 +p99\n  latency( +\d\.\d{4}){5}\n", text)
    assert text.endswith("\n4 requests: 4 succeeded, 0 failed.\n")


def test_the_share_of_answers_that_were_cut_off_is_told(capsys):
    with openai_server(ends=["stop", "length", "length", "tool_calls", "length", ""]) as server:
        told, _code = measured(server, capsys, "--requests", "5", "--concurrency", "1")
        assert told["finish_reasons"] == {
            "length": {"count": 3, "ratio": 0.75},
            "tool_calls": {"count": 1, "ratio": 0.25},
        }
    with openai_server(ends=["stop", "length", "length", "tool_calls", "length", ""]) as server:
        assert load(server, "--requests", "5", "--concurrency", "1") == 0
    ends = "  answers ended by  length 75.0%, tool_calls 25.0%, not reported for 1 request\n"
    assert ends in capsys.readouterr().out


def test_the_schema_describes_every_field_and_is_one():
    Draft202012Validator.check_schema(SCHEMA.schema)
    for place in (SCHEMA.schema, SCHEMA.schema["properties"]["load"], SCHEMA.schema["properties"]["steps"]["items"]):
        assert all(each["description"] for each in place["properties"].values())


def test_a_ramp_says_why_requests_failed(capsys):
    with openai_server(texts=1, failing=dict.fromkeys(range(2, 100), "429")) as server:
        assert load(server, "--ramp", "10:10:1", "--step-seconds", "4") == 1
    assert re.search(r'\nHTTP 429: \d+ requests \("too much"\)\n', capsys.readouterr().out)


def test_the_examples_of_the_help_are_commands(capsys):
    """Each is read as a shell and the command line would read it, up to the server."""
    assert main(["loadtest", "--help"]) == 0
    examples = [
        line.split("loadtest", 1)[1] for line in capsys.readouterr().out.splitlines() if "  python deploy.py" in line
    ]
    assert len(examples) >= 5
    for example in examples:
        given = command.make_context("loadtest", shlex.split(example.partition("|")[0])).params
        Options(**given)


def test_an_open_loop_and_a_ramp_run_against_a_server(capsys):
    with openai_server(texts=1) as server:
        told, code = measured(server, capsys, "--requests", "20", "--rate", "200")
        assert (code, told["succeeded"], told["load"]["rate_per_second"]) == (0, 20, 200)
        told, code = measured(server, capsys, "--ramp", "10:10:1", "--step-seconds", "4")
    [step] = told["steps"]
    assert (code, step["offered_per_second"]) == (0, 10)
    # On a machine that is too busy the server may be saturated; what follows from it is the same.
    assert (told["capacity_requests_per_second"] is None) == (not step["saturated"])


def test_a_ramp_says_that_this_machine_was_too_slow_for_it(capsys, monkeypatch):
    monkeypatch.setattr(text_report, "_LATE_SECONDS", -1)
    with openai_server(texts=1) as server:
        load(server, "--ramp", "10:10:1", "--step-seconds", "4")
    assert "This machine sent requests up to" in capsys.readouterr().out


def test_an_answer_without_text_before_the_load_has_advice_of_its_own(capsys):
    with openai_server(failing={0: "silent"}) as server:
        assert "an answer without text; raise --max-tokens" in refused(capsys, "--url", server.url, "--model", MODEL)


def test_failures_are_counted_by_reason(capsys):
    """The first is the one that goes ahead."""
    faults = {1: "429", 2: "429", 3: "500", 4: "cut", 5: "error", 6: "plain", 7: "silent", 8: "strange"}
    with openai_server(failing=faults) as server:
        told, code = measured(server, capsys, "--requests", "9", "--concurrency", "1")
    assert code == 2
    assert (told["succeeded"], told["failed"], told["latency_seconds"]["count"]) == (1, 8, 1)
    assert told["failures"] == {
        "HTTP 429": 2,
        "HTTP 500": 1,
        "an answer that was cut off": 1,
        "error within the stream": 1,
        "an answer that is not a stream": 1,
        "an answer without text": 1,
        "an answer that is not OpenAI's": 1,
    }


def test_an_answer_that_takes_too_long_has_failed(capsys):
    with openai_server(first_seconds=0.0, gap_seconds=0.0) as server:

        async def ask():
            server.first_seconds = 60
            async with client("", server.url) as http:
                return await Chat(http, f"{server.url}/v1", 0.1).ask(next(Prompts(MODEL).bodies()), 0.0)

        assert asyncio.run(ask()).failure == "no complete answer within 0.1 s"


def test_a_server_that_tells_no_tokens_is_said_to(capsys):
    with openai_server(usage=False) as server:
        told, _code = measured(server, capsys, "--requests", "2")
        assert told["output_tokens"] is None and told["time_per_output_token_seconds"] is None
        assert load(server, "--requests", "2") == 0
    assert "output tokens/s   not known: the server reports no counts" in capsys.readouterr().out


def test_no_two_prompts_begin_alike_unless_that_is_asked_for():
    varied, same = Prompts(MODEL, words=5), Prompts(MODEL, words=5, same=True)

    def texts(prompts):
        bodies = prompts.bodies()
        return [next(bodies)["messages"][0]["content"] for _ in range(50)]

    assert len({text[:8] for text in texts(varied)}) == 50
    assert len(set(texts(same))) == 1
    assert texts(varied) == texts(varied)
    assert all(len(text.split()) == 6 for text in texts(varied))


def test_pages_are_sent_in_turn_as_data_urls(tmp_path, capsys):
    for name in ("a.png", "b.jpg"):
        (tmp_path / name).write_bytes(PIXEL)
    images = ("--image", str(tmp_path / "a.png"), "--image", str(tmp_path / "b.jpg"))
    with openai_server() as server:
        assert load(server, "--requests", "2", "--concurrency", "1", *images) == 0
    contents = [body["messages"][0]["content"] for body in server.bodies]
    urls = [part["image_url"]["url"] for content in contents for part in content if part["type"] == "image_url"]
    assert urls == [f"data:image/{kind};base64,iVBORw0KGgo=" for kind in ("png", "jpeg", "png")]
    assert len({part["text"] for content in contents for part in content if part["type"] == "text"}) == 3
