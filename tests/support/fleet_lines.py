"""Lines of an exposition for fleets that tests invent."""

import json

RUNNING = "vllm:num_requests_running"


def line(name: str, value: float = 1, **labels: str) -> str:
    written = ",".join(f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels.items())
    return f"{name}{{{written}}} {value}"


def server(job: str, **labels: str) -> list[str]:
    target = {"job": job, "instance": "10.0.0.1:8000", **labels}
    return [line("up", **target), line(RUNNING, model_name="m", **target)]
