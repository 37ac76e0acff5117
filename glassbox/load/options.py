"""The options of the command, checked as a whole."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import click

from glassbox.load.prompts import Prompts, data_url
from glassbox.load.ramp import Ramp

REQUESTS, CONCURRENCY, STEP_SECONDS = 64, 16, 60.0
LOWEST_RATE, MOST_STEPS = 0.001, 1000


class FiniteRange(click.FloatRange):
    """A range of numbers without NaN and infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a number that can be used.", param, ctx)
        return number


def rate_range(_context: click.Context, _param: click.Parameter, text: str | None) -> tuple[float, float, float] | None:
    """A:B:STEP as three numbers; click.BadParameter for anything else, and where they do not go up from more than 0."""
    if text is None:
        return None
    try:
        first, last, step = map(float, text.split(":"))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not A:B:STEP, such as 1:20:1.") from None
    if not (LOWEST_RATE <= first <= last < float("inf") and 0 < step < float("inf")):
        raise click.BadParameter(f"{text!r} must go up, from {LOWEST_RATE} requests/s or more.")
    if (last - first) / step >= MOST_STEPS:
        raise click.BadParameter(f"{text!r} has more than {MOST_STEPS} steps: choose a larger one.")
    return first, last, step


@dataclass(frozen=True, kw_only=True)
class Options:
    """As click gives them; None where an option was not given. Raises click.UsageError for options that exclude each other."""

    url: str
    model: str
    requests: int | None
    concurrency: int | None
    rate: float | None
    ramp_range: tuple[float, float, float] | None
    step_seconds: float | None
    max_tokens: int
    ignore_eos: bool
    prompt_words: int
    same_prompt: bool
    images: tuple[Path, ...]
    seed: int
    timeout_seconds: float
    api_key_file: Path | None
    json_file: str | None
    job: str
    replicas: int
    baseline: str | None
    folder: Path

    def __post_init__(self) -> None:
        given = {"ramp": self.ramp_range, **vars(self)}
        for one, others in (("ramp", ("rate", "requests", "concurrency")), ("rate", ("concurrency",))):
            for other in others:
                if given[one] is not None and given[other] is not None:
                    raise click.UsageError(f"--{one} cannot be combined with --{other}: give one of the two.")
        if self.step_seconds is not None and self.ramp_range is None:
            raise click.UsageError("--step-seconds needs --ramp.")
        if self.baseline is not None and self.rate is None and self.ramp_range is None:
            raise click.UsageError(
                "--save-baseline needs --rate or --ramp: else the load depends on the server's speed."
            )
        if self.json_file not in (None, "-") and not Path(str(self.json_file)).absolute().parent.is_dir():
            raise click.UsageError(f"--json {self.json_file}: this folder does not exist.")

    @property
    def total(self) -> int | None:
        """How many requests; None for a ramp, which is measured by time."""
        return None if self.ramp_range else self.requests or REQUESTS

    @property
    def workers(self) -> int:
        """Of a closed loop: no more than there are requests."""
        return min(self.concurrency or CONCURRENCY, self.total or 1)

    @property
    def ramp(self) -> Ramp | None:
        """The rates of a ramp; None without one."""
        return Ramp(*self.ramp_range, self.step_seconds or STEP_SECONDS) if self.ramp_range else None

    def prompts(self) -> Prompts:
        """The requests' prompts; GlassboxError for an unusable picture."""
        return Prompts(
            model=self.model,
            max_tokens=self.max_tokens,
            words=self.prompt_words,
            same=self.same_prompt,
            ignore_eos=self.ignore_eos,
            seed=self.seed,
            image_urls=[data_url(image) for image in self.images],
        )

    def kind(self) -> str:
        """The kind of load in words."""
        if ramp := self.ramp:
            steps = f"{len(ramp.rates)} steps of {ramp.step_seconds:g} s"
            return f"Ramp from {ramp.first:g} to {ramp.last:g} requests/s, arriving at random, {steps}"
        if self.rate:
            return f"Open loop: {self.total} requests, {self.rate:g} per second, arriving at random"
        return f"Closed loop: {self.total} requests, {self.workers} at a time"

    def as_json(self) -> dict[str, Any]:
        """What a later reader must know to repeat it."""
        return {
            "url": self.url,
            "model": self.model,
            "requests": self.total,
            "concurrency": None if self.rate or self.ramp_range else self.workers,
            "rate_per_second": self.rate,
            "ramp": self.ramp and vars(self.ramp),
            "max_tokens": self.max_tokens,
            "ignore_eos": self.ignore_eos,
            "prompt_words": self.prompt_words,
            "same_prompt": self.same_prompt,
            "images": len(self.images),
            "seed": self.seed,
        }
