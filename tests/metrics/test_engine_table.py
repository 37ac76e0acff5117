"""The table of engines: each says of each role whether it reports it, by metrics of the right kind that are its own."""

import re

import pytest

from glassbox.metrics import CATALOGUE, roles
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.roles import HistogramRole, Role
from glassbox.metrics.types import Kind

ROLES = {name: each for name, each in vars(roles).items() if isinstance(each, Role | HistogramRole)}
each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def parts(role):
    """The role, or the three parts of a histogram."""
    return [role] if isinstance(role, Role) else [part for _, part in role.parts()]


def all_parts(found):
    return [part for role in found for part in parts(role)]


@each_engine
def test_every_role_is_reported_or_not(engine):
    reported, not_reported = all_parts(engine.reports), all_parts(engine.not_reported)
    assert {part.name for part in reported} & {part.name for part in not_reported} == set()
    named = {part.name for part in (*reported, *not_reported)}
    assert {part.name for part in all_parts(ROLES.values())} == named


@each_engine
def test_what_it_reports_of_some_models_it_reports(engine):
    reported = {part.name for part in all_parts(engine.reports)}
    some = {part.name for part in all_parts(engine.of_some_models)}
    assert some <= reported
    every = {part.name for part in all_parts(ROLES.values()) if engine.reports_of_every_model(part)}
    assert every == reported - some


@each_engine
def test_every_reason_is_a_sentence(engine):
    reasons = (*engine.not_reported.values(), *engine.of_some_models.values())
    assert [reason for reason in reasons if not re.fullmatch(r"[A-Z].*[^.]\.", reason)] == []


@each_engine
def test_a_role_is_read_of_metrics_of_its_kind_in_its_unit_and_with_labels_they_have(engine):
    for part in all_parts(ROLES.values()):
        for reading in engine.readings(part):
            assert reading.metric.kind is part.kind, (part.name, reading.metric.name)
            kept = {reading.renamed.get(label, label) for label in reading.metric.labels}
            assert set(reading.renamed) | set(reading.over) <= set(reading.metric.labels)
            assert set(reading.where) <= set(reading.metric.all_labels) | {"priority"}
            if part.kind is Kind.BUCKETS:
                assert "le" in kept
            if part.name not in {ROLES["FINISHED"].name} and reading.metric.unit.value not in {"requests", "events"}:
                assert reading.metric.unit is part.unit or part.unit.value == "events", part.name


@each_engine
def test_its_metrics_are_in_the_catalogue_of_its_module(engine):
    listed = {name for metric in CATALOGUE[engine.name] for name in names(metric)}
    read = {reading.metric.name for part in all_parts(ROLES.values()) for reading in engine.readings(part)}
    assert read - listed == set()


def names(metric):
    return {name for part in metric.parts for name in (part.name, *part.former_names)}


def test_no_two_engines_share_a_name_except_tritons_backend_and_vllm():
    """The backend uses vLLM's names; labels of the model tell the two apart, so that no series is read as both."""
    owners = {}
    for engine in ENGINES:
        for metric in CATALOGUE[engine.name]:
            for name in names(metric):
                owners.setdefault(name, set()).add(engine.name)
    shared = {name: found for name, found in owners.items() if len(found) > 1}
    assert set(map(frozenset, shared.values())) == {frozenset({"triton", "vllm"})}
    assert all(re.match(r"(ray_)?vllm[:_]", name) for name in shared)
    for name in shared:
        assert all("model" in metric.labels for metric in CATALOGUE["triton"] if name in names(metric))
        assert all("model" not in metric.labels for metric in CATALOGUE["vllm"] if name in names(metric))


def test_an_engine_is_named_after_its_module():
    assert [engine.name for engine in ENGINES if engine.name not in CATALOGUE] == []
    assert len({engine.name for engine in ENGINES}) == len({engine.title for engine in ENGINES}) == len(ENGINES)
