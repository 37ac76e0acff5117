"""Which variable narrows which series."""

import promql_parser
import pytest

from kit.promql import instant, over_time, rate, sum_by
from kit.rules import Record, Series
from kit.variables import Variable, narrowed
from metrics.types import Counter, Unit

SOURCE = Series("model:requests:sum", Unit.NONE, ("job", "instance"))


def variable(name, label="job", **prefixes):
    return Variable(name=name, title=name, label=label, values_of=SOURCE, **prefixes)


SERVICE = variable("service")
REPLICA = variable("replica", narrows=("instance:",))
# Shorter than REPLICA's prefix in one of its prefixes, longer in the other.
HARDWARE = variable("hardware", narrows=("gpu:", "instance:gpu_"))


@pytest.mark.parametrize("order", [(SERVICE, REPLICA, HARDWARE), (HARDWARE, REPLICA, SERVICE)])
@pytest.mark.parametrize(
    ("series", "chosen"),
    [
        ("model:requests:sum", "service"),
        ("gpu:power_watts:max", "hardware"),
        ("instance:gpu_power_watts:sum", "hardware"),
        ("instance:requests:sum", "replica"),
    ],
)
def test_a_series_belongs_to_the_variable_that_knows_most_of_its_name(series, chosen, order):
    query = instant(Series(series, Unit.NONE, ("job",)))
    assert str(narrowed(query, order)) == f'{series}{{job=~"${chosen}"}}'


def test_a_series_of_other_names_or_without_the_label_stays_as_it_is():
    query = instant(SOURCE)
    assert str(narrowed(query, (HARDWARE, variable("index", "gpu")))) == "model:requests:sum"


def test_variables_of_different_labels_narrow_the_same_series():
    query = instant(SOURCE)
    host = variable("host", "instance")
    assert str(narrowed(query, (SERVICE, host))) == 'model:requests:sum{instance=~"$host",job=~"$service"}'


METRIC = Counter(name="vllm:tokens_total", unit=Unit.TOKENS)
MODEL_LEVEL = ("job", "model_name")
TOKENS = Record("model:tokens:rate5m", sum_by(MODEL_LEVEL, rate(METRIC, "5m")), "")
SHARE = Record("model:share:ratio", instant(TOKENS) / instant(Record("job:all:rate5m", instant(TOKENS), "")), "")
SERVING = Series("instance:running:sum", Unit.NONE, (*MODEL_LEVEL, "instance"))
ONE = variable("one", "instance", optional=True, single=True, serves=instant(SERVING))
EVERY = 'instance=~"$one"'
ALONE = 'instance="${one:text}"'
RAW = f"sum by (job, model_name) (rate(vllm:tokens_total{{{ALONE}}}[5m]))"
OF_JOB = 'job="j"'
OF_M = 'model_name="m"'


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (instant(TOKENS), f"(model:tokens:rate5m{{{EVERY}}} or {RAW})"),
        # Every raw series has a job, while the model may be lent to it by another: that is kept where the one serves it.
        (
            instant(TOKENS, job="j"),
            f"(model:tokens:rate5m{{{EVERY},{OF_JOB}}} or {RAW.replace(ALONE, f'{ALONE},{OF_JOB}')})",
        ),
        (
            instant(TOKENS, model_name="m"),
            f"(model:tokens:rate5m{{{EVERY},{OF_M}}} or {RAW} and on (job, model_name) instance:running:sum{{{ALONE},{OF_M}}})",
        ),
        (
            instant(TOKENS).shifted("1d"),
            f"(model:tokens:rate5m{{{EVERY}}} offset 1d or {RAW.replace('[5m]', '[5m] offset 1d')})",
        ),
        # Rules that read recorded series lead to the raw ones behind those, in the parentheses that their operators need.
        (instant(SHARE), f"(model:share:ratio{{{EVERY}}} or {RAW} / {RAW})"),
        (
            instant(Record("model:twice:ratio", instant(SHARE) / instant(SHARE), "")),
            f"(model:twice:ratio{{{EVERY}}} or ({RAW} / {RAW}) / ({RAW} / {RAW}))",
        ),
        (over_time("avg", TOKENS, "1h"), f"avg_over_time((model:tokens:rate5m{{{EVERY}}} or {RAW})[1h:])"),
        # A rule that looks back on recorded series is known of the whole alone, which is kept where the one serves it.
        (
            instant(Record("model:tokens:avg1h", over_time("avg", TOKENS, "1h"), "")),
            f"(model:tokens:avg1h{{{EVERY}}} or model:tokens:avg1h and on (job, model_name) instance:running:sum{{{ALONE}}})",
        ),
        (
            instant(Series("job:judged:code", Unit.NONE, ("job",))),
            f"(job:judged:code{{{EVERY}}} or job:judged:code and on (job) instance:running:sum{{{ALONE}}})",
        ),
        # A limit is nobody's.
        (instant(Series("slo:limit:ratio", Unit.NONE, ("slo",))), "slo:limit:ratio"),
        (instant(SOURCE), f"model:requests:sum{{{EVERY}}}"),
    ],
)
def test_a_recorded_series_is_worked_out_for_the_one_that_is_chosen(query, text):
    assert str(narrowed(query, (ONE,))) == text
    assert promql_parser.parse(text)
