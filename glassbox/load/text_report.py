"""What was measured, as text for people."""

from collections.abc import Iterator, Sequence

from glassbox.load.ramp import Step, capacity
from glassbox.load.summary import NAMES, PERCENTILES, Distribution, Summary

# Later than this, times say more about this machine than about the server.
_LATE_SECONDS = 0.05
_SHOWN_ENDS = 4


def summary_lines(summary: Summary) -> Iterator[str]:
    """Rates, a table of times, failures by reason, and a closing sentence."""
    yield f"  duration          {summary.duration_seconds:.2f} s"
    yield f"  requests/s        {summary.requests_per_second:.2f}"
    yield f"  output tokens/s   {_tokens(summary, summary.output_tokens)}"
    yield f"  prompt tokens/s   {_tokens(summary, summary.prompt_tokens)}"
    if summary.succeeded:
        yield f"  answers ended by  {_ends(summary)}"
        yield ""
        yield f"  {'seconds':<22}" + "".join(f"{name:>10}" for name in ("mean", *(f"p{p}" for p in PERCENTILES)))
        yield from (_line(NAMES[name], times) for name, times in summary.times.items() if times)
        yield ""
    yield from trouble_lines(summary)
    yield closing_sentence(summary)


def trouble_lines(summary: Summary) -> Iterator[str]:
    """What failed, and whether this machine was too slow to send the load, which would make its times the machine's own."""
    yield from _failure_lines(summary)
    late = summary.times["send_delay_seconds"]
    if late and late.percentiles[99] > _LATE_SECONDS:
        yield f"This machine sent requests up to {late.percentiles[99]:.2g} s late (p99): use a faster one, or several."


def _failure_lines(summary: Summary) -> Iterator[str]:
    """Each reason, the most frequent first, with the server's last words."""
    for reason, count in sorted(summary.failures.items(), key=lambda each: (-each[1], each[0])):
        words = summary.details.get(reason)
        yield f"{reason}: {count} {_requests(count)}" + (f' ("{words}")' if words else "")


def closing_sentence(summary: Summary) -> str:
    """How many requests succeeded and failed."""
    unfinished = f", {summary.unfinished} unfinished" if summary.unfinished else ""
    return f"{summary.requests} {_requests(summary.requests)}: {summary.succeeded} succeeded, {summary.failed} failed{unfinished}."


def _requests(count: int) -> str:
    return "request" if count == 1 else "requests"


def _tokens(summary: Summary, tokens: int | None) -> str:
    per_second = summary.per_second(tokens)
    if per_second is None:
        return "not known: the server reports no counts, or some that cannot be true"
    return f"{per_second:.1f} ({tokens} in total)"


def _ends(summary: Summary) -> str:
    """The share of each finish reason; `length` are those that were cut off at --max-tokens."""
    ratios = list(summary.finish_ratios.items())
    shown = [f"{reason} {ratio:.1%}" for reason, ratio in ratios[:_SHOWN_ENDS]]
    others = [f"others {sum(ratio for _, ratio in ratios[_SHOWN_ENDS:]):.1%}"] if ratios[_SHOWN_ENDS:] else []
    untold = summary.succeeded - sum(summary.finish_reasons.values())
    unknown = [f"not reported for {untold} {_requests(untold)}"] if untold else []
    return ", ".join((*shown, *others, *unknown))


def _line(name: str, times: Distribution) -> str:
    return f"  {name:<22}" + "".join(f"{value:>10.4f}" for value in (times.mean, *times.percentiles.values()))


STEP_HEADER = f"{'offered/s':>10}{'completed/s':>13}{'arrived':>9}{'completed':>11}{'p95 s':>9}   queue"


def step_line(step: Step, summary: Summary) -> str:
    """One step of a ramp."""
    latency = summary.times["latency_seconds"]
    p95 = f"{latency.percentiles[95]:.2f}" if latency else "-"
    word = "grows" if step.is_saturated else "empties"
    return f"{step.offered_per_second:>10g}{step.completed_per_second:>13.2f}{step.arrived:>9}{step.completed:>11}{p95:>9}   {word}"


def capacity_lines(steps: Sequence[Step], job: str, replicas: int) -> Iterator[str]:
    """The result of a ramp of at least one step, ready for the settings file."""
    found = capacity(steps)
    if found is None:
        yield f"Not saturated at {steps[-1].offered_per_second:g} requests/s: ramp to a higher rate."
        return
    if len(steps) == 1:
        yield "Saturated at the first rate: ramp from a lower one to see which rate it can serve."
    if found == 0:
        return
    each = f", {found / replicas:.3g} for each of {replicas} replicas" if replicas > 1 else ""
    yield f"Capacity: {found:.3g} requests/s{each}. In the settings file:"
    yield "jobs:"
    yield f"  capacity_requests_per_second: {{{job}: {found / replicas:.3g}}}"
