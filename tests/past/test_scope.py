"""Of a Prometheus that scrapes a whole company, only the inference services and what goes with them is read."""

import re
import time

from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.past_rules import past_rules_of
from glassbox.past.remote_write import Samples, write
from glassbox.past.scope import scope_of, selector
from glassbox.prometheus.api import Prometheus
from tests.support.ours import our_bundle

END = int(time.time()) // 60 * 60
MOMENTS = [moment * 1000 for moment in range(END - 1200, END, 15)]


def exposed(job, name, series=1):
    for number in range(series):
        labels = {"__name__": name, "job": job, "instance": str(number)}
        yield Samples(labels, MOMENTS, [1.0] * len(MOMENTS))


def test_shared_names_are_read_of_the_jobs_that_have_others(components, tmp_path):
    with own_prometheus(tmp_path / "data") as server, Prometheus(server.url) as prometheus:
        for job in ("llm", "shop", "hunyuanocr"):
            write(server.url, exposed(job, "up", 3))
            write(server.url, exposed(job, "process_cpu_seconds_total", 3))
        write(server.url, exposed("llm", "vllm:num_requests_running", 2))
        names = {"up", "process_cpu_seconds_total", "vllm:num_requests_running", "nothing"}
        scope = scope_of(prometheus, past_rules_of(our_bundle()).naming_jobs, names, END - 600, END)
    assert scope.series == {"up": 6, "process_cpu_seconds_total": 6, "vllm:num_requests_running": 2}
    assert scope.jobs_of("up") == "hunyuanocr|vllm|llm"
    assert scope.jobs_of("vllm:num_requests_running") == ""


def test_a_selector_quotes_what_patterns_and_strings_mean_otherwise():
    assert selector(["a.b", "c"], 'x\\.y|"z"') == '{__name__=~"a\\\\.b|c",job=~"x\\\\.y|\\"z\\""}'


def test_jobs_of_any_name_are_read(components, tmp_path):
    jobs = ['a"b{c}|d\\e', "escape \x1b[31m", "two\nlines", "日本 語", "$job", ""]
    now = int(time.time())
    with own_prometheus(tmp_path / "data") as server, Prometheus(server.url) as prometheus:
        write(server.url, [Samples({"__name__": "up", "job": job}, [now * 1000], [1.0]) for job in [*jobs, "other"]])
        asked = selector(["up"], "|".join(map(re.escape, jobs)))
        found = prometheus.stored(asked, now * 1000, 60).series
    assert sorted(each.labels.get("job", "") for each in found) == sorted(jobs)
