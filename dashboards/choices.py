"""The variables that dashboards share."""

from glassbox.board.line_choice import LineChoice
from glassbox.board.variables import Variable
from glassbox.metrics import CATALOGUE, prometheus_server, scrape, service
from glassbox.query.promql import over_time
from glassbox.query.selectors import Level, Source
from recording_rules import engine, gpu, instances, requests, slo, targets
from recording_rules.memory import GONE_REMEMBERED

# What recorded series are about.
_MODEL, _ENDPOINT = requests.REQUESTS.level, requests.REQUESTS_BY_ENDPOINT.level
_REPLICA, _GPU = instances.RUNNING.level, gpu.MEMORY_USED.level

JOB = Variable(name="job", title="Service", label="job", values_of=targets.TARGETS)
# Hosts of GPUs serve no model, so a chosen one must not narrow what their exporters expose.
MODEL = Variable(
    name="model",
    title="Model",
    label="model_name",
    values_of=requests.REQUESTS,
    narrows=(_MODEL, _ENDPOINT),
    optional=True,
)
ENGINE_MODEL = Variable(name="model", title="Model", label="model_name", values_of=engine.RUNNING, optional=True)
# GPUs are measured by jobs of their own, so the service's job must not narrow them: recorded ones, and those of each exporter.
_GPU_SERIES: tuple[Level | Source, ...] = (
    _GPU,
    *CATALOGUE["dcgm"],
    *CATALOGUE["nvidia_gpu_exporter"],
    *CATALOGUE["amd_exporter"],
    *CATALOGUE["rocm_smi_exporter"],
    *(metric for metric in CATALOGUE["service"] if "gpu_id" in metric.labels),
    service.EXPORTER_UP,
    service.EXPORTER_LAST_SUCCESS,
)
# Some GPUs report no memory.
_OTHER_SIGNS = tuple(sign for sign in gpu.SIGNS if sign is not gpu.MEMORY_USED)


def _of_gpus(name: str, title: str, label: str, *within: Variable) -> Variable:
    """A choice among what GPUs are labelled with; it narrows the series of GPUs alone."""
    return Variable(
        name=name,
        title=title,
        label=label,
        values_of=gpu.MEMORY_USED,
        values_also_of=_OTHER_SIGNS,
        narrows=_GPU_SERIES,
        within=within,
    )


GPU_JOB = _of_gpus("gpu_job", "GPU exporter", "job")
GPU_INSTANCE = _of_gpus("gpu_instance", "Host", "instance", GPU_JOB)
GPU_INDEX = _of_gpus("gpu", "GPU", "gpu", GPU_JOB, GPU_INSTANCE)
# Processes do not report a model; they are found through the recorded series of their replica, which has it.
REPLICA_MODEL = Variable(
    name="model",
    title="Model",
    label="model_name",
    values_of=instances.RUNNING,
    narrows=(_REPLICA,),
    optional=True,
)
REPLICA = Variable(
    name="instance", title="Replica", label="instance", values_of=instances.RUNNING, within=(JOB, REPLICA_MODEL)
)
# What is recorded by model is computed again for a chosen replica of any engine; what is judged by model is shown for its models.
# What is recorded by service stays the service's.
REPLICA_OF_MODEL = Variable(
    name="instance",
    title="Replica",
    label="instance",
    values_of=instances.RUNNING,
    narrows=(_MODEL, _ENDPOINT, _REPLICA, scrape.UP),
    optional=True,
    single=True,
    within=(JOB, MODEL),
    serving=over_time("last", instances.RUNNING, GONE_REMEMBERED),
)
# Every job that Prometheus scrapes, services or not.
ANY_JOB = Variable(name="job", title="Job", label="job", values_of=scrape.UP)
ANY_TARGET = Variable(
    name="target",
    title="Target",
    label="instance",
    values_of=scrape.UP,
    narrows=(*CATALOGUE["scrape"], _REPLICA),
    within=(ANY_JOB,),
)
# Prometheus scrapes itself under a job of its own, which a chosen service must not narrow away.
PROMETHEUS_JOB = Variable(
    name="prometheus_job",
    title="Prometheus",
    label="job",
    values_of=prometheus_server.HEAD_SERIES,
    narrows=tuple(metric for metric in CATALOGUE["prometheus_server"] if metric is not prometheus_server.ALERTS),
)
SLO = Variable(name="slo", title="Objective", label="slo", values_of=slo.BUDGET)
# With ten models, five lines of each cannot be read.
LINES = LineChoice(name="lines", title="Lines", offered=("p50", "p90", "p95", "p99", "average"), chosen=("p50", "p95"))
