"""How many requests have waited longer than a bound, by their position in the queue."""

from pathlib import Path

import pytest
import yaml

from glassbox.prometheus import promtool
from glassbox.servers.components import ensure_components
from recording_rules.abandoned import overdue

MODEL = 'job="vllm",model_name="m"'
WAITING = f"model:inference_requests_waiting:sum{{{MODEL}}}"
STARTED = f"model:inference_time_to_first_token_seconds_count:rate5m{{{MODEL}}}"
QUEUES = {
    # 4 start each second, so those of the last 10 s are 40 of the 500.
    "a queue that never shrinks": (10, "500x20", "4x20", 460),
    "the same, by a bound of an hour's half": (1800, "500x80", "0.1x80", 320),
    "all of a queue from which nobody starts": (10, "500x20", "0x20", 500),
    "a queue that is served within the bound": (10, "30x20", "4x20", 0),
    "a burst that just arrived": (10, "0x18 500x2", "4x20", 0),
    "a queue that was empty a minute ago": (10, "500x17 0 500x2", "4x20", 0),
    "a queue whose past is not known": (10, "_x18 500x2", "4x20", None),
    "a queue without first tokens": (10, "500x20", "_x20", None),
    "a queue that has gone": (10, "500x17 stale", "4x20", None),
}


@pytest.mark.parametrize("queue", QUEUES)
def test_requests_that_waited_too_long_are_counted_by_position(queue: str, tmp_path: Path) -> None:
    ensure_components()
    bound_seconds, waiting, started, expected = QUEUES[queue]
    samples = [] if expected is None else [{"labels": f"{{{MODEL}}}", "value": expected}]
    at = "40m" if bound_seconds > 60 else "10m"
    test = {
        "interval": "30s",
        "input_series": [{"series": WAITING, "values": waiting}, {"series": STARTED, "values": started}],
        "promql_expr_test": [{"expr": str(overdue(bound_seconds)), "eval_time": at, "exp_samples": samples}],
    }
    file = tmp_path / "overdue.test.yml"
    file.write_text(yaml.safe_dump({"tests": [test]}), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)
