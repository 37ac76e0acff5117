"""The whole of Glassbox on this machine: `python -m demo`.

Real are Prometheus, Alertmanager, the exporter, the compiled rules, and the vLLM metrics (replayed captures of a real
server); simulated are the GPU readings and the OCR work, and a stand-in takes Grafana's place.
"""

import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from demo.captures import capture_of_engine
from demo.history import BUSY, IDLE, write_gpus, write_load
from demo.ocr_service import ocr_service
from demo.replay import replayed, replaying
from demo.scenarios import EVERYTHING, MODELS_OF_ENGINES, SCENARIOS, WITHOUT_MODEL, Scenario
from demo.server_settings import (
    EVALUATION_SECONDS,
    alertmanager_settings,
    glassbox_settings,
    hurry_alerts,
    prometheus_settings,
)
from demo.simulated_dcgm import simulated_dcgm
from demo.webhook import Webhook, receiving
from deploy import PRODUCT, ROOT
from glassbox.cli.main import main as command_line
from glassbox.errors import GlassboxError
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import LOOPBACK, alertmanager, ended_by_signals, free_port, prometheus
from glassbox.standin.server import GrafanaStandIn, prometheus_source

PROMETHEUS_PORT, ALERTMANAGER_PORT, GRAFANA_PORT = 9090, 9093, 3000
GRAFANA_LOGIN = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "admin"}
CHECK_TIMEOUT_SECONDS = 240.0
PUSH_TIMEOUT_SECONDS = 120.0


# In a scenario alerts wait a thirtieth of their time: a quarter of an hour becomes half a minute.
HURRY = 1 / 30
# In a scenario the services are small on purpose.
SCENARIO_QPS_LOW = 0.1
# The total of all replayed servers.
PAST_VLLM_REQUESTS_PER_SECOND = 8.0


@dataclass(frozen=True)
class Demo:
    """What runs: the addresses of Prometheus, Alertmanager and Grafana's stand-in, and the receivers of alerts and heartbeats."""

    prometheus_url: str
    alertmanager_url: str
    grafana_url: str
    webhook: Webhook
    heartbeats: Webhook


def start(resources: ExitStack, folder: Path, scenario: Scenario = EVERYTHING, *, hurried: bool = False) -> Demo:
    """Start everything and push to the stand-in; whatever was started ends with `resources`. Raises GlassboxError.

    `hurried` has the alerts wait a thirtieth of their time.
    """
    click.echo("Looking for Prometheus and Alertmanager; the first run downloads them from Debian.")
    ensure_components()
    qps_low = SCENARIO_QPS_LOW if hurried else None
    settings_file = glassbox_settings(folder, qps_low=qps_low, engines=scenario.engines)
    build = compile_content(settings_file, folder / "build")
    if hurried:
        hurry_alerts(build, HURRY)
    webhook, heartbeats = resources.enter_context(receiving()), resources.enter_context(receiving())
    prometheus_port = _port("Prometheus", PROMETHEUS_PORT)
    feeds, versions = _feeds(resources, scenario)
    targets = feeds | {"prometheus": [f"http://{LOOPBACK}:{prometheus_port}"]}
    routes = alertmanager_settings(folder, webhook.url, heartbeats.url)
    alerts = resources.enter_context(alertmanager(routes, port=_port("Alertmanager", ALERTMANAGER_PORT)))
    settings = prometheus_settings(folder, build, targets, alerts.url, versions, more_jobs=_labels(scenario))
    data = _past(folder / "prometheus", scenario, targets["dcgm"][0])
    metrics = resources.enter_context(prometheus(settings, port=prometheus_port, folder=data))
    grafana = resources.enter_context(stand_in(metrics.url))
    push(settings_file, grafana.url)
    demo = Demo(metrics.url, alerts.url, grafana.url, webhook, heartbeats)
    _show(demo, targets)
    return demo


def prometheus_of(resources: ExitStack) -> str:
    """Start everything in a temporary folder; the URL of Prometheus."""
    folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="glassbox-"))
    return start(resources, Path(folder)).prometheus_url


def _feeds(resources: ExitStack, scenario: Scenario) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The targets of each job, and the versions of the vLLM servers among them."""
    servers = {
        resources.enter_context(
            replaying(
                feed.regime,
                vllm_version=feed.vllm_version,
                model_name=feed.model_name,
                answers=feed.answers,
            )
        ): feed.vllm_version
        for feed in scenario.vllm
        for _ in range(feed.replicas)
    }
    targets = {
        "hunyuanocr": [resources.enter_context(ocr_service(scenario.pages_per_second))],
        "vllm": list(servers),
        "dcgm": [resources.enter_context(simulated_dcgm(*scenario.gpu, gpus=scenario.gpus))],
    }
    for engine in scenario.engines:
        targets[engine] = [resources.enter_context(replayed(capture_of_engine(engine)))]
    return targets, servers


def _labels(scenario: Scenario) -> dict[str, dict[str, str]]:
    """The labels of the targets of each engine's job: its model, where its series do not say it."""
    return {
        engine: {"model_name": MODELS_OF_ENGINES[engine]} if engine in WITHOUT_MODEL else {}
        for engine in scenario.engines
    }


def _past(folder: Path, scenario: Scenario, dcgm_url: str) -> Path:
    """Prometheus' folder, with what the scenario says of the hours before."""
    # A busy past ends five minutes ago, so that means of five minutes do not include it.
    for readings, hours, gap_seconds in ((IDLE, scenario.idle_hours, 0), (BUSY, scenario.busy_hours, 300)):
        if hours:
            write_gpus(
                folder / "data",
                readings,
                instance=urlsplit(dcgm_url).netloc,
                gpus=scenario.gpus,
                hours=hours,
                step_seconds=EVALUATION_SECONDS,
                gap_seconds=gap_seconds,
            )
    if scenario.past_hours:
        load = {"hunyuanocr": scenario.pages_per_second, "vllm": PAST_VLLM_REQUESTS_PER_SECOND}
        write_load(folder / "data", load, hours=scenario.past_hours, step_seconds=EVALUATION_SECONDS)
    return folder


def compile_content(settings_file: Path, build: Path) -> Path:
    """Build and lint with the demo's settings file; raises GlassboxError when either fails."""
    for command in (["build", "--out", str(build)], ["lint"]):
        said = io.StringIO()
        with redirect_stdout(said):
            code = command_line(PRODUCT, ["--settings", str(settings_file), *command])
        if code != 0:
            click.echo(said.getvalue(), nl=False)
            raise GlassboxError(f"The demo ends because `{command[0]}` failed; correct the error above.")
    files = sum(file.is_file() for file in build.rglob("*"))
    click.echo(f"Compiled {files} files, and lint finds nothing wrong with them.")
    return build


def stand_in(prometheus_url: str) -> GrafanaStandIn:
    """The local stand-in for Grafana, which everybody may read, with that Prometheus as its default data source.

    Its boards open on the time from now on: before it there is next to nothing to see.
    """
    return GrafanaStandIn(
        port=_port("Grafana's stand-in", GRAFANA_PORT),
        admin_user=GRAFANA_LOGIN["GRAFANA_USER"],
        admin_password=GRAFANA_LOGIN["GRAFANA_PASSWORD"],
        anonymous_viewer=True,
        data_sources=[prometheus_source(prometheus_url)],
        since_ms=int(time.time() * 1000),
    )


def push(settings_file: Path, grafana_url: str) -> None:
    """Push as a user does; raises GlassboxError when deploy.py fails."""
    command = [sys.executable, "deploy.py", "--settings", str(settings_file), "--grafana", grafana_url]
    click.echo(f"$ python {' '.join(command[1:])}")
    environment = {**os.environ, **GRAFANA_LOGIN}
    done = subprocess.run(command, cwd=ROOT, env=environment, timeout=PUSH_TIMEOUT_SECONDS, check=False)
    if done.returncode != 0:
        raise GlassboxError(f"deploy.py ended with exit code {done.returncode}; correct the error above.")


def _port(name: str, preferred: int) -> int:
    port = free_port(preferred)
    if port != preferred:
        click.echo(f"Port {preferred} is taken; {name} uses {port}.")
    return port


def overview_url(grafana_url: str) -> str:
    """The overview, which opens on the time that has data, as all boards of the demo do."""
    return f"{grafana_url}/d/glassbox-inference-overview"


def _show(demo: Demo, targets: Mapping[str, Sequence[str]]) -> None:
    lines = {
        "Overview": overview_url(demo.grafana_url),
        "Grafana (stand-in)": f"{demo.grafana_url} (user admin, password admin)",
        "Prometheus": f"{demo.prometheus_url}/alerts",
        "Alertmanager": demo.alertmanager_url,
        "alerts arrive at": demo.webhook.url,
        "heartbeats at": demo.heartbeats.url,
    }
    for name, text in lines.items():
        click.echo(f"{name:20} {text}")
    for job, urls in targets.items():
        for url in urls:
            click.echo(f"{'job ' + job:20} {url}/metrics")


def _announce(scenario: Scenario) -> None:
    click.echo(f"Alerts wait a thirtieth of their time here. Expected: {', '.join(sorted(scenario.alerts)) or 'none'}.")
    if scenario.later:
        click.echo(f"After five minutes or more also: {', '.join(sorted(scenario.later))}.")
    click.echo("Others may fire within the first minute, while the windows of rates are not full.")
    for model, word in scenario.verdicts.items():
        click.echo(f"Verdict on {model}: {word}")


def _check(webhook: Webhook) -> None:
    click.echo(f"Waiting up to {CHECK_TIMEOUT_SECONDS:g} s for an alert.")
    started = time.monotonic()
    alert = webhook.wait_for(None, CHECK_TIMEOUT_SECONDS)
    seconds = time.monotonic() - started
    click.echo(f"{alert.alertname} arrived after {seconds:.0f} s: {alert.annotations.get('summary')}")


@click.command()
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    help="Play one incident instead of data for every dashboard.",
)
@click.option("--check", is_flag=True, help="End when an alert has reached the webhook; exit code 1 if none does.")
def main(check: bool, scenario: str | None) -> None:
    """Run Glassbox with real Prometheus and Alertmanager until Ctrl-C."""
    try:
        # The folder is made first and so removed last, when no server writes into it any more.
        with ended_by_signals(), tempfile.TemporaryDirectory(prefix="glassbox-") as folder, ExitStack() as resources:
            chosen = SCENARIOS[scenario] if scenario else EVERYTHING
            click.echo(chosen.story)
            demo = start(resources, Path(folder), chosen, hurried=scenario is not None)
            if scenario:
                _announce(chosen)
            if check:
                _check(demo.webhook)
            else:
                click.echo(f"Open {demo.grafana_url}. Press Ctrl-C to end the demo.")
                threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("Ended.")
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
