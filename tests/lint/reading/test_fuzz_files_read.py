"""Whatever stands in a file, lint reads, judges and reports it, or says in one sentence that it cannot be read."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassbox.errors import GlassboxError
from glassbox.lint.formats.formats import FORMATS
from glassbox.lint.formats.lint_report import LintReport
from glassbox.lint.linting import judged
from glassbox.lint.reading import files_read
from tests.support import lint_files

NAMES = (
    "panels rows targets expr title type id datasource uid templating list query groups rules name record alert labels "
    "annotations spec dashboard kind data items elements layout links fieldConfig defaults overrides properties value options "
    "gridPos thresholds steps transformations yaxes interval for model grafana_alert route routes receivers inhibit_rules matchers "
    "metadata json grafanaDashboards prometheusAlerts __inputs __elements variables annotations styles seriesOverrides"
)
KEYS = st.sampled_from(NAMES.split())
WORDS = st.sampled_from(
    ["ConfigMap", "PrometheusRule", "GrafanaDashboard", "List", "up", "$x", "${y:z}", "[[z]]", "5m", '{a="b"}', "{{x}}"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5),
    max_leaves=30,
)
WHOLE = [
    lint_files.BOARD,
    lint_files.OF_GRAFANA_4,
    lint_files.OF_SCHEMA_2,
    lint_files.OF_GRAFANA,
    yaml.safe_load(lint_files.RULES),
    yaml.safe_load(lint_files.ALERTMANAGER),
]
BOUNDED = settings(
    max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def reads_or_refuses(file, content):
    file.write_bytes(content)
    try:
        found = files_read.read([file])
    except GlassboxError as error:
        assert "\n" not in str(error)
        return
    last = content.count(b"\n") + 1
    assert found.count in (0, 1) and len(found.unreadable) <= 1
    for query in found.corpus.queries:
        assert query.location.file == file.as_posix() and 0 <= query.location.line <= last
    report = LintReport([*found.unreadable, *judged(found.corpus)], "x", found.not_read)
    assert all(write(report) for write in FORMATS.values())


@BOUNDED
@given(value=VALUES)
def test_any_json(tmp_path, value):
    reads_or_refuses(tmp_path / "file.json", json.dumps(value).encode())


@BOUNDED
@given(value=VALUES)
def test_any_yaml(tmp_path, value):
    reads_or_refuses(tmp_path / "file.yaml", yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace"))


@BOUNDED
@given(content=st.binary(max_size=300) | st.text(alphabet="{}[]:,-&*!|>#'\" \n\tax1", max_size=60).map(str.encode))
def test_any_bytes(tmp_path, content):
    reads_or_refuses(tmp_path / "file.yaml", content)


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def with_another(value, path, other):
    """The value with another one at the path."""
    if not path:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = with_another(changed[path[0]], path[1:], other)
    return changed


@pytest.mark.parametrize("number", range(len(WHOLE)))
@BOUNDED
@given(data=st.data())
def test_real_files_with_anything_in_any_place(tmp_path, number, data):
    path = data.draw(st.sampled_from(list(places(WHOLE[number]))))
    changed = with_another(WHOLE[number], path, data.draw(VALUES))
    reads_or_refuses(tmp_path / "file.json", json.dumps(changed, indent=1).encode())
    reads_or_refuses(tmp_path / "file.yaml", yaml.safe_dump(changed).encode())


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(lint_files.BOARD, indent=1),
        lint_files.RULES,
        lint_files.config_map("a.json", lint_files.written(lint_files.BOARD)),
    ],
)
@BOUNDED
@given(data=st.data())
def test_real_texts_with_parts_cut_out_and_put_in(tmp_path, text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    put_in = data.draw(st.text(alphabet="{}[]:,-&*!|>#'\"\\ \n\tax1", max_size=5))
    reads_or_refuses(tmp_path / "file.yaml", (text[:start] + put_in + text[end:]).encode())
