"""The variables that dashboards share."""

from kit.variables import Variable
from recording_rules import engine, gpu, requests, targets

JOB = Variable(name="job", title="Service", label="job", values_of=targets.TARGETS)
MODEL = Variable(name="model", title="Model", label="model_name", values_of=requests.REQUESTS, optional=True)
ENGINE_MODEL = Variable(name="model", title="Model", label="model_name", values_of=engine.RUNNING, optional=True)
# GPUs are measured by jobs of their own, so the service's job must not narrow them.
GPU_JOB = Variable(name="gpu_job", title="GPU exporter", label="job", values_of=gpu.UTILIZATION, narrows="gpu:")
GPU_INSTANCE = Variable(name="gpu_instance", title="Host", label="instance", values_of=gpu.MEMORY_USED, narrows="gpu:")
GPU_INDEX = Variable(name="gpu", title="GPU", label="gpu", values_of=gpu.MEMORY_USED, narrows="gpu:")
