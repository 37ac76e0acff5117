"""What the first part of a recorded name means: the labels that its series keep."""

# One series for each model of each service. Labels that a target does not carry are simply missing.
MODEL = ("job", "model_name", "model_version", "inference_engine")
ENDPOINT = (*MODEL, "endpoint")
GPU = ("job", "instance", "gpu")
# The same, all versions and engines together.
SERVED = ("job", "model_name")
JOB = ("job",)
# A job's targets in one namespace of one cluster, where the labels of its targets say so.
PLACE = (*JOB, "cluster", "namespace")
# One server process, whatever it serves.
TARGET = ("job", "instance")
# The same with the model it serves.
INSTANCE = (*TARGET, "model_name")
# What was promised of one model.
SLO = (*MODEL, "slo")
