"""The variables that dashboards share."""

from kit.variables import Variable
from recording_rules import engine, gpu, requests, slo, targets

JOB = Variable(name="job", title="Service", label="job", values_of=targets.TARGETS)
MODEL = Variable(name="model", title="Model", label="model_name", values_of=requests.REQUESTS, optional=True)
ENGINE_MODEL = Variable(name="model", title="Model", label="model_name", values_of=engine.RUNNING, optional=True)
# GPUs are measured by jobs of their own, so the service's job must not narrow them.
GPU_JOB = Variable(name="gpu_job", title="GPU exporter", label="job", values_of=gpu.UTILIZATION, narrows="gpu:")
SLO = Variable(name="slo", title="Objective", label="slo", values_of=slo.OBJECTIVE)
