"""A query that reads what nothing records and no exporter exposes is refused, and one that reads what exists under a setting is not."""

from dataclasses import replace

import pytest

from deploy import content
from glassbox.board.dashboard import dashboard, row
from glassbox.board.panels import stat
from glassbox.board.variables import Variable
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.unknown_series import known_series, refuse_unknown_series
from glassbox.errors import GlassboxError
from glassbox.metrics import scrape, service, vllm
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.measures import Measure
from glassbox.query.promql import constant, instant, max_by, rate
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.settings.model import Settings
from tests.support.ours import our_alert_groups, our_bundle, our_record_groups

LOAD = Record("job:load:max", max_by(("job",), instant(vllm.NUM_REQUESTS_RUNNING)), "")
GONE = Series("job:gone:max", Unit.NONE, ("job",))
FLAG = Series("flag:on:bool", Unit.BOOLEAN, ("flag",))
FLAGS = tuple(FLAG.recorded(constant(1, Unit.BOOLEAN), "", flag=flag) for flag in ("north", "south"))


def check(query, records=(LOAD, *FLAGS), metrics=(), settings=None):
    refuse_unknown_series([("The record job:x:max", query)], known_series(records, metrics), settings or Settings())


@pytest.mark.parametrize(
    "query",
    [
        instant(LOAD),
        instant(vllm.KV_CACHE_USAGE),
        rate(vllm.TIME_TO_FIRST_TOKEN.bucket, "5m"),
        rate(service.HTTP_REQUEST_DURATION.sum, "5m"),
        instant(FLAG, flag="north"),
        instant(FLAG, flag="$flag"),
    ],
    ids=str,
)
def test_what_exists_may_be_read(query):
    check(query)


def test_a_former_name_of_a_metric_exists():
    assert vllm.KV_CACHE_USAGE.former_names == (
        "vllm_kv_cache_usage_perc",
        "ray_vllm_kv_cache_usage_perc",
        "vllm:gpu_cache_usage_perc",
        "vllm_gpu_cache_usage_perc",
        "ray_vllm_gpu_cache_usage_perc",
    )
    assert {"vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"} <= known_series(()).names


def test_a_series_that_nobody_records_is_refused():
    with pytest.raises(GlassboxError) as error:
        check(instant(GONE))
    assert str(error.value) == (
        "The record job:x:max reads job:gone:max, which nothing records and no exporter exposes: record it in recording_rules, "
        "declare the metric, or say in its Series with which setting alone it exists (only_with)."
    )


def test_a_metric_must_be_declared_at_the_top_level_of_a_module():
    gateway = Gauge(name="gateway_queue", unit=Unit.REQUESTS, help="Waiting.")
    with pytest.raises(GlassboxError, match="reads gateway_queue, which nothing records"):
        check(instant(gateway))
    check(instant(gateway), metrics=(gateway,))


def test_a_label_value_that_nobody_records_is_refused():
    with pytest.raises(GlassboxError) as error:
        check(instant(FLAG, flag="nord"))
    assert str(error.value) == (
        'The record job:x:max reads flag:on:bool{flag="nord"}, which nothing records: the values of flag are north, south.'
    )


def test_values_of_a_label_that_a_query_gives_are_not_known():
    given = Record(FLAG.name, max_by(("flag",), instant(FLAG)), "")
    check(instant(FLAG, flag="nord"), records=(*FLAGS, given))


def test_a_series_that_exists_with_a_setting_may_be_read_without_it():
    check(instant(replace(GONE, only_with="jobs.capacity_requests_per_second")))


def test_the_setting_must_exist():
    with pytest.raises(GlassboxError) as error:
        check(instant(replace(GONE, only_with="jobs.capacities")))
    assert str(error.value) == (
        "job:gone:max exists only with the setting jobs.capacities, which does not exist: correct only_with."
    )


@pytest.mark.parametrize("slos", [(), *((each,) for each in Settings().slos)], ids=str)
def test_ours_compiles_whatever_is_promised(slos):
    assert compile_bundle(content(), replace(Settings(), slos=slos)).dashboards.keys() == our_bundle().dashboards.keys()


def test_a_record_that_reads_nothing_is_refused_by_the_compiler():
    stray = RecordGroup("stray", (Record("job:stray:max", instant(GONE), ""),))
    ours = replace(content(), recording_rules=lambda settings: (*our_record_groups(settings), stray))
    with pytest.raises(
        GlassboxError, match=r"^The record job:stray:max of the group stray reads job:gone:max, which nothing"
    ):
        compile_bundle(ours, Settings())


def test_an_alert_that_reads_nothing_is_refused_by_the_compiler():
    first, *others = our_alert_groups()
    stray = replace(first.alerts[0], expr=instant(GONE) > 1)
    changed = replace(first, alerts=(stray, *first.alerts[1:]))
    ours = replace(content(), alerts=lambda _settings: (changed, *others))
    with pytest.raises(GlassboxError, match=f"^The alert {stray.name} reads job:gone:max, which nothing"):
        compile_bundle(ours, Settings())


def test_a_panel_that_reads_nothing_is_refused_by_the_compiler():
    def build(_settings):
        return dashboard("own", "Own", question="", variables=(), rows=(row("", stat("Gone", instant(GONE), why="")),))

    ours = replace(content(), dashboards=(*content().dashboards, build))
    with pytest.raises(
        GlassboxError, match=r"^The panel 'Gone' of the dashboard 'own' reads job:gone:max, which nothing"
    ):
        compile_bundle(ours, Settings())


def test_a_variable_that_offers_nothing_is_refused_by_the_compiler():
    job = Variable(name="job", title="Job", label="job", values_of=GONE)

    def build(_settings):
        panel = stat("Up", max_by((), instant(scrape.UP)), why="")
        return dashboard("own", "Own", question="", variables=(job,), rows=(row("", panel),))

    ours = replace(content(), dashboards=(*content().dashboards, build))
    with pytest.raises(
        GlassboxError, match=r"^The variable 'job' of the dashboard 'own' reads job:gone:max, which nothing"
    ):
        compile_bundle(ours, Settings())


def test_a_measure_that_reads_nothing_is_refused_by_the_compiler():
    ours = content()
    strays = replace(ours.measures, others=(Measure("gone", instant(GONE)),))
    with pytest.raises(GlassboxError, match=r"^The measure gone of baselines reads job:gone:max, which nothing"):
        compile_bundle(replace(ours, measures=strays), Settings())
