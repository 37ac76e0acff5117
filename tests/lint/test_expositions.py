"""What an exposition file lets lint know."""

from dataclasses import replace

import pytest

from glassbox.cli import main as command_line
from glassbox.errors import GlassboxError
from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.expositions import exposed_by, exposed_in
from glassbox.lint.linting import judged
from tests.support.small_content import PRODUCT

TEXT = """\
# HELP app_queue_length How many wait.
# TYPE app_queue_length gauge
app_queue_length{queue="a}b"} 3
# TYPE app_jobs_total counter
app_jobs_total 7 1700000000000
# TYPE app_seconds histogram
app_seconds_bucket{le="+Inf"} 2
app_seconds_sum 1.5
app_seconds_count 2
# TYPE app_odd untyped
app_odd NaN
# TYPE go_goroutines gauge
go_goroutines 9
"""
OPEN_METRICS = '# TYPE app_jobs counter\napp_jobs_total 3.0 # {trace_id="x"} 1.0\n# EOF\n'


def messages(rule, example, text=TEXT):
    return [each.message for each in judged(replace(example.corpus, exposed=exposed_in(text)), select=(rule,))]


def test_types_are_those_that_the_exporter_declares():
    found = {name: (each.type, each.part) for name, each in exposed_in(TEXT).items()}
    assert found == {
        "app_queue_length": ("gauge", ""),
        "app_jobs_total": ("counter", ""),
        "app_seconds": ("histogram", ""),
        "app_seconds_bucket": ("counter", "bucket"),
        "app_seconds_sum": ("counter", "sum"),
        "app_seconds_count": ("counter", "count"),
        "app_odd": ("", ""),
        "go_goroutines": ("gauge", ""),
    }
    assert {name: each.type for name, each in exposed_in(OPEN_METRICS).items()} == {"app_jobs_total": "counter"}


@pytest.mark.parametrize(
    ("rule", "example", "message"),
    [
        ("rate-of-gauge", on_panel("rate(app_queue_length[5m])"), "rate of app_queue_length, which is a gauge."),
        (
            "raw-counter",
            as_alert("app_jobs_total > 5"),
            "app_jobs_total is a counter, which never falls below it again before a restart.",
        ),
        ("missing-suffix", on_panel("rate(app_jobs[5m])"), "There are no series app_jobs."),
        (
            "unknown-metric",
            on_panel("app_queue_lenght"),
            "The exposition has no app_queue_lenght; app_queue_length is nearest.",
        ),
        ("unknown-metric", on_panel("app_other"), "The exposition has no app_other."),
    ],
)
def test_what_is_exposed_is_judged(rule, example, message):
    assert messages(rule, example) == [message]
    # Without the file nothing is known.
    assert messages(rule, example, "") == []


@pytest.mark.parametrize(
    "query", ["app_queue_length", "rate(app_seconds_bucket[5m])", "other_metric", "go_threads", "app_odd"]
)
def test_other_names_are_left_alone(query):
    assert messages("unknown-metric", on_panel(query)) == []


def test_a_file_without_samples_is_refused(tmp_path):
    file = tmp_path / "app.prom"
    file.write_text("<html>not found</html>\n")
    with pytest.raises(GlassboxError, match=r"app\.prom holds no samples of metrics"):
        exposed_by([file])
    with pytest.raises(GlassboxError, match=r"gone\.prom cannot be read"):
        exposed_by([tmp_path / "gone.prom"])
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(GlassboxError, match=r"app\.prom cannot be read"):
        exposed_by([file])


def test_an_exposition_is_an_option_of_the_command(tmp_path, capsys):
    (tmp_path / "app.prom").write_text(TEXT)
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: g, rules: [{record: 'a:b:c', expr: 'sum(rate(app_queue_length[5m]))'}]}]"
    )
    lint = ["lint", "--path", str(tmp_path / "rules.yml")]
    assert command_line.main(PRODUCT, lint) == 0
    assert command_line.main(PRODUCT, [*lint, "--exposition", str(tmp_path / "app.prom")]) == 2
    assert "rate of app_queue_length, which is a gauge." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["root:x:0:0:root user\n", "app_up yes\n", "not found\n"])
def test_a_text_without_numbers_is_not_an_exposition(tmp_path, text):
    file = tmp_path / "app.prom"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GlassboxError, match=r"app\.prom holds no samples of metrics: save what the exporter answers"):
        exposed_by([file])


def test_a_file_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(GlassboxError, match=r"gone\.prom cannot be read \(No such file or directory\): name a file"):
        exposed_by([tmp_path / "gone.prom"])
