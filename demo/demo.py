"""The whole of Glassbox on this machine: `python -m demo`.

Prometheus, Alertmanager, the exporter, the compiled rules and the vLLM metrics (replayed captures of a real server) are
real. GPU readings and OCR work are simulated, and a stand-in takes Grafana's place.
"""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from demo.feeds import Feeds, start_feeds
from demo.history import BUSY, IDLE, write_gpus
from demo.past_check import check_past
from demo.scenarios import EVERYTHING, MODELS_OF_ENGINES, SCENARIOS, WITHOUT_MODEL, Scenario
from demo.server_settings import (
    EVALUATION_SECONDS,
    alertmanager_settings,
    glassbox_settings,
    hurry_alerts,
    labels_of_targets,
    prometheus_settings,
)
from demo.webhook import Webhook, receiving
from demo.written_past import WrittenPast, write_past
from deploy import PRODUCT, ROOT
from glassbox.cli.main import main as command_line
from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.past.own_prometheus import FLAGS
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import LOOPBACK, alertmanager, ended_by_signals, free_port, prometheus
from glassbox.standin.server import GrafanaStandIn, prometheus_source

PROMETHEUS_PORT, ALERTMANAGER_PORT, GRAFANA_PORT = 9090, 9093, 3000
GRAFANA_LOGIN = {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "admin"}
CHECK_TIMEOUT_SECONDS = 240.0
PUSH_TIMEOUT_SECONDS = 120.0


# In a scenario alerts wait a thirtieth of their time: a quarter of an hour becomes half a minute.
HURRY = 1 / 30
# The services are small on purpose.
QPS_LOW = 0.1
# What the link to the incident shows before and after it.
AROUND_SECONDS = 900


@dataclass(frozen=True)
class Demo:
    """What runs: the addresses of Prometheus, Alertmanager and Grafana's stand-in, and the receivers of alerts and heartbeats.

    `past` is what was written of the hours before, None where nothing was.
    """

    prometheus_url: str
    alertmanager_url: str
    grafana_url: str
    webhook: Webhook
    heartbeats: Webhook
    past: WrittenPast | None


def start(resources: ExitStack, folder: Path, scenario: Scenario = EVERYTHING, *, hurried: bool = False) -> Demo:
    """Start everything and push to the stand-in; whatever was started ends with `resources`. Raises GlassboxError.

    `hurried` evaluates the rules often, and has the alerts wait a thirtieth of their time.
    """
    click.echo("Looking for Prometheus and Alertmanager; the first run downloads them from Debian.")
    ensure_components()
    settings_file = glassbox_settings(folder, qps_low=QPS_LOW, engines=scenario.engines, often=hurried)
    build = compile_content(settings_file, folder / "build")
    if hurried:
        hurry_alerts(build, HURRY)
    webhook, heartbeats = resources.enter_context(receiving()), resources.enter_context(receiving())
    prometheus_port = _port("Prometheus", PROMETHEUS_PORT)
    feeds = start_feeds(resources, scenario, folder)
    targets = {**feeds.targets, "prometheus": [f"http://{LOOPBACK}:{prometheus_port}"]}
    routes = alertmanager_settings(folder, webhook.url, heartbeats.url)
    alerts = resources.enter_context(alertmanager(routes, port=_port("Alertmanager", ALERTMANAGER_PORT)))
    settings = prometheus_settings(folder, build, targets, alerts.url, feeds.versions, more_jobs=_labels(scenario))
    data = folder / "prometheus" / "data"
    past = _past(data, build, settings, feeds, scenario)
    flags = FLAGS if past else ()
    metrics = resources.enter_context(prometheus(settings, port=prometheus_port, folder=data.parent, more_flags=flags))
    grafana = resources.enter_context(stand_in(metrics.url, past))
    push(settings_file, grafana.url)
    demo = Demo(metrics.url, alerts.url, grafana.url, webhook, heartbeats, past)
    _show(demo, targets)
    return demo


def prometheus_of(resources: ExitStack) -> str:
    """Start everything in a temporary folder; the URL of Prometheus."""
    folder = resources.enter_context(temporary_folder("demo"))
    return start(resources, folder).prometheus_url


def _labels(scenario: Scenario) -> dict[str, dict[str, str]]:
    """The labels of the targets of each engine's job: its model, where its series do not say it."""
    return {
        engine: {"model_name": MODELS_OF_ENGINES[engine]} if engine in WITHOUT_MODEL else {}
        for engine in scenario.engines
    }


def _past(data: Path, build: Path, settings: Path, feeds: Feeds, scenario: Scenario) -> WrittenPast | None:
    """Fill Prometheus' data folder with what the scenario says of the hours before; raises GlassboxError."""
    # A busy past ends five minutes ago, so that means of five minutes do not include it.
    for readings, hours, gap_seconds in ((IDLE, scenario.idle_hours, 0), (BUSY, scenario.busy_hours, 300)):
        if hours:
            write_gpus(
                data,
                readings,
                instance=urlsplit(feeds.targets["dcgm"][0]).netloc,
                gpus=scenario.gpus,
                hours=hours,
                step_seconds=EVALUATION_SECONDS,
                gap_seconds=gap_seconds,
            )
    if scenario.incident is None:
        return None
    end_seconds = int(feeds.started_seconds)
    past = WrittenPast(end_seconds - scenario.past_seconds, end_seconds, scenario.incident)
    click.echo(f"Writing the {scenario.past_seconds // 60} minutes before, and working the rules out over them.")
    write_past(data, build, feeds, labels_of_targets(settings), past)
    return past


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


def stand_in(prometheus_url: str, past: WrittenPast | None = None) -> GrafanaStandIn:
    """The local stand-in for Grafana, which everybody may read, with that Prometheus as its default data source.

    Its boards open on the past and say what it is; where there is none, on the time from now on.
    """
    return GrafanaStandIn(
        port=_port("Grafana's stand-in", GRAFANA_PORT),
        admin_user=GRAFANA_LOGIN["GRAFANA_USER"],
        admin_password=GRAFANA_LOGIN["GRAFANA_PASSWORD"],
        anonymous_viewer=True,
        data_sources=[prometheus_source(prometheus_url)],
        since_ms=1000 * past.shown_seconds if past else int(time.time() * 1000),
        notice=past.notice if past else "",
    )


def push(settings_file: Path, grafana_url: str) -> None:
    """Push as a user does, with the backup in the folder of the settings; raises GlassboxError when deploy.py fails."""
    backups = ["--backups", str(settings_file.parent / "backups")]
    command = [sys.executable, "deploy.py", "--settings", str(settings_file), "--grafana", grafana_url, *backups]
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
    """The overview, which opens on the past and the time since, as all boards of the demo do."""
    return f"{grafana_url}/d/glassbox-inference-overview"


def _incident_url(grafana_url: str, past: WrittenPast) -> str:
    """The overview at the time of the incident, with a little before and after."""
    began, ended = past.incident_seconds
    return f"{overview_url(grafana_url)}?from={1000 * (began - AROUND_SECONDS)}&to={1000 * (ended + AROUND_SECONDS)}"


def _show(demo: Demo, targets: Mapping[str, Sequence[str]]) -> None:
    lines = {
        "Overview": overview_url(demo.grafana_url),
        **({"Incident": _incident_url(demo.grafana_url, demo.past)} if demo.past else {}),
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


def _check(demo: Demo) -> None:
    if demo.past:
        click.echo(check_past(demo.prometheus_url, demo.past))
    click.echo(f"Waiting up to {CHECK_TIMEOUT_SECONDS:g} s for an alert.")
    started = time.monotonic()
    alert = demo.webhook.wait_for(None, CHECK_TIMEOUT_SECONDS)
    seconds = time.monotonic() - started
    click.echo(f"{alert.alertname} arrived after {seconds:.0f} s: {alert.annotations.get('summary')}")


@click.command()
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    help="Play one incident instead of data for every dashboard.",
)
@click.option(
    "--check",
    is_flag=True,
    help="End when the past is as it should be and an alert has reached the webhook; exit code 1 if not.",
)
def main(check: bool, scenario: str | None) -> None:
    """Run Glassbox with real Prometheus and Alertmanager until Ctrl-C."""
    try:
        # The folder is made first and so removed last, when no server writes into it any more.
        with ended_by_signals(), temporary_folder("demo") as folder, ExitStack() as resources:
            chosen = SCENARIOS[scenario] if scenario else EVERYTHING
            click.echo(chosen.story)
            demo = start(resources, folder, chosen, hurried=scenario is not None)
            if scenario:
                _announce(chosen)
            if check:
                _check(demo)
            else:
                click.echo(f"Open {demo.grafana_url}. Press Ctrl-C to end the demo.")
                threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("Ended.")
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
