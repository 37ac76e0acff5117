"""What the first part of a recorded name means: the labels that its series keep."""

from glassbox.query.selectors import Matchers, differs

# One series for each model of each service. Labels that a target does not carry are simply missing.
MODEL = ("job", "model_name", "model_version", "inference_engine")
ENDPOINT = (*MODEL, "endpoint")
# A card where an exporter finds it. An exporter that is replaced may have another address; the UUID stays, where one is reported.
SLOT = ("job", "instance", "gpu")
GPU = (*SLOT, "UUID")
# The card itself, wherever it is found.
CARD = ("job", "UUID")
WITH_UUID: Matchers = {"UUID": differs("")}
WITHOUT_UUID: Matchers = {"UUID": ""}
# The same, all versions and engines together.
SERVED = ("job", "model_name")
JOB = ("job",)
# The labels by which one Prometheus distinguishes places that may run the same service: Kubernetes' namespace, and the
# cluster, which is an external label that only a Prometheus above several sees.
PLACES = ("cluster", "namespace")
# A job's targets in one of these places, where their labels say so.
PLACE = (*JOB, *PLACES)
# One server process, whatever it serves.
TARGET = ("job", "instance")
# The same with the model it serves.
INSTANCE = (*TARGET, "model_name")
# What was promised of one model.
SLO = (*MODEL, "slo")
