"""Which variable narrows which series."""

from dataclasses import replace

import promql_parser
import pytest

from glassbox.board.variables import Variable, narrowed
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Counter, FormerName, Gauge, Unit
from glassbox.query.promql import instant, over_time, rate, sum_by
from glassbox.query.rules import Record, Series
from glassbox.query.selectors import Level

SOURCE = Series("model:requests:sum", Unit.NONE, ("job", "instance"))


def variable(name, label="job", **options):
    return Variable(name=name, title=name, label=label, values_of=SOURCE, **options)


SERVICE = variable("service")
REPLICA = variable("replica", narrows=(Level("instance"),))
HOST_POWER = Series("instance:gpu_power_watts:sum", Unit.WATTS, ("job",))
POWER = Gauge(
    name="gpu_power", unit=Unit.WATTS, formerly=(FormerName("instance_power", "1.0"), FormerName("board_power", "0.9"))
)
# One recorded series of REPLICA's level, a level of its own, and a metric.
HARDWARE = variable("hardware", narrows=(Level("gpu"), HOST_POWER, POWER))


@pytest.mark.parametrize("order", [(SERVICE, REPLICA, HARDWARE), (HARDWARE, REPLICA, SERVICE)])
@pytest.mark.parametrize(
    ("series", "chosen"),
    [
        ("model:requests:sum", "service"),
        ("gpu:power_watts:max", "hardware"),
        ("instance:gpu_power_watts:sum", "hardware"),
        # Neither the name of another series nor that of a level, although both begin so.
        ("instance:gpu_power_watts:sum5m", "replica"),
        ("gpu_hours:power:max", "service"),
        ("instance:requests:sum", "replica"),
    ],
)
def test_a_series_belongs_to_the_variable_that_names_it_then_to_that_of_its_level(series, chosen, order):
    query = instant(Series(series, Unit.NONE, ("job",)))
    assert str(narrowed(query, order)) == f'{series}{{job=~"${chosen}"}}'


@pytest.mark.parametrize("order", [(SERVICE, HARDWARE), (HARDWARE, SERVICE)])
def test_a_metric_belongs_to_the_variable_that_names_it_under_all_of_its_names(order):
    chosen = '{job=~"$hardware"}'
    assert str(narrowed(instant(POWER), order)) == f"gpu_power{chosen} or instance_power{chosen} or board_power{chosen}"
    namesake = instant(Gauge(name="gpu_power_limit", unit=Unit.WATTS))
    assert str(narrowed(namesake, order)) == 'gpu_power_limit{job=~"$service"}'


def test_a_metric_whose_name_begins_like_a_level_is_none_of_it():
    query = instant(Gauge(name="instance:looks_recorded", unit=Unit.NONE))
    assert str(narrowed(query, (REPLICA,))).startswith("instance:looks_recorded or ")


def test_a_series_of_other_names_or_without_the_label_stays_as_it_is():
    query = instant(SOURCE)
    assert str(narrowed(query, (HARDWARE, variable("index", "gpu")))) == "model:requests:sum"


def test_variables_of_different_labels_narrow_the_same_series():
    query = instant(SOURCE)
    host = variable("host", "instance")
    assert str(narrowed(query, (SERVICE, host))) == 'model:requests:sum{instance=~"$host",job=~"$service"}'


METRIC = Counter(name="tokens_total", unit=Unit.TOKENS)
MODEL_LEVEL = ("job", "model_name")
TOKENS = Record("model:tokens:rate5m", sum_by(MODEL_LEVEL, rate(METRIC, "5m")), "")
SHARE = Record("model:share:ratio", instant(TOKENS) / instant(Record("model:all:rate5m", instant(TOKENS), "")), "")
RUNNING = Series("instance:running:sum", Unit.NONE, (*MODEL_LEVEL, "instance"))
SERVING = over_time("last", RUNNING, "1h")
ONE = variable("one", "instance", optional=True, single=True, serving=SERVING)
EVERY = 'instance=~"$one"'
ALONE = 'instance="${one:text}"'
OF_JOB = 'job="j"'
OF_M = 'model_name="m"'
RAW = f"sum by (job, model_name) (rate(tokens_total{{{ALONE}}}[5m]))"
SERVED_LATELY = f"and on (job, model_name) last_over_time(instance:running:sum{{{ALONE}}}[1h])"
ON = "and on (job, model_name)"
# A name that unrelated services use too.
SHARED = replace(METRIC, shared_name=True)
SHARED_TOKENS = Record("model:tokens:rate5m", sum_by(MODEL_LEVEL, rate(SHARED, "5m")), "")
OF_ONE_MODEL = Record("model:tokens_of_m:rate5m", instant(TOKENS, model_name="m"), "")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (instant(TOKENS), f"(model:tokens:rate5m{{{EVERY}}} or {RAW} {ON} model:tokens:rate5m)"),
        # What else is chosen narrows the recorded series: raw ones may lack its label, or call it something else.
        (
            instant(TOKENS, job="j", model_name="m"),
            f"(model:tokens:rate5m{{{EVERY},{OF_JOB},{OF_M}}} or {RAW} {ON} model:tokens:rate5m{{{OF_JOB},{OF_M}}})",
        ),
        (
            instant(SHARED_TOKENS, job="j", model_name="m"),
            f"(model:tokens:rate5m{{{EVERY},{OF_JOB},{OF_M}}}"
            f" or {RAW.replace(ALONE, f'{ALONE},{OF_JOB}')} {ON} model:tokens:rate5m{{{OF_JOB},{OF_M}}})",
        ),
        (
            instant(TOKENS).shifted("1d"),
            f"(model:tokens:rate5m{{{EVERY}}} offset 1d"
            f" or {RAW.replace('[5m]', '[5m] offset 1d')} {ON} model:tokens:rate5m offset 1d)",
        ),
        # Rules that read recorded series lead to the raw ones behind those, in the parentheses that their operators need.
        (instant(SHARE), f"(model:share:ratio{{{EVERY}}} or {RAW} / {RAW} {ON} model:share:ratio)"),
        (
            instant(Record("model:twice:ratio", instant(SHARE) / instant(SHARE), "")),
            f"(model:twice:ratio{{{EVERY}}} or ({RAW} / {RAW}) / ({RAW} / {RAW}) {ON} model:twice:ratio)",
        ),
        # They may read some of them only.
        (
            instant(OF_ONE_MODEL),
            f"(model:tokens_of_m:rate5m{{{EVERY}}} or ({RAW} {ON} model:tokens:rate5m{{{OF_M}}})"
            f" {ON} model:tokens_of_m:rate5m)",
        ),
        # A rule that looks back on recorded series, or that nobody knows, is that of the models which the one served.
        (
            instant(Record("model:tokens:avg1h", over_time("avg", TOKENS, "1h"), "")),
            f"(model:tokens:avg1h{{{EVERY}}} or model:tokens:avg1h {SERVED_LATELY})",
        ),
        (
            instant(Series("model:judged:code", Unit.NONE, MODEL_LEVEL)),
            f"(model:judged:code{{{EVERY}}} or model:judged:code {SERVED_LATELY})",
        ),
        # A service is more than one replica, a limit is nobody's, and what looks back is the content's.
        (instant(Series("job:load:sum", Unit.NONE, ("job",))), "job:load:sum"),
        (instant(Series("slo:limit:ratio", Unit.NONE, ("slo",))), "slo:limit:ratio"),
        (over_time("avg", TOKENS, "1h"), "avg_over_time(model:tokens:rate5m[1h])"),
        (instant(SOURCE), f"model:requests:sum{{{EVERY}}}"),
    ],
)
def test_a_recorded_series_is_worked_out_for_the_one_that_is_chosen(query, text):
    assert str(narrowed(query, (ONE,))) == text
    assert promql_parser.parse(text)


def test_what_is_worked_out_is_one_or_all():
    with pytest.raises(
        GlassboxError, match="'many' has `serving`, which works for one choice only: make it optional and single"
    ):
        variable("many", "instance", optional=True, serving=SERVING)


def test_one_choice_is_worked_out_at_a_time():
    with pytest.raises(GlassboxError, match="model:tokens:rate5m can be computed for one choice at a time only"):
        narrowed(instant(TOKENS), (ONE, replace(ONE, name="other")))
