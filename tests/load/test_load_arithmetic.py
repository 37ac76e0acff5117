"""What is told of outcomes, counted by hand; and who asks when, in virtual time."""

import asyncio
import math
import statistics
from itertools import pairwise

import pytest

from glassbox.errors import GlassboxError
from glassbox.load.arrivals import arrivals_within, closed_loop, open_loop, poisson_arrivals
from glassbox.load.chat import Outcome
from glassbox.load.ramp import Ramp, Step, capacity, climb, judged
from glassbox.load.summary import Distribution, summarise
from glassbox.load.text_report import capacity_lines
from glassbox.settings.loading import load_settings
from tests.support.virtual_time import run


class Notes:
    """A watcher that keeps what it is told."""

    def __init__(self):
        self.outcomes, self.in_work, self.most_in_work = [], 0, 0

    def begun(self):
        self.in_work += 1
        self.most_in_work = max(self.most_in_work, self.in_work)

    def ended(self, outcome):
        self.in_work -= 1
        self.outcomes.append(outcome)


def served_by(places, seconds):
    """A server of so many places that takes so long for each request; its capacity is places / seconds."""
    free = asyncio.Semaphore(places)

    async def ask(_body, due_at):
        sent_at = asyncio.get_running_loop().time()
        async with free:
            await asyncio.sleep(seconds)
        now = asyncio.get_running_loop().time()
        return Outcome(due_at, sent_at, now, (now,), 1, 1)

    return ask


def bodies():
    while True:
        yield {}


def test_percentiles_are_those_of_the_textbook():
    """Between the two nearest values, as numpy's default: of 1..5 the rank of p90 is 1 + 0.9 * 4 = 4.6."""
    told = Distribution.of([5, 3, 1, 2, 4])
    assert told.mean == 3
    assert told.percentiles == pytest.approx({50: 3, 90: 4.6, 95: 4.8, 99: 4.96})


def test_one_value_is_all_its_percentiles_and_none_has_no_distribution():
    assert Distribution.of([7.0]).percentiles == {50: 7, 90: 7, 95: 7, 99: 7}
    assert Distribution.of([]) is None


def test_times_of_one_answer():
    """Due at 10, sent at 10.1, texts at 10.5, 10.6 and 10.9, five tokens, end at 11."""
    told = summarise([Outcome(10.0, 10.1, 11.0, (10.5, 10.6, 10.9), prompt_tokens=3, output_tokens=5)])
    means = {name: times.mean for name, times in told.times.items()}
    assert means == pytest.approx(
        {
            "latency_seconds": 1.0,
            "time_to_first_token_seconds": 0.5,
            "inter_token_seconds": 0.2,
            "time_per_output_token_seconds": 0.1,
            "send_delay_seconds": 0.1,
        }
    )
    assert told.duration_seconds == 1.0
    assert (told.requests_per_second, told.per_second(told.output_tokens)) == (1.0, 5.0)


def test_failed_requests_are_counted_by_reason_and_have_no_times():
    whole = Outcome(0.0, 0.0, 2.0, (1.0,), 4, 1)
    failed = [Outcome(0.0, 0.0, 9.0, failure="HTTP 429", details="busy"), Outcome(0.0, 0.0, 10.0, failure="HTTP 500")]
    told = summarise([whole, *failed, failed[0]], unfinished=3)
    assert (told.requests, told.succeeded, told.unfinished) == (7, 1, 3)
    assert told.failures == {"HTTP 429": 2, "HTTP 500": 1}
    assert told.details == {"HTTP 429": "busy"}
    assert told.times["latency_seconds"].percentiles[99] == 2.0
    assert told.requests_per_second == 0.1


def test_tokens_that_one_answer_did_not_tell_are_not_told():
    told = summarise([Outcome(0.0, 0.0, 1.0, (1.0,), 4, 2), Outcome(0.0, 0.0, 1.0, (1.0,))])
    assert (told.prompt_tokens, told.output_tokens, told.as_json()["output_tokens_per_second"]) == (None, None, None)


def test_arrivals_are_a_poisson_process_of_the_rate():
    """Gaps of an exponential distribution: mean and standard deviation are both 1 / rate; of 20,000 within 3 %."""
    arrivals = arrivals_within(5000, 4.0, seed=1)
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert len(arrivals) == pytest.approx(20_000, rel=0.03)
    assert statistics.fmean(gaps) == pytest.approx(0.25, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(0.25, rel=0.03)
    assert sum(gap > 0.5 for gap in gaps) / len(gaps) == pytest.approx(math.exp(-2), rel=0.05)


def test_arrivals_are_the_same_for_the_same_seed():
    assert arrivals_within(10, 5.0, seed=3) == arrivals_within(10, 5.0, seed=3) != arrivals_within(10, 5.0, seed=4)


def test_an_open_loop_sends_at_the_moments_given_whatever_the_server_does():
    """A server of one place that takes 10 s: the third of three requests, a second apart, waits for both before it."""
    notes = Notes()

    async def load():
        await open_loop(served_by(1, 10.0), bodies(), [1.0, 2.0, 3.0], notes)

    run(load())
    assert [(each.due_at, each.sent_at) for each in notes.outcomes] == [(1, 1), (2, 2), (3, 3)]
    assert [each.latency_seconds for each in notes.outcomes] == [10, 19, 28]


def test_latency_counts_from_the_arrival_even_where_this_machine_sends_late():
    """Coordinated omission: were it counted from the sending, the pause of the client would hide what its callers wait."""
    notes = Notes()

    async def late(_body, due_at):
        await asyncio.sleep(5.0)
        sent_at = asyncio.get_running_loop().time()
        await asyncio.sleep(1.0)
        return Outcome(due_at, sent_at, asyncio.get_running_loop().time(), (sent_at + 0.5,), 1, 1)

    async def load():
        await open_loop(late, bodies(), [1.0], notes)

    run(load())
    told = summarise(notes.outcomes).times
    assert told["latency_seconds"].mean == 6.0
    assert told["time_to_first_token_seconds"].mean == 5.5
    assert told["send_delay_seconds"].mean == 5.0


def test_a_closed_loop_keeps_so_many_in_work_and_asks_no_more_than_it_should():
    """Ten requests of 2 s by three workers: four rounds."""
    notes = Notes()

    async def load():
        await closed_loop(served_by(100, 2.0), bodies(), 10, 3, notes)
        return asyncio.get_running_loop().time()

    assert run(load()) == 8.0
    assert (len(notes.outcomes), notes.most_in_work) == (10, 3)


def climbed(ask_of, ramp, seed=0):
    async def load():
        return [step async for step in climb(ask_of(), bodies(), ramp, seed, Notes())]

    return run(load())


def test_each_step_of_a_ramp_has_chances_of_its_own_and_begins_with_an_empty_queue():
    """With one seed for all, each step would offer the gaps of the first, only shorter, and repeat its luck."""
    steps = climbed(lambda: served_by(20, 2.0), Ramp(4, 6, 2, step_seconds=100))
    first, second = (sorted(outcome.due_at for outcome in step.outcomes) for step in steps)
    gaps = [[(later - earlier) * rate for earlier, later in pairwise(dues)] for dues, rate in ((first, 4), (second, 6))]
    assert not any(one == pytest.approx(other) for one, other in zip(gaps[0][:20], gaps[1][:20], strict=True))
    assert second[0] > max(outcome.ended_at for outcome in steps[0].outcomes)


@pytest.mark.parametrize("seed", range(5))
def test_a_ramp_finds_the_capacity_of_a_server(seed):
    """Twenty places of 2 s each are 10 requests/s: 9.5 still empties, 13 cannot."""
    steps = climbed(lambda: served_by(20, 2.0), Ramp(4, 20, 3, step_seconds=120), seed)
    assert [(step.offered_per_second, step.is_saturated) for step in steps] == [
        (4, False),
        (7, False),
        (10, steps[2].is_saturated),
        (13, True),
    ][: len(steps)]
    assert steps[-1].is_saturated
    assert capacity(steps) == pytest.approx(10, rel=0.05)


def test_a_load_below_the_capacity_is_not_taken_for_too_much():
    """At 80 % of the capacity, forty times: chance must not be taken for growth."""
    steps = [
        step for seed in range(40) for step in climbed(lambda: served_by(20, 2.0), Ramp(8, 8, 1, step_seconds=60), seed)
    ]
    assert [step for step in steps if step.is_saturated] == []


def test_answers_that_take_long_are_not_taken_for_a_growing_queue():
    """Places without end: nothing can queue, though 40 requests are in progress at a time."""
    [step] = climbed(lambda: served_by(10_000, 10.0), Ramp(4, 4, 1, step_seconds=100))
    assert not step.is_saturated
    assert capacity([step]) is None


def test_what_a_server_refuses_is_not_served():
    """A server that refuses all above one in progress answers at once, so nothing queues, and still it is too much for it."""
    busy = []

    async def ask(_body, due_at):
        now = asyncio.get_running_loop().time()
        if busy:
            return Outcome(due_at, now, now, failure="HTTP 429")
        busy.append(1)
        await asyncio.sleep(1.0)
        busy.clear()
        now = asyncio.get_running_loop().time()
        return Outcome(due_at, due_at, now, (now,), 1, 1)

    [step] = climbed(lambda: ask, Ramp(5, 20, 5, step_seconds=100))
    assert step.is_saturated
    assert capacity([step]) == pytest.approx(
        5 / 6, rel=0.1
    )  # Erlang's loss formula: 5 / (1 + 5) of a place, 1 a second


def test_the_rule_by_hand():
    """100 arrived in the second half: growth of up to 20 may be chance. 10,000 arrived: up to 500 is settling."""

    def step(arrived, completed):
        return Step(10, 10, arrived, completed, ())

    assert not step(100, 80).is_saturated
    assert step(100, 79).is_saturated
    assert not step(10_000, 9_500).is_saturated
    assert step(10_000, 9_499).is_saturated


def test_only_the_second_half_of_a_step_counts():
    """Ten seconds from 100 on: those due or ended before 105, or at 110 and later, are left out."""
    moments = [(100, 104.9), (104.9, 105), (105, 109.9), (109.9, 110), (106, 111)]
    step = judged([Outcome(due, due, end, (end,)) for due, end in moments], 100.0, rate=1, seconds=10)
    assert (step.arrived, step.completed) == (3, 2)


def test_a_server_that_too_much_work_slows_keeps_the_capacity_it_had():
    kept_up, thrashing = Step(8, 10, 80, 80, ()), Step(12, 10, 120, 50, ())
    assert capacity([kept_up, thrashing]) == 8.0


def test_a_capacity_is_told_as_the_settings_take_it(tmp_path):
    steps = [Step(8, 10, 80, 80, ()), Step(12, 10, 240, 100, ())]
    first, *yaml = capacity_lines(steps, "vllm", replicas=4)
    assert first == "Capacity: 10 requests/s, 2.5 for each of 4 replicas. In the settings file:"
    file = tmp_path / "settings.yaml"
    file.write_text("\n".join(yaml))
    assert load_settings(file).jobs.capacity_requests_per_second == {"vllm": 2.5}


def test_a_ramp_that_finds_no_capacity_says_what_to_do():
    assert list(capacity_lines([Step(8, 10, 80, 80, ())], "vllm", 1)) == [
        "Not saturated at 8 requests/s: ramp to a higher rate."
    ]
    [said] = capacity_lines([Step(8, 10, 80, 0, ())], "vllm", 1)
    assert "ramp from a lower one" in said


def test_steps_that_are_too_short_are_refused():
    Ramp(1, 5, 1, step_seconds=60).check(answer_seconds=6.0)
    with pytest.raises(GlassboxError, match=r"an answer takes 6\.1 s here.*--step-seconds 61 or more"):
        Ramp(1, 5, 1, step_seconds=60).check(answer_seconds=6.1)
    with pytest.raises(GlassboxError, match=r"0\.5 requests/s is a low rate; give --step-seconds 80 or more"):
        Ramp(0.5, 5, 1, step_seconds=60).check(answer_seconds=0.1)


def test_a_ramp_ends_at_its_last_rate():
    assert Ramp(1, 2, 0.1, 60).rates == pytest.approx([1 + step / 10 for step in range(11)])
    assert Ramp(0.1, 0.3, 0.1, 60).rates == [0.1, 0.2, 0.3]
    assert Ramp(1, 10, 4, 60).rates == [1, 5, 9]


def test_a_process_without_end_is_not_made_whole_at_once():
    assert next(poisson_arrivals(2.0, seed=0)) > 0
