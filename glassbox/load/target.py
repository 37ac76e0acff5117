"""The server under load: its address, the key, and a first request before any load is sent."""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.http.route import route_to
from glassbox.http.secret_files import token_in
from glassbox.http.sentences import on_one_line
from glassbox.load.chat import CONNECT_TIMEOUT_SECONDS, NO_TEXT, UNCOMPRESSED, Chat, Outcome, beginning

KEY_VARIABLE = "OPENAI_API_KEY"
IDLE_MAX_SECONDS = 2.0
"""How long an idle connection may be used again: servers such as uvicorn and vLLM close it after five, without warning."""
MODELS_MAX_BYTES, MODELS_MAX_SECONDS = 2**20, 10.0
_SHOWN_MODELS = 10


def api_url(url: str) -> str:
    """The URL up to the API's version: `http://host:8000`, `.../v1` and `.../v1/chat/completions` mean the same; GlassboxError."""
    parts = server_address(
        url, option="--url", example="http://localhost:8000", credential=f"put the key into {KEY_VARIABLE}"
    )
    base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/chat/completions")
    return base if re.search(r"/v\d+$", base) else f"{base}/v1"


def api_key(file: Path | None) -> str:
    """The key: from the file, else from OPENAI_API_KEY, else empty, which most private servers accept; raises GlassboxError."""
    if file is None:
        return _one_word(os.environ.get(KEY_VARIABLE, ""), KEY_VARIABLE)
    return _one_word(token_in(file, "API key"), f"The token file {file}")


def _one_word(text: str, where: str) -> str:
    key = text.strip()
    if key and not re.fullmatch(r"[!-~]+", key):
        raise GlassboxError(f"{where} holds a space or another character that a key cannot have: copy the key again.")
    return key


def client(key: str, url: str) -> httpx.AsyncClient:
    """An HTTP client for this server without a limit of connections: a limit would be a queue outside the server."""
    return httpx.AsyncClient(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_SECONDS),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE_MAX_SECONDS),
        **route_to(url).for_httpx(),
    )


async def first_answer(http: httpx.AsyncClient, url: str, chat: Chat, body: Mapping[str, Any]) -> Outcome:
    """The answer to a single request, which also warms the server up; where it fails, GlassboxError says what to do."""
    outcome = await chat.ask(body, asyncio.get_running_loop().time())
    if outcome.failure:
        said = f' ("{outcome.details}")' if outcome.details else ""
        advice = await _advice(http, url, outcome.failure)
        raise GlassboxError(f"A first request to {url} {route_to(url)}failed: {outcome.failure}{said}; {advice}.")
    return outcome


async def _advice(http: httpx.AsyncClient, url: str, failure: str) -> str:
    if failure in ("HTTP 401", "HTTP 403"):
        return f"set {KEY_VARIABLE} or name a file that holds the key with --api-key-file"
    if failure == "HTTP 404":
        models = await _models(http, url)
        return f"it serves {', '.join(models[:_SHOWN_MODELS])}" if models else "check --url and --model"
    if failure.startswith("no connection"):
        reach = "check --url, and that the server runs and can be reached from here"
        return "docs/troubleshooting.md says more of proxies" if route_to(url).proxy else reach
    if failure.startswith("HTTP 4"):
        return "change the request with the options"
    if failure.startswith("HTTP 3"):
        return "redirects are not followed, so give the server's own address"
    return "raise --max-tokens, since a model may think first" if failure == NO_TEXT else "see the server's log"


async def _models(http: httpx.AsyncClient, url: str) -> list[str]:
    """The models that the server lists; empty where it lists none."""
    try:
        async with (
            asyncio.timeout(MODELS_MAX_SECONDS),
            http.stream("GET", f"{url}/models", headers=UNCOMPRESSED) as answer,
        ):
            models = json.loads(await beginning(answer, MODELS_MAX_BYTES))["data"]
        return [on_one_line(model["id"]) for model in models if isinstance(model["id"], str)]
    except (TimeoutError, httpx.HTTPError, ValueError, KeyError, TypeError, RecursionError):
        return []
