"""Fleets whose names and places are unusual, in a real Prometheus."""

import pytest
import yaml

from glassbox.doctor.fitting import settings_text
from glassbox.doctor.fleet import look_at, seen_twice
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.samples import Sample
from glassbox.settings.loading import load_settings
from glassbox.settings.model import Settings
from tests.support.fleet_lines import RUNNING, line, server

ODD_JOBS = ('q"uote', "sq'uote", "re.g+ex|(a)[b]$", "with space", "üñ😀\u2028x", "#hash", "yes", "123", "a,b: c", "{b}")


def test_jobs_of_any_name_are_found_and_written(found):
    fleet, in_the_way = found(each for job in ODD_JOBS for each in server(job))
    assert {service.job: service.scrape_seconds for service in fleet.services} == dict.fromkeys(ODD_JOBS, 15)
    assert in_the_way == []
    assert sorted(yaml.safe_load(settings_text(fleet, "http://x"))["jobs"]["services"]) == sorted(ODD_JOBS)


def test_a_highly_available_pair_makes_no_target_mute(found):
    fleet, in_the_way = found([*server("llm", replica="a"), *server("llm", replica="b")])
    assert in_the_way == [("llm", "has 1 target that has several series up, so everything is counted that many times")]
    assert [service.targets for service in fleet.services] == [1]


def test_one_address_in_two_clusters_is_two_targets(found):
    fleet, in_the_way = found([*server("llm", cluster="a"), *server("llm", cluster="b")])
    assert in_the_way == [("llm", "is in several places (cluster: a, b), which our series would add up")]
    assert [service.targets for service in fleet.services] == [2]


def test_targets_of_one_job_with_different_engines_are_all_counted(found):
    other = {"job": "llm", "instance": "10.0.0.2:30000"}
    mixed = [*server("llm"), line("up", **other), line("sglang:num_running_reqs", model_name="n", **other)]
    fleet, in_the_way = found(mixed)
    assert in_the_way == []
    assert [(each.engines, each.targets, each.mute) for each in fleet.services] == [(("SGLang", "vLLM"), 2, 0)]


def test_jobs_that_settings_do_not_take_get_other_advice(found_advice):
    advice = found_advice([*server(""), *server("a\u007fb"), *server("fine")])
    assert advice == {
        "": "give it a job where it is scraped, then add that to jobs.services",
        "a\u007fb": "rename it where it is scraped, since settings do not take this name",
        "fine": "add it to jobs.services",
    }


def test_jobs_that_settings_do_not_take_are_left_out_in_one_line(found, tmp_path):
    jobs = ("", "a\u007fb", "fine")
    fleet, _ = found(each for job in jobs for place in ("x", "y") for each in server(job, namespace=place))
    file = tmp_path / "settings.yaml"
    file.write_text(settings_text(fleet, "http://x"), encoding="utf-8")
    settings = load_settings(file)
    assert (settings.jobs.services, settings.identity_labels) == (("fine",), ("namespace",))
    assert '# Left out: a job of the name "a\\x7Fb", which settings do not take.' in file.read_text(encoding="utf-8")


def test_without_a_job_that_settings_take_the_defaults_stay(found, tmp_path):
    fleet, _ = found([line(RUNNING, instance="10.0.0.1:8000")])
    file = tmp_path / "settings.yaml"
    file.write_text(settings_text(fleet, "http://x"), encoding="utf-8")
    assert load_settings(file) == Settings()


def test_no_query_about_many_jobs_is_longer_than_victoria_metrics_takes(monkeypatch):
    asked = []
    row = {"__name__": RUNNING}
    rows = [Sample({**row, "job": f"serviceMonitor/inference-{'x' * 80}/{n}"}, 1) for n in range(300)]

    def now(_, query):
        asked.append(query)
        return [each for each in rows if "job=~" not in query or f"/{each.labels['job'].split('/')[2]}" in query]

    monkeypatch.setattr(Prometheus, "values_of", lambda *_: [])
    monkeypatch.setattr(Prometheus, "now", now)
    with Prometheus("http://127.0.0.1:9") as client:
        services = look_at(client, [RUNNING]).services
        assert (len(services), set(seen_twice(client, services).values())) == (300, {1})
    assert max(len(query.encode()) for query in asked) < 15 * 1024
    assert len(asked) < 60


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_an_engine_alone_is_known_by_its_names(engine, monkeypatch):
    names = [part.name for metric in CATALOGUE[engine.name] for part in metric.parts]
    monkeypatch.setattr(Prometheus, "values_of", lambda *_: [])
    monkeypatch.setattr(Prometheus, "now", lambda *_: [Sample({"job": "a", "__name__": name}, 1) for name in names])
    with Prometheus("http://127.0.0.1:9") as client:
        (service,) = look_at(client, names).services
    assert engine.title in service.engines
