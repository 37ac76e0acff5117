"""The one settings file: YAML, checked against settings.schema.json. Every field has a default, so no file is needed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from glassbox.errors import GlassboxError
from glassbox.query.buckets import CustomBuckets, check_custom_buckets
from glassbox.query.slo import DEFAULT_SLOS, Slo, check_slos
from glassbox.settings.messages import explain

SCHEMA_FILE = Path(__file__).with_name("settings.schema.json")


@dataclass(frozen=True)
class Jobs:
    """Prometheus jobs that are inference services; `expected` ones must always have a target.

    `capacity_requests_per_second` is what one replica of a job serves before its queue grows, as measured by a ramp of load.
    `replicas` is the smallest number of targets that a job should have. 0 says that it is scaled to zero on purpose; more
    than 0 makes it an expected one.
    """

    services: tuple[str, ...] = ("hunyuanocr", "vllm")
    expected: tuple[str, ...] = ()
    replicas: Mapping[str, int] = field(default_factory=dict)
    capacity_requests_per_second: Mapping[str, float] = field(default_factory=dict)

    @property
    def services_regex(self) -> str:
        """Regular expression that matches exactly the service jobs."""
        return _any_of(self.services)

    @property
    def wanted_regex(self) -> str:
        """Regular expression that matches exactly the service jobs that are not scaled to zero."""
        return _any_of(job for job in self.services if self.replicas.get(job) != 0)

    @property
    def required(self) -> tuple[str, ...]:
        """Jobs that must always have a target."""
        return tuple(job for job in self.services if job in self.expected or self.replicas.get(job, 0) > 0)


def _any_of(jobs: Iterable[str]) -> str:
    return "|".join(job.replace(".", r"\.") for job in jobs)


@dataclass(frozen=True)
class Thresholds:
    """Where alerts begin. 10 requests/s, a KV cache of 90 % and 50 tokens/s are conventional starting points, the rest are ours; tune all."""

    qps_low: float = 10
    down_seconds: int = 60
    kv_cache_high_ratio: float = 0.9
    latency_high_seconds: float = 10
    latency_high_share_ratio: float = 0.05
    minimum_requests: int = 20
    tokens_low_per_second: float = 50
    tokens_low_per_second_per_request: float = 10
    kv_cache_full_ratio: float = 0.95
    queue_share_ratio: float = 0.3
    frontend_share_ratio: float = 0.25
    preemptions_per_request: float = 0.1
    truncated_share_ratio: float = 0.05
    repetition_share_ratio: float = 0.01


@dataclass(frozen=True)
class Owners:
    """The team that each subject's alerts are for: the label `owner`, by which Alertmanager and Grafana can route."""

    inference: str = "inference"
    gpu: str = "platform"
    monitoring: str = "platform"


@dataclass(frozen=True)
class GrafanaTarget:
    """Where in Grafana things go. `data_source` is a uid or a name; empty means the default Prometheus data source.

    `url` is where people open Grafana; alerts carry full links with it and paths without.
    """

    data_source: str = ""
    folder_uid: str = "glassbox"
    folder_title: str = "Glassbox"
    url: str = ""


@dataclass(frozen=True)
class Gpu:
    """Where GPU alerts begin, and which labels tie GPUs to the services that use them; ratios are 0..1.

    `queue_labels` are labels that services and their GPUs share; empty means that any GPU may belong to any service.
    """

    busy_ratio: float = 0.8
    throttled_clock_ratio: float = 0.7
    power_limited_ratio: float = 0.9
    idle_while_queueing_ratio: float = 0.4
    idle_ratio: float = 0.05
    idle_memory_ratio: float = 0.2
    queue_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What a GPU costs, in one currency (an ISO 4217 code), and how many pages a request stands for where its service counts none.

    `gpu_prices_per_hour` gives the price of a GPU's model, as nvidia-smi calls it; all others cost `gpu_price_per_hour`.
    """

    currency: str = "USD"
    gpu_price_per_hour: float = 2.0
    gpu_prices_per_hour: Mapping[str, float] = field(default_factory=dict)
    pages_per_request: float = 1


# Prometheus forgets a series after 5 minutes without a sample; one may be missed.
_RAREST_SECONDS = 120


@dataclass(frozen=True)
class Settings:
    """All settings, defaults included."""

    jobs: Jobs = field(default_factory=Jobs)
    evaluation_interval_seconds: int = 30
    thresholds: Thresholds = field(default_factory=Thresholds)
    owners: Owners = field(default_factory=Owners)
    runbook_base_url: str = ""
    grafana: GrafanaTarget = field(default_factory=GrafanaTarget)
    gpu: Gpu = field(default_factory=Gpu)
    cost: Cost = field(default_factory=Cost)
    slos: tuple[Slo, ...] = DEFAULT_SLOS
    slo_period_days: int = 30
    histogram_buckets: CustomBuckets = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_custom_buckets(self.histogram_buckets)
        check_slos(self.slos, self.slo_period_days)

    @property
    def rare_interval_seconds(self) -> int:
        """How often costly rules that can wait are evaluated: at every fourth evaluation, but at least every two minutes if other rules are."""
        return max(self.evaluation_interval_seconds, min(4 * self.evaluation_interval_seconds, _RAREST_SECONDS))

    def runbook_url(self, alert: str) -> str:
        """Where the alert's runbook can be read; empty where `runbook_base_url` is."""
        return f"{self.runbook_base_url.rstrip('/')}/{alert}.md" if self.runbook_base_url else ""


def load_settings(path: Path | None) -> Settings:
    """Settings from a YAML file, or the defaults where `path` is None."""
    if path is None:
        return Settings()
    values = _read(path)
    _check_schema(path, values)
    settings = _fill(Settings, values)
    _check_jobs(path, settings.jobs)
    return settings


def _check_jobs(path: Path, jobs: Jobs) -> None:
    for key in ("expected", "replicas", "capacity_requests_per_second"):
        unknown = sorted(set(getattr(jobs, key)) - set(jobs.services))
        if unknown:
            raise GlassboxError(
                f"Settings file {path}: jobs.{key}: {unknown[0]!r} is not among jobs.services; add it there."
            )
    for job in jobs.expected:
        if jobs.replicas.get(job) == 0:
            raise GlassboxError(
                f"Settings file {path}: jobs.expected: {job!r} has 0 replicas in jobs.replicas; remove it from one of the two."
            )


def _read(path: Path) -> dict[str, Any]:
    from glassbox.settings.yaml import read_settings  # noqa: PLC0415  # most commands run without a settings file and start faster without it

    values = read_settings(path)
    if not isinstance(values or {}, dict):
        raise GlassboxError(f"Settings file {path} must hold keys and values, not a {type(values).__name__}.")
    return values or {}


def _check_schema(path: Path, values: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415  # as above
    from jsonschema.exceptions import best_match  # noqa: PLC0415  # as above

    base = Draft202012Validator.TYPE_CHECKER
    # A threshold of .nan or .inf would make an alert that can never fire.
    finite = base.redefine("number", lambda checker, value: base.is_type(value, "number") and isfinite(value))
    validator = validators.extend(Draft202012Validator, type_checker=finite)  # type: ignore[no-untyped-call]  # its stub has no types
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = best_match(validator(schema).iter_errors(values))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise GlassboxError(f"Settings file {path}: {where + ': ' if where else ''}{explain(error)}.")


T = TypeVar("T")


def _fill(kind: type[T], values: Mapping[str, Any]) -> T:
    """Build a settings dataclass from checked values; nested mappings become nested dataclasses where the default is one, lists tuples."""

    def convert(name: str, value: Any) -> Any:
        default = getattr(kind(), name)
        if is_dataclass(default) and not isinstance(default, type):
            return _fill(type(default), value)
        if isinstance(default, int) and isinstance(value, float) and value.is_integer():
            return int(value)  # 60.0 is an integer to JSON Schema
        if isinstance(value, list):
            return tuple(type(default[0])(**item) if isinstance(item, dict) else item for item in value)
        return value

    return kind(**{f.name: convert(f.name, values[f.name]) for f in fields(kind) if f.name in values})  # type: ignore[arg-type]  # T is always a settings dataclass
