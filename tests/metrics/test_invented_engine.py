"""One module and one line are enough to have another engine's records."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

MODULE = '''
"""What Invented exposes."""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Unit

RUNNING = Gauge(name="invented_running", unit=Unit.REQUESTS, labels=("model", "rank"), help="Running requests.")
TOKENS = Counter(name="invented_kilotokens_total", unit=Unit.TOKENS, labels=("model",), help="Thousands of tokens.")

ENGINE = Engine(
    name="invented",
    title="Invented",
    reports={
        roles.RUNNING: Reading(metric=RUNNING, over=("rank",), renamed={"model": "model_name"}),
        roles.GENERATION_TOKENS: Reading(metric=TOKENS, scale=1000, renamed={"model": "model_name"}),
    },
    not_reported={roles.WAITING: "There is no such gauge."},
)
'''
COMPILE = """
import json, sys
from glassbox.compile.compiler import compile_bundle
from glassbox.settings.model import Settings
from deploy import content
bundle = compile_bundle(content(), Settings())
rules = [rule for group in bundle.recording_rules["invented.yaml"]["groups"] for rule in group["rules"]]
print(json.dumps({rule["record"]: rule["expr"] for rule in rules}))
"""


@pytest.fixture
def checkout(tmp_path):
    """The product's code with the invented engine."""
    for folder in ("glassbox", "recording_rules", "alerts", "dashboards"):
        ignored = shutil.ignore_patterns("web", "__pycache__", "standin")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("deploy.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "glassbox/metrics/invented.py").write_text(MODULE, encoding="utf-8")
    table = tmp_path / "glassbox/metrics/engines.py"
    text = table.read_text(encoding="utf-8")
    added = text.replace(" import ", " import invented, ", 1).replace("vllm.ENGINE,", "vllm.ENGINE, invented.ENGINE,")
    table.write_text(added, encoding="utf-8")
    return tmp_path


def test_a_module_and_a_line_give_an_engine_its_records(checkout):
    done = subprocess.run(
        [sys.executable, "-c", COMPILE], cwd=checkout, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    records = json.loads(done.stdout)
    assert records["model:inference_generation_tokens:rate5m"] == (
        "label_replace(sum by (job, model_name, model_version) (label_replace("
        'rate(invented_kilotokens_total{inference_role!="prefill"}[5m]) * 1000,'
        ' "model_name", "$1", "model", "(.+)")), "inference_engine", "invented", "", "")'
    )
    assert "max without (rank) (invented_running)" in records["model:inference_requests_running:sum"]
    assert "instance:inference_requests_running:sum" in records
    assert not any("waiting" in name for name in records)
