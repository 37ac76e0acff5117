"""What an installation chooses. Every field has a default, so no settings file is needed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glassbox.metrics.engines import ENGINES
from glassbox.query.buckets import CustomBuckets, check_custom_buckets
from glassbox.query.rules import Severity
from glassbox.query.slo import DEFAULT_SLOS, Slo, check_slos
from glassbox.settings.notifications import Notifications


@dataclass(frozen=True)
class Jobs:
    """Prometheus jobs that are inference services; `expected` ones must always have a target.

    `capacity_requests_per_second` is what one replica of a job serves before its queue grows, as measured by a ramp of load.
    `replicas` is the smallest number of targets that a job should have. 0 says that it may be at zero: nothing of it is
    missing unless it was in use. More than 0 makes it an expected one.
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
        """Regular expression that matches exactly the service jobs that may not be at zero."""
        return _any_of(job for job in self.services if self.replicas.get(job) != 0)

    @property
    def required(self) -> tuple[str, ...]:
        """Jobs that must always have a target."""
        return tuple(job for job in self.services if job in self.expected or self.replicas.get(job, 0) > 0)


def _any_of(jobs: Iterable[str]) -> str:
    return "|".join(re.sub(r"[\\.+*?()|\[\]{}^$]", _literally, job) for job in jobs)


def _literally(sign: re.Match[str]) -> str:
    # Grafana would take `\$name` for a variable of the dashboard.
    return "[$]" if sign[0] == "$" else rf"\{sign[0]}"


@dataclass(frozen=True)
class Thresholds:
    """Where alerts begin. 10 requests/s, a KV cache of 90% and 50 tokens/s are conventional starting points, the rest are ours; tune all."""

    qps_low: float = 10
    down_seconds: int = 60
    start_seconds: int = 600
    kv_cache_high_ratio: float = 0.9
    latency_high_seconds: float = 10
    latency_high_share_ratio: float = 0.05
    minimum_requests: int = 20
    minimum_bad_requests: int = 3
    tokens_low_per_second: float = 50
    tokens_low_per_second_per_request: float = 10
    kv_cache_full_ratio: float = 0.95
    queue_share_ratio: float = 0.3
    frontend_share_ratio: float = 0.25
    preemptions_per_request: float = 0.1
    truncated_share_ratio: float = 0.05
    repetition_share_ratio: float = 0.01
    abandoned_share_ratio: float = 0.1
    kv_transfer_failed_ratio: float = 0.05
    # Drafts pay where a larger share is accepted than a drafted token costs of a step (Leviathan et al. 2023, "Fast Inference from
    # Transformers via Speculative Decoding"). Small heads, EAGLE and n-grams cost less than a tenth, draft models more.
    speculation_acceptance_low_ratio: float = 0.1


@dataclass(frozen=True)
class Owners:
    """The team that each subject's alerts are for: the label `owner`, by which Alertmanager and Grafana can route."""

    inference: str = "inference"
    gpu: str = "platform"
    monitoring: str = "platform"


@dataclass(frozen=True)
class CredentialVariables:
    """Names of the environment variables that hold the credential for Grafana: a token, or a user and a password."""

    token: str = "GRAFANA_TOKEN"
    user: str = "GRAFANA_USER"
    password: str = "GRAFANA_PASSWORD"


@dataclass(frozen=True)
class GrafanaTarget:
    """Where in Grafana things go, and how to get in. `data_source` is a uid or a name; empty means the default Prometheus data source.

    `url` is where people open Grafana; alerts carry full links with it and paths without. `rules` is
    "editable" or "locked": what Grafana's page lets people do with our alert rules.
    `api_url` is where this tool reaches it, `url` where it is empty. `organisation_id` 0 is the credential's own.
    `headers` are files by the name of the header whose value they hold. Paths are absolute.
    Without `parent_folder_uid` the folder is created at the top, and stays where people move it.
    `rules_folder_uid` is a folder for alert rules alone; "" leaves them with the dashboards.
    """

    data_source: str = ""
    folder_uid: str = "glassbox"
    folder_title: str = "Glassbox"
    url: str = ""
    rules: str = "editable"
    api_url: str = ""
    organisation_id: int = 0
    variables: CredentialVariables = field(default_factory=CredentialVariables)
    headers: Mapping[str, Path] = field(default_factory=dict)
    client_certificate: Path | None = None
    client_key: Path | None = None
    parent_folder_uid: str = ""
    rules_folder_uid: str = ""
    rules_folder_title: str = ""

    @property
    def folder_of_rules(self) -> str:
        """The uid of the folder that alert rules are in."""
        return self.rules_folder_uid or self.folder_uid

    @property
    def has_rules_folder(self) -> bool:
        """Whether alert rules have a folder of their own."""
        return self.folder_of_rules != self.folder_uid

    @property
    def title_of_rules_folder(self) -> str:
        """What the folder of alert rules is called where they have their own."""
        return self.rules_folder_title or f"{self.folder_title} alerts"

    @property
    def folder_titles(self) -> dict[str, str]:
        """The title of each folder of ours by its uid, that of the dashboards first."""
        rules = {self.folder_of_rules: self.title_of_rules_folder} if self.has_rules_folder else {}
        return {self.folder_uid: self.folder_title, **rules}


@dataclass(frozen=True)
class RulerTarget:
    """Where rules go in a ruler (Mimir, Cortex, Grafana Cloud). `namespace` is ours alone; empty means the folder's uid in Grafana.

    `through_grafana` is whether a push brings them to the ruler of Grafana's data source: "always", "never", or "auto", which is
    unless something else records them. `tenant` is for a ruler that is
    asked directly, "" being its only one. `rules_per_group` splits longer groups; 0 leaves them whole.
    """

    through_grafana: str = "auto"
    namespace: str = ""
    tenant: str = ""
    rules_per_group: int = 0


@dataclass(frozen=True)
class Kubernetes:
    """What the monitors of Kubernetes call a replica: `replica` is its `address`, or its `pod`, with the port of the container behind it."""

    replica: str = "address"


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


@dataclass(frozen=True)
class Exclude:
    """Content that an installation leaves out: dashboards by slug, alerts by name."""

    dashboards: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AlertChange:
    """What an installation changes about one alert; None leaves it as declared. `for_` is a Prometheus duration."""

    for_: str | None = None
    severity: Severity | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ThresholdsFor:
    """Other thresholds, by their names, for one job, model or engine, what identity labels say, or several together.

    `job`, `model_name` and `inference_engine` are "" for any.
    """

    job: str = ""
    model_name: str = ""
    inference_engine: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float]


ALERTS_IN_PROMETHEUS = "prometheus"

# Prometheus forgets a series after 5 minutes without a sample; one may be missed.
_RAREST_SECONDS = 120


@dataclass(frozen=True)
class Settings:
    """All settings, defaults included. `content` are absolute paths of folders with content of the user's own.

    `environments` are the names that the file declares; everything else is for the chosen one.
    `alerts_evaluated_by` is "grafana", or "prometheus" for whatever evaluates the recorded series.
    """

    content: tuple[Path, ...] = ()
    exclude: Exclude = field(default_factory=Exclude)
    alerts: Mapping[str, AlertChange] = field(default_factory=dict)
    alerts_evaluated_by: str = "grafana"
    jobs: Jobs = field(default_factory=Jobs)
    engines: tuple[str, ...] = tuple(engine.name for engine in ENGINES)
    evaluation_interval_seconds: int = 30
    thresholds: Thresholds = field(default_factory=Thresholds)
    thresholds_for: tuple[ThresholdsFor, ...] = ()
    owners: Owners = field(default_factory=Owners)
    runbook_base_url: str = ""
    grafana: GrafanaTarget = field(default_factory=GrafanaTarget)
    ruler: RulerTarget = field(default_factory=RulerTarget)
    notifications: Notifications = field(default_factory=Notifications)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    gpu: Gpu = field(default_factory=Gpu)
    cost: Cost = field(default_factory=Cost)
    slos: tuple[Slo, ...] = DEFAULT_SLOS
    slo_period_days: int = 30
    identity_labels: tuple[str, ...] = ()
    histogram_buckets: CustomBuckets = field(default_factory=dict)
    environments: tuple[str, ...] = ()

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
