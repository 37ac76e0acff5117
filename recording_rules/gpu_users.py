"""Which GPUs serve which model, where both say which pod they belong to: in Kubernetes.

dcgm-exporter and AMD's name the pod that has a GPU, and the Prometheus Operator the pod of each target. A model whose pods are known is
judged by the GPUs of these pods alone, as soon as GPUs of its cluster name any. Everywhere else any GPU may belong to any model.
With MIG or time slicing several pods share a GPU: it belongs to the models of each. Shares of time of a MIG slice are of the slice
alone (DCGM's issues 64 and 138), so that each pod has those of its own slices. Pods without a target, such as the workers of an engine
that spans hosts, are not known. Nothing is recorded outside of Kubernetes.
"""

from collections.abc import Callable, Sequence
from functools import reduce

from glassbox.metrics import amd_exporter as amd
from glassbox.metrics import dcgm, scrape
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import avg_by, count_by, group_by, instant, max_by, over_time, sum_by, with_label
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.query.selectors import Matcher, Matchers, differs, regex
from recording_rules import gpu, instances
from recording_rules.gpu_bounds import possible
from recording_rules.levels import GPU, SERVED, TARGET
from recording_rules.targets import BRIDGE

GROUP = RecordGroup("gpu-users")

# A pod. Targets of several clusters are told apart where Prometheus sees their names.
_POD = ("user_cluster", "user_namespace", "user_pod")
_CLUSTER = ("user_cluster",)
# A GPU that shares its host's memory reports none of its own, and an exporter may be configured to report a few things only.
_SIGNS_OF_NVIDIA = (
    dcgm.FB_USED,
    dcgm.GPU_TEMP,
    dcgm.POWER_USAGE,
    dcgm.SM_CLOCK,
    dcgm.GPU_UTIL,
    dcgm.GR_ENGINE_ACTIVE,
)
_SIGNS_OF_AMD = (amd.TOTAL_VRAM, amd.PACKAGE_POWER, amd.GFX_ACTIVITY)
_SLICES: Matchers = {dcgm.SLICE: differs("")}


def _in_pod(series: Expr, prefix: str = "") -> Expr:
    """The series with the labels of a pod, copied from `cluster`, `namespace` and `pod`, the last two under this prefix."""
    in_cluster = with_label("user_cluster", series, copied_from="cluster")
    in_namespace = with_label("user_namespace", in_cluster, copied_from=f"{prefix}namespace")
    return with_label("user_pod", in_namespace, copied_from=f"{prefix}pod")


def _measured(**matchers: str | Matcher) -> Expr:
    """A series for each GPU of which anything that shows it is reported, once or more."""
    of_nvidia, of_amd = (
        reduce(Expr.or_, (instant(gauge, **matchers) for gauge in signs)) for signs in (_SIGNS_OF_NVIDIA, _SIGNS_OF_AMD)
    )
    return of_nvidia.or_(gpu.amd_by_uuid(of_amd))


def _by_users(read: Callable[..., Expr]) -> Expr:
    """What an exporter reports of GPUs that pods have, with the labels of the pod beside its own; `read` takes matchers.

    Without honorLabels Prometheus calls the exporter's own labels `exported_...`. With it, GPUs that no pod has carry the pod of
    their exporter.
    """
    renamed = gpu.of_exporter(_in_pod(read(exported_pod=differs("")), "exported_"))
    own_pods = instant(scrape.UP, job=regex(".+"), pod=differs(""))
    kept = gpu.of_exporter(_in_pod(read(exported_pod="", pod=differs(""))))
    return renamed.or_(kept.unless(own_pods, on=(*TARGET, "pod")))


def _used_by() -> Expr:
    """1 for each GPU and each pod that has it, or a slice of it."""
    return group_by((*GPU, *_POD), _by_users(_measured)).measured_in(Unit.BOOLEAN)


def _model_pods() -> Expr:
    pods = group_by((*TARGET, *_POD), _in_pod(instant(scrape.UP, pod=differs(""))))
    return group_by((*SERVED, *_POD), instant(instances.RUNNING).taking(_POD, pods, on=TARGET)).measured_in(
        Unit.BOOLEAN
    )


USED_BY = Record(
    "gpu:used_by:group",
    _used_by(),
    "1 for each GPU and each pod that has it, or a part of it. There is no series outside of Kubernetes.",
)
MODEL_PODS = Record(
    "served:inference_pod:group",
    _model_pods(),
    "1 for each model and each pod that serves it. There is no series outside of Kubernetes.",
)
# The same across failed scrapes: a GPU must not become anybody's for a moment.
_USERS, _PODS = (over_time("last", each, BRIDGE) for each in (USED_BY, MODEL_PODS))
JUDGED = Record(
    "served:gpus_known:group",
    group_by(SERVED, _PODS.and_(_USERS, on=_CLUSTER)).measured_in(Unit.BOOLEAN),
    "1 for each model that is judged by the GPUs of its own pods alone. There is no series outside of Kubernetes.",
)


def by_pod(gpus: Expr) -> Expr:
    """The values of GPUs for each pod that has one."""
    return binary(_USERS, "*", gpus, matching=many_to_one(GPU), unit=gpus.shape.unit)


def of_pods(gauge: Gauge, **matchers: str | Matcher) -> Expr:
    """The largest possible reading of what each pod has of a GPU, the whole or MIG slices, by GPU and pod."""
    of_each = _by_users(lambda **users: instant(gauge, **matchers, **users))
    return max_by((*GPU, *_POD), possible(of_each))


ACTIVITY = Record(
    "gpu:used_activity_ratio:max",
    of_pods(dcgm.GR_ENGINE_ACTIVE, **_SLICES).or_(by_pod(instant(gpu.ACTIVITY))),
    "Activity of each GPU, or of the pod's own MIG slices of it, for each pod that has it. There is no series outside of Kubernetes.",
)

# Activity of the GPUs of each model's own pods over 5 minutes.
OWN_BUSIEST = Series("served:gpu_activity_ratio:max5m", Unit.RATIO, SERVED)
OWN_MEAN = Series("served:gpu_activity_ratio:avg5m", Unit.RATIO, SERVED)


def of_no_model(gpus: Expr, used_within: str = BRIDGE) -> Expr:
    """The GPUs that no pod of a model is known to have, or to have had within this time."""
    return gpus.unless(over_time("last", USED_BY, used_within).and_(_PODS, on=_POD), on=GPU)


def activity(window: str) -> Expr:
    """Mean activity of each GPU for each pod that has it now."""
    return over_time("avg", ACTIVITY, window).and_(_USERS)


def served_by(gpus: Expr, used_within: str = BRIDGE) -> Expr:
    """1 for each model one of whose own GPUs, now or within this time, is among these."""
    pods = over_time("last", USED_BY, used_within).and_(gpus, on=GPU)
    return group_by(SERVED, _PODS.and_(pods, on=_POD))


def largest_of_models(by_pod: Expr) -> Expr:
    """The largest value of each model's own GPUs, by GPU and pod."""
    return max_by(SERVED, _of_model_pods(max_by(_POD, by_pod)))


def mean_of_models(by_pod: Expr) -> Expr:
    """The mean of the means of each model's own pods, by GPU and pod."""
    return avg_by(SERVED, _of_model_pods(avg_by(_POD, by_pod)))


def shared_out(of_gpus: Expr) -> Expr:
    """What each model has of a sum over GPUs: equal parts for the pods that share a GPU, and for the models of one pod."""
    part = binary(of_gpus, "/", count_by(GPU, _USERS), unit=of_gpus.shape.unit)
    of_pod = sum_by(_POD, by_pod(part))
    each = binary(of_pod, "/", count_by(_POD, _PODS), unit=of_gpus.shape.unit)
    return sum_by(SERVED, _of_model_pods(each))


def judged(models: Expr, own: Expr, of_any: Expr, shared: Sequence[str]) -> Expr:
    """The models for which `own` holds, and of those whose GPUs are not known those for which `of_any` does, by these labels."""
    return models.and_(own, on=SERVED).or_(models.unless(instant(JUDGED), on=SERVED).and_(of_any, on=shared))


def _of_model_pods(by_pod: Expr) -> Expr:
    return binary(_PODS, "*", by_pod, matching=many_to_one(_POD), unit=by_pod.shape.unit)
