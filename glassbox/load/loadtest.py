"""The command line of the load test. stdout carries the result, stderr progress and what went wrong."""

import asyncio
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS
from glassbox.cli.option_values import FilePath, FolderPath
from glassbox.cli.output import complain, say
from glassbox.compile.outputs import write_file
from glassbox.load import text_report
from glassbox.load.arrivals import Ask, Bodies, closed_loop, open_loop, poisson_arrivals
from glassbox.load.chat import Chat
from glassbox.load.options import CONCURRENCY, LOWEST_RATE, REQUESTS, STEP_SECONDS, FiniteRange, Options, rate_range
from glassbox.load.progress import Progress
from glassbox.load.ramp import Step, capacity, climb
from glassbox.load.summary import summarise
from glassbox.load.target import api_key, api_url, client, first_answer

EXAMPLES = """\b
Examples:
  # 64 requests, 16 at a time
  python deploy.py loadtest --url http://localhost:8000 --model Qwen/Qwen2.5-7B-Instruct
  # five per second, arriving at random, whatever the server does
  python deploy.py loadtest --url http://localhost:8000 --model Qwen/Qwen2.5-7B-Instruct --requests 600 --rate 5
  # the rate at which the queue grows
  python deploy.py loadtest --url http://localhost:8000 --model Qwen/Qwen2.5-7B-Instruct --ramp 1:20:1
  # pages for an OCR model
  python deploy.py loadtest --url http://localhost:8000 --model my-ocr --image page-1.png --image page-2.png
  # a normal range, to be compared after a change by: python deploy.py baseline compare before --with after
  python deploy.py loadtest --url http://localhost:8000 --model my-model --requests 2000 --rate 5 --save-baseline before
  # numbers alone, for another program
  python deploy.py loadtest --url http://localhost:8000 --model Qwen/Qwen2.5-7B-Instruct --json - | jq .latency_seconds.p95

\b
Exit codes: 0 done, 1 error or interrupted, 2 some requests failed (not for a ramp, whose last step may fail).
"""

FORMAT = 1
"""Of the JSON, as loadtest.schema.json beside this module describes it; another number when a field changes its meaning."""

_FILE = FilePath()
_POSITIVE = FiniteRange(0, min_open=True)
_MANY = click.IntRange(1)


@click.command("loadtest", epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", required=True, help="Address of the server, with or without /v1.")
@click.option("--model", required=True, help="The model's name on the server.")
@click.option("--requests", type=_MANY, help=f"Total number of requests.  [default: {REQUESTS}]")
@click.option("--concurrency", type=_MANY, help=f"Closed loop: requests at a time.  [default: {CONCURRENCY}]")
@click.option("--rate", type=FiniteRange(LOWEST_RATE), help="Open loop: requests per second, arriving at random.")
@click.option(
    "--ramp",
    "ramp_range",
    callback=rate_range,
    metavar="A:B:STEP",
    help="One rate after another, until one is too much.",
)
@click.option("--step-seconds", type=_POSITIVE, help=f"Ramp: length of a step.  [default: {STEP_SECONDS:g}]")
@click.option("--max-tokens", type=_MANY, default=128, show_default=True, help="Longest answer, in tokens.")
@click.option("--ignore-eos", is_flag=True, help="Make every answer --max-tokens long; only vLLM knows this field.")
@click.option("--prompt-words", type=_MANY, default=200, show_default=True, help="Length of a prompt, in words.")
@click.option(
    "--same-prompt", is_flag=True, help="Send one prompt for all requests: shows what the prefix cache saves."
)
@click.option(
    "--image",
    "images",
    multiple=True,
    type=_FILE,
    help="A page to read; may be repeated. Give several: engines cache pages.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of prompts and arrivals.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=_POSITIVE,
    default=600.0,
    show_default=True,
    help="Seconds after which a request counts as failed.",
)
@click.option("--api-key-file", type=_FILE, metavar="FILE", help="File with the API key, instead of OPENAI_API_KEY.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Also write the result as JSON; - writes JSON alone to stdout. Fields: docs/load-test.md.",
)
@click.option(
    "--job",
    default="vllm",
    show_default=True,
    help="The Prometheus job of the service, for the settings that a ramp prints, and for a baseline.",
)
@click.option("--replicas", type=_MANY, default=1, show_default=True, help="Replicas that share this load.")
@click.option(
    "--save-baseline",
    "baseline",
    metavar="NAME",
    help="Also save a baseline for `baseline compare`; needs --rate or --ramp.",
)
@click.option(
    "--folder",
    type=FolderPath(file_okay=False),
    default=Path("baselines"),
    show_default=True,
    help="Folder of that baseline.",
)
def command(**given: Any) -> int:
    """Load an OpenAI-compatible server with streamed chats, and measure what its callers see.

    The key comes from OPENAI_API_KEY or --api-key-file. One uncounted request is sent first, to check that the server answers.
    """
    return LoadTest(Options(**given)).perform()


class LoadTest:
    """One run, and what it has measured so far."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.steps: list[Step] = []
        self.progress = Progress(options.total)

    def perform(self) -> int:
        """Run to the end or to Ctrl-C, print what was measured, and return the exit code; raises GlassboxError."""
        if self.options.baseline:
            self._check_baseline(self.options.baseline)
        with self.progress:
            interrupted = not self._ran_to_the_end()
        summary = summarise(self.progress.outcomes, unfinished=self.progress.in_progress)
        if self.options.ramp and not interrupted:
            self._say(*text_report.trouble_lines(summary))
            self._say(*text_report.capacity_lines(self.steps, self.options.job, self.options.replicas))
        else:
            self._say(*text_report.summary_lines(summary))
        if interrupted:
            unsaved = ", and no baseline is saved" if self.options.baseline else ""
            complain(f"Interrupted: these are the results until then{unsaved}.")
        if self.options.json_file:
            self._write_json({**summary.as_json(), "interrupted": interrupted})
        if interrupted or not summary.succeeded:
            return ERROR
        if self.options.baseline:
            self._save_baseline(self.options.baseline, summary.duration_seconds)
        return FINDINGS if summary.failures and not self.options.ramp else DONE

    def _check_baseline(self, name: str) -> None:
        from glassbox.load import request_blocks

        request_blocks.check(name, self.options.folder, self.options.total)

    def _save_baseline(self, name: str, duration_seconds: float) -> None:
        from glassbox.baseline import baseline_file, render
        from glassbox.baseline.profile import Served
        from glassbox.load.request_blocks import baseline_of

        options = self.options
        kept_up = [(step.offered_per_second, step.outcomes) for step in self.steps if not step.is_saturated]
        loads = kept_up if options.ramp else [(options.rate or 0.0, self.progress.outcomes)]
        served = Served(options.job, options.model, "", "")
        measured = baseline_of(loads, served, options.replicas, duration_seconds)
        self._say(*render.found(measured.profile), str(baseline_file.save(measured, name, options.folder)))

    def _ran_to_the_end(self) -> bool:
        try:
            asyncio.run(self._measure())
        except KeyboardInterrupt:
            return False
        return True

    async def _measure(self) -> None:
        options = self.options
        url, key, bodies = api_url(options.url), api_key(options.api_key_file), options.prompts().bodies()
        async with client(key, url) as http:
            chat = Chat(http, url, options.timeout_seconds)
            await first_answer(http, url, chat, next(bodies))
            if options.ramp:
                # The first answer of a server may take long; the second shows how long answers take.
                lone = await first_answer(http, url, chat, next(bodies))
                options.ramp.check(lone.latency_seconds)
            self._say(f"{options.kind()}, to {url}")
            await self._load(chat.ask, bodies)

    async def _load(self, ask: Ask, bodies: Bodies) -> None:
        options, progress = self.options, self.progress
        if options.ramp:
            self._say(text_report.STEP_HEADER)
            async for step in climb(ask, bodies, options.ramp, options.seed, progress):
                self.steps.append(step)
                self._say(text_report.step_line(step, summarise(step.outcomes)))
        elif options.rate:
            arrivals = list(islice(poisson_arrivals(options.rate, options.seed), options.total))
            await open_loop(ask, bodies, arrivals, progress)
        else:
            await closed_loop(ask, bodies, options.total or 0, options.workers, progress)

    def _say(self, *lines: str) -> None:
        """A part of the result; where stdout is to be JSON alone, it goes to stderr."""
        to = sys.stderr if self.options.json_file == "-" else sys.stdout
        for line in lines:
            self.progress.say(line, to)

    def _write_json(self, measured: dict[str, Any]) -> None:
        ramp = {
            "steps": [step.as_json() for step in self.steps],
            "capacity_requests_per_second": capacity(self.steps),
        }
        content = {"format": FORMAT, "load": self.options.as_json(), **measured, **(ramp if self.options.ramp else {})}
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
        if self.options.json_file == "-":
            say(text, end="")
        else:
            write_file(Path(str(self.options.json_file)), text, "--json")
