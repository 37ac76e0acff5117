"""Capture what a real front end of Dynamo answers at /metrics, in front of its mocker, without a GPU: `python demo/capturing/dynamo_front_end.py URL`.

URL is that of the front end. A request for a model that it does not have comes first. Then two requests a second are sent, all alike
but for their last words, and the mocker takes as long as it is told to. So names, labels, types, buckets and what each event counts
are Dynamo's, and the numbers are of nobody's model.
"""

import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import click

OUT_DIR = Path(__file__).resolve().parent.parent / "expositions" / "engines"
SPAN_SECONDS, REQUESTS_PER_SECOND, ANSWER_TOKENS = 60, 2, 150
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# Until the longest of them has ended, and the rate of ends is that of beginnings.
_SETTLING_SECONDS = 30
_PROMPT = "Explain to an engineer on call what each of these numbers means. " * 12


def ask(url: str, model: str, number: int) -> None:
    """One streamed answer, read to its end."""
    body = {
        "model": model,
        "stream": True,
        "max_tokens": ANSWER_TOKENS,
        "messages": [{"role": "user", "content": f"{_PROMPT}{number}"}],
    }
    asked = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with _DIRECTLY.open(asked, timeout=60) as answer:
        answer.read()


def exposition(url: str) -> str:
    """What it says of its requests now."""
    with _DIRECTLY.open(f"{url}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def keep_asking(url: str, model: str, over: threading.Event) -> None:
    """Begins requests at a steady rate, whatever becomes of those before."""
    for number in itertools.count():
        threading.Thread(target=ask, args=(url, model, number), daemon=True).start()
        if over.wait(1 / REQUESTS_PER_SECOND):
            return


@click.command()
@click.argument("url")
@click.option("--model", required=True, help="As the mocker was told to call it (--model-name).")
def main(url: str, model: str) -> None:
    """Write two expositions, a minute apart."""
    with suppress(urllib.error.HTTPError):
        ask(url, "absent", 0)
    over = threading.Event()
    asking = threading.Thread(target=keep_asking, args=(url, model, over))
    asking.start()
    try:
        for number, wait_seconds in ((1, _SETTLING_SECONDS), (2, SPAN_SECONDS)):
            time.sleep(wait_seconds)
            (OUT_DIR / f"dynamo-{number}.prom").write_text(exposition(url), encoding="utf-8")
    finally:
        over.set()
        asking.join()


if __name__ == "__main__":
    main()
