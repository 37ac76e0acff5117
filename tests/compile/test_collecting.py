"""What the modules of a package declare is collected, and what would be left out is refused at its line."""

import importlib
import runpy
import sys
from textwrap import dedent

import pytest

import alerts
import dashboards
import recording_rules
from glassbox.compile import collecting, error_location
from glassbox.compile.error_location import ContentError, located
from glassbox.compile.own_content import own_content
from glassbox.compile.per_engine import for_each_engine
from glassbox.settings.model import Settings
from tests.support.ours import our_alert_groups, our_record_groups
from tests.support.paths import GOLDEN

WORDS = """\
from glassbox.metrics import vllm
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.promql import instant, max_by, rate, sum_by
from glassbox.query.rules import Alert, AlertGroup, HistogramRecord, Record, RecordGroup, Severity, Subject
JOB = ("job",)
"""
FIRST_LINE = WORDS.count("\n") + 1
ALERT = """\
Alert(name="QueueLong", expr=instant(vllm.NUM_REQUESTS_WAITING) > 5, for_="5m", severity=Severity.TICKET,
    panel=("board", "Queue"), summary="", description="")"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write modules into a package of this folder below `tmp_path`, and import the package."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(error_location, "ROOT", tmp_path)
    before = set(sys.modules)

    def package(folder="own_content", **modules):
        (tmp_path / folder).mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (tmp_path / folder / f"{name}.py").write_text(WORDS + dedent(text) if text else "")
        importlib.invalidate_caches()
        return importlib.import_module(folder)

    yield package
    for name in set(sys.modules) - before:
        if name.startswith("own_"):
            del sys.modules[name]


def groups_of(package, settings=None):
    found = collecting.record_groups(package)(settings or Settings())
    return {group.name: [record.name for record in group.records] for group in found}


def refused(collect, package):
    with pytest.raises(ContentError) as error:
        collect(package)(Settings())
    return str(error.value)


RUNNING = 'RUNNING = Record("job:running:max", max_by(JOB, instant(vllm.NUM_REQUESTS_RUNNING)), "")\n'
WAITING = 'WAITING = Record("job:waiting:max", max_by(JOB, instant(vllm.NUM_REQUESTS_WAITING)), "")\n'


def test_a_record_is_in_the_group_of_its_module_in_the_order_of_definition(write):
    package = write(load=f'GROUP = RecordGroup("load", interval_seconds=60)\n{WAITING}{RUNNING}', helper="LIMIT = 3\n")
    (group,) = collecting.record_groups(package)(Settings())
    assert (group.name, group.interval_seconds) == ("load", 60)
    assert [record.name for record in group.records] == ["job:waiting:max", "job:running:max"]


def test_the_three_parts_of_a_histogram_stand_where_it_is_defined(write):
    histogram = """\
    GROUP = RecordGroup("times")
    TIMES = HistogramRecord(*(
        Record(f"job:times_{part}:rate5m", sum_by(by, rate(getattr(vllm.TIME_TO_FIRST_TOKEN, part), "5m")), "")
        for part, by in (("bucket", (*JOB, "le")), ("sum", JOB), ("count", JOB))
    ))
    """
    names = groups_of(write(times=histogram))["times"]
    assert names == ["job:times_bucket:rate5m", "job:times_sum:rate5m", "job:times_count:rate5m"]


def test_a_record_that_another_module_imports_or_names_again_is_recorded_once(write):
    package = write(
        busy="""\
from own_content.load import RUNNING
from own_content import load
GROUP = RecordGroup("busy")
AGAIN = load.RUNNING
BUSY = Record("job:busy:max", instant(RUNNING) > 3, "")
""",
        load=f'GROUP = RecordGroup("load")\n{RUNNING}',
    )
    assert groups_of(package) == {"load": ["job:running:max"], "busy": ["job:busy:max"]}


def test_a_record_that_a_function_returns_is_in_the_group_of_that_function(write):
    rare = """\
    from own_content import load

    def group(settings):
        return RecordGroup("rare", (load.RUNNING,), settings.rare_interval_seconds)
    """
    package = write(load=f'GROUP = RecordGroup("load")\n{RUNNING}{WAITING}', rare=rare)
    assert groups_of(package) == {"load": ["job:waiting:max"], "rare": ["job:running:max"]}


def test_a_group_comes_after_those_that_it_reads(write):
    reads = 'BUSY = Record("job:busy:max", instant(load.RUNNING) > 3, "")\n'
    package = write(
        busy=f'from own_content import load\nGROUP = RecordGroup("busy")\n{reads}',
        load=f'GROUP = RecordGroup("load")\n{RUNNING}',
    )
    assert list(groups_of(package)) == ["load", "busy"]


def test_every_folder_of_the_package_is_searched(write, tmp_path):
    package = write(load=f'GROUP = RecordGroup("load")\n{RUNNING}')
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "queue.py").write_text(f'{WORDS}GROUP = RecordGroup("queue")\n{WAITING}')
    package.__path__.append(str(tmp_path / "theirs"))
    assert groups_of(package) == {"load": ["job:running:max"], "queue": ["job:waiting:max"]}


def test_two_modules_of_one_name_are_refused(write, tmp_path):
    package = write(load=f'GROUP = RecordGroup("load")\n{RUNNING}')
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "load.py").write_text("")
    package.__path__.append(str(tmp_path / "theirs"))
    ours = tmp_path / "own_content"
    assert refused(collecting.record_groups, package) == (
        f"theirs/load.py:1: {ours} has a module own_content.load as well: rename one of the two."
    )


def test_a_record_in_no_group_is_refused(write):
    package = write(load=RUNNING)
    assert refused(collecting.record_groups, package) == (
        f"own_content/load.py:{FIRST_LINE}: RUNNING is in no group, so nothing records it: "
        'declare GROUP = RecordGroup("<name>") in its module.'
    )


def test_a_group_without_records_is_refused(write):
    package = write(load='GROUP = RecordGroup("load")\n')
    assert refused(collecting.record_groups, package) == (
        f"own_content/load.py:{FIRST_LINE}: The group 'load' has no records: define one in its module, or remove the group."
    )


def test_a_second_group_of_a_module_is_refused(write):
    package = write(load=f'GROUP = RecordGroup("load")\nOTHER = RecordGroup("other")\n{RUNNING}')
    assert refused(collecting.record_groups, package) == (
        f"own_content/load.py:{FIRST_LINE + 1}: OTHER is a second group of this module: "
        "move it and its records into a module of their own."
    )


def test_records_that_a_function_makes_and_nothing_calls_are_refused(write):
    package = write(load="def more(settings):\n    return RecordGroup('load', ())\n")
    assert refused(collecting.record_groups, package) == (
        f"own_content/load.py:{FIRST_LINE}: Nothing calls more, which makes a RecordGroup: "
        "return it from group(settings), or remove it."
    )


MADE = RUNNING.removeprefix("RUNNING = ").strip()
IN_NO_GROUP = "is in no group, so nothing records it: give it a name of its own at the top level of its module, or return it from group(settings)."
OVERWRITTEN = "is assigned more than once, so only the last one is compiled: give each of them a name of its own."


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"ALL = ({MADE},)\n", 0, f"'job:running:max' of ALL {IN_NO_GROUP}"),
        (f"ALL = {{'a': [{MADE}]}}\n", 0, f"'job:running:max' of ALL {IN_NO_GROUP}"),
        (f"class All:\n    A = {MADE}\n", 0, f"'job:running:max' of All {IN_NO_GROUP}"),
        (f"globals()['HIDDEN'] = {MADE}\n", None, f"HIDDEN {IN_NO_GROUP}"),
        (f"{RUNNING}{RUNNING}", 1, f"RUNNING {OVERWRITTEN}"),
        (f"for _ in range(2):\n    {RUNNING}", 1, f"RUNNING {OVERWRITTEN}"),
        (f"{MADE}\n", 0, "This Record has no name, so nothing compiles it: assign it to a name."),
        (f"make = lambda: {MADE}\n", 0, "Nothing calls make, which makes a Record: return it from group(settings), or remove it."),
        ("def group():\n    return RecordGroup('g')\n", 0, "group is called with the settings alone: write def group(settings)."),
        ("def groups(settings):\n    pass\n", 0, "groups(settings) returns None: return a tuple of RecordGroup(...)."),
        ("def group(settings):\n    raise SystemExit\n", 0, "group(settings) ends the program: remove that."),
        ("raise SystemExit\n", None, "it ends the program when it is imported: remove that."),
    ],
)  # fmt: skip  # a row is a case
def test_no_way_to_make_a_record_loses_it(write, text, line, message):
    package = write(queue=f'{WAITING}GROUP = RecordGroup("queue")\n{text}')
    place = 1 if line is None else FIRST_LINE + 2 + line
    assert refused(collecting.record_groups, package) == f"own_content/queue.py:{place}: {message}"


def test_branches_of_a_condition_may_assign_the_same_name(write):
    text = f'GROUP = RecordGroup("queue")\nif JOB:\n    {RUNNING}else:\n    {RUNNING}ALL = (RUNNING,)\n'
    assert groups_of(write(queue=text)) == {"queue": ["job:running:max"]}


@pytest.mark.parametrize(
    ("folder", "text", "message"),
    [
        ("alerts", RUNNING, "RUNNING is not read here: move it into a module of recording_rules/."),
        ("dashboards", f"LONG = [{ALERT}]\n", "LONG is not read here: move it into a module of alerts/."),
        ("alerts", "def build(settings):\n    pass\n", "build(settings) is not called here: move it into a module of dashboards/, or rename it."),
        ("dashboards", "def group(settings):\n    pass\n", "group(settings) is not called here: move it into a module of alerts/ or recording_rules/, or rename it."),
        ("dashboards", "def build(settings):\n    return [1]\n", "build(settings) returns a list: return dashboard(...)."),
    ],
)  # fmt: skip  # a row is a case
def test_what_stands_in_the_wrong_folder_is_refused(tmp_path, folder, text, message):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "misplaced.py").write_text(WORDS + text)
    (tmp_path / "settings.yaml").write_text("content: [.]\n")
    with pytest.raises(ContentError) as error, own_content([tmp_path]), located():
        for build in collecting.collected(()).dashboards:
            build(Settings())
    assert str(error.value) == f"{tmp_path / folder / 'misplaced.py'}:{FIRST_LINE}: {message}"


def test_a_module_with_alerts_needs_no_list(write):
    one = f'def group(settings):\n    return AlertGroup("queue", Subject.INFERENCE, ({ALERT},))\n'
    package = write(queue=one, texts="MODEL = 'x'\n")
    (group,) = collecting.alert_groups(package)(Settings())
    assert (group.name, [alert.name for alert in group.alerts]) == ("queue", ["QueueLong"])


def test_alerts_of_a_module_without_a_group_function_are_refused(write):
    package = write(queue=f'def alerts(settings):\n    return AlertGroup("queue", Subject.INFERENCE, ({ALERT},))\n')
    assert refused(collecting.alert_groups, package) == (
        f"own_content/queue.py:{FIRST_LINE}: Nothing calls alerts, which makes an Alert: "
        "return it from group(settings), or remove it."
    )


def test_alerts_that_another_module_calls_are_found(write):
    calls = """\
    from own_content import helper

    def group(settings):
        return AlertGroup("queue", Subject.INFERENCE, helper.alerts(settings))
    """
    package = write(helper=f"def alerts(settings):\n    return ({ALERT},)\n", queue=calls)
    (group,) = collecting.alert_groups(package)(Settings())
    assert [alert.name for alert in group.alerts] == ["QueueLong"]


def test_an_alert_that_no_group_returns_is_refused(write):
    package = write(queue=f"QUEUE_LONG = {ALERT}\n")
    assert refused(collecting.alert_groups, package) == (
        f"own_content/queue.py:{FIRST_LINE}: QUEUE_LONG is in no group, so nothing raises it: "
        "return it from group(settings), or remove it."
    )


def test_a_group_function_that_returns_something_else_is_refused(write):
    package = write(queue="\ndef group(settings):\n    AlertGroup('queue', Subject.INFERENCE, ())\n")
    assert refused(collecting.alert_groups, package) == (
        f"own_content/queue.py:{FIRST_LINE + 1}: group(settings) returns None: return AlertGroup(...)."
    )


def test_a_dashboard_is_the_build_of_a_module(write):
    board = "from glassbox.board.dashboard import dashboard\nBOARD = dashboard('queue', 'Queue', question='Long?', variables=(), rows=())\n"
    package = write(queue=f"{board}def build(settings):\n    return BOARD\n", choices="JOBS = ()\n")
    (build,) = collecting.dashboards(package)
    assert build(Settings()) is package.queue.BOARD


def test_a_dashboard_that_is_not_called_build_is_refused(write):
    text = "from glassbox.board.dashboard import dashboard\n\ndef board(settings):\n    return dashboard('queue')\n"
    package = write(queue=text)
    assert refused(lambda found: lambda _: collecting.dashboards(found), package) == (
        f"own_content/queue.py:{FIRST_LINE + 2}: Nothing calls board, which makes a dashboard: "
        "call the function build(settings), one for each module."
    )


def test_metrics_that_content_declares_are_found(write):
    package = write(gateway='QUEUE = Gauge(name="gateway_queue", unit=Unit.REQUESTS, help="Waiting.")\n')
    assert [metric.name for metric in collecting.metrics([package])] == ["gateway_queue"]


def test_a_misspelt_signal_is_an_error_at_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(error_location, "ROOT", tmp_path)
    (tmp_path / "recording_rules").mkdir()
    file = tmp_path / "recording_rules" / "triage.py"
    file.write_text(
        "from recording_rules import diagnosis, signals\n\nA = diagnosis.Case(1, '', '', '', (signals.queuing,))\n"
    )
    with pytest.raises(ContentError) as error, located():
        runpy.run_path(str(file))
    assert str(error.value) == (
        "recording_rules/triage.py:3: AttributeError: module 'recording_rules.signals' has no attribute 'queuing'"
    )


def test_of_our_modules_each_that_declares_something_is_collected():
    """Reviewed files say what there is: a module that the search loses would take its file along."""
    assert {group.name for group in for_each_engine(our_record_groups(), Settings().engines)} == in_golden(
        "recording_rules"
    )
    assert {group.name for group in our_alert_groups()} == in_golden("alerts")
    slugs = {build(Settings()).slug for build in collecting.dashboards(dashboards)}
    assert {f"glassbox-{slug}" for slug in slugs} == in_golden("dashboards")
    assert collecting.metrics((recording_rules, alerts, dashboards)) == ()


def in_golden(folder):
    return {file.stem for file in (GOLDEN / folder).iterdir()}
