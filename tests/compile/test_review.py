"""What reviewers read of a change: everything that content says, in lines of which a change changes few."""

import difflib
import re
from dataclasses import replace

import pytest

from glassbox.board.dashboard import row
from glassbox.board.panels import comparison, verdict
from glassbox.board.style import GREEN, RED, UP_DOWN, Steps
from glassbox.board.tables import DrillDown
from glassbox.board.variables import Variable, narrowed
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.review import render_review
from glassbox.metrics import scrape, vllm
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Record
from glassbox.settings.model import Settings
from tests.support.golden import committed_files
from tests.support.small_content import MODEL, WAITING, content

LONGEST_LINE = 120
# A line that is gone and one that is new for each place that says it, and the three lines around them that a diff shows.
LONGEST_HUNK = 16


def review(changed=None, **arguments):
    """The texts of the small content, by path; `changed` may replace its dashboard."""
    declared = content(**arguments)
    if changed:
        (build,) = declared.dashboards
        declared = replace(declared, dashboards=(lambda settings: changed(build(settings)),))
    return render_review(compile_bundle(declared, Settings()))


def hunks(before, after):
    """The hunks of a unified diff, each as its lines, by path."""
    found = {}
    for path in before.keys() | after.keys():
        lines = difflib.unified_diff(before.get(path, "").splitlines(), after.get(path, "").splitlines(), lineterm="")
        parted = re.split(r"^@@.*\n", "\n".join(lines), flags=re.MULTILINE)[1:]
        if parted:
            found[path] = [hunk.splitlines() for hunk in parted]
    return found


def changed_lines(hunk):
    return [line for line in hunk if line[0] in "+-"]


def test_a_threshold_is_one_hunk_of_each_file_that_states_it():
    found = hunks(review(limit=5), review(limit=7))
    assert found.keys() == {"review/alerts/queue.txt", "review/dashboards/glassbox-queue.txt"}
    assert {path: len(of_file) for path, of_file in found.items()} == dict.fromkeys(found, 1)
    assert all(len(hunk) <= LONGEST_HUNK for ((hunk),) in found.values())
    ((alert,), (board,)) = (found[path] for path in sorted(found))
    assert changed_lines(alert) == [
        "-    model:requests_waiting:sum > 5",
        "+    model:requests_waiting:sum > 7",
        "-  description: {{ $value }} requests of {{ $labels.model_name }} wait for a place, more than 5.",
        "+  description: {{ $value }} requests of {{ $labels.model_name }} wait for a place, more than 7.",
    ]
    assert changed_lines(board) == [
        "-  why: Requests that wait for a place. Above 5 the alert RequestsWaiting fires. Not reported by: all but vLLM.",
        "+  why: Requests that wait for a place. Above 7 the alert RequestsWaiting fires. Not reported by: all but vLLM.",
        "-  steps: green, red from 5",
        "+  steps: green, red from 7",
    ]


def test_an_alert_says_when_it_fires_and_what_its_reader_sees():
    assert review()["review/alerts/queue.txt"] == (
        """\
alerts queue, every 30s

alert RequestsWaiting
  for: 5m
  severity: ticket
  owner: inference
  panel: "Waiting" of queue
  expr:
    model:requests_waiting:sum > 5
  summary: {{ $labels.model_name }} lets requests wait
  description: {{ $value }} requests of {{ $labels.model_name }} wait for a place, more than 5.
"""
    )


def test_a_record_says_what_it_means():
    assert review()["review/recording_rules/waiting.txt"] == (
        """\
recorded series waiting

record model:requests_waiting:sum
  unit: requests
  help: Requests that wait for a place.
  expr:
    sum by (job, model_name) (
      vllm:num_requests_waiting or vllm_num_requests_waiting or ray_vllm_num_requests_waiting
    )
"""
    )


def test_a_dashboard_says_what_it_asks_and_not_how_its_variables_narrow_it():
    assert review()["review/dashboards/glassbox-queue.txt"] == (
        """\
dashboard Queue (queue)
  question: Who waits?
  leads to: queue ("Back to the queue")

variable job
  title: Job
  values: label_values(model:requests_waiting:sum, job)
  all: .+
  several: yes

row Now

panel "Waiting now"
  type: stat, 24 x 4
  why: Requests that wait for a place. Above 5 the alert RequestsWaiting fires. Not reported by: all but vLLM.
  unit: requests
  steps: green, red from 5
  empty: Not reported by this engine
  query A: legend Waiting now
    sum(model:requests_waiting:sum)

row Lately

panel "Waiting"
  type: timeseries, 24 x 8
  why: Who waited, by model. Not reported by: all but vLLM.
  unit: requests
  empty: Not reported by this engine
  query A: legend {{job}} {{model_name}}
    sum by (job, model_name) (model:requests_waiting:sum)
"""
    )


def test_columns_words_and_links_are_shown():
    by_model = sum_by(MODEL, instant(WAITING))
    columns = comparison(
        "Columns",
        {"Waiting": by_model, "Share": (by_model / by_model)},
        why="Both.",
        steps={"Share": Steps(GREEN, ((0.5, RED),))},
        drill_down=DrillDown("model_name", "queue", "job"),
    )
    word = verdict("Word", sum_by((), instant(scrape.UP)), why="Up?", words=UP_DOWN)
    text = review(lambda board: replace(board, rows=(*board.rows, row("", columns, word))))
    assert """\
panel "Columns"
  type: comparison, 12 x 8
  why: Both. Not reported by: all but vLLM.
  steps: Share: green, red from 0.5
  drill_down: model_name to queue, as job
  empty: Not reported by this engine
  query A "Waiting": legend Waiting {{job}} {{model_name}}, unit requests
    sum by (job, model_name) (model:requests_waiting:sum)
  query B "Share": legend Share {{job}} {{model_name}}, unit ratio
""" in text["review/dashboards/glassbox-queue.txt"]
    assert "  words:\n    1 UP (green)\n    0 DOWN (red)\n" in text["review/dashboards/glassbox-queue.txt"]


def test_a_query_for_one_replica_shows_the_recorded_series():
    serving = instant(
        Record("instance:running:sum", sum_by((*MODEL, "instance"), instant(vllm.NUM_REQUESTS_RUNNING)), "")
    )
    replica = Variable(
        name="replica",
        title="Replica",
        label="instance",
        values_of=WAITING,
        optional=True,
        single=True,
        serving=serving,
    )
    asked = sum_by((), instant(WAITING))
    worked_out = narrowed(asked, (replica,)) / 2
    assert " or sum by (job, model_name) (vllm:num_requests_waiting" in str(worked_out)
    assert str(worked_out.as_recorded) == "sum(model:requests_waiting:sum) / 2"


@pytest.mark.parametrize(("path", "text"), [pair for pair in committed_files().items() if "review/" in pair[0]])
def test_no_line_of_ours_is_too_long_to_be_read(path, text):
    # A matcher that names several series, errors or paths cannot be parted.
    lines = [line for line in text.splitlines() if not re.search(r'[=!]~"[^"|]*\|[^"|]*\|', line)]
    assert max(map(len, lines)) <= LONGEST_LINE
