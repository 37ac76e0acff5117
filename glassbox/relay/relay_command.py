"""`relay`: the robots as a server for Alertmanager, on its machine."""

import threading
from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.output import say
from glassbox.errors import GlassboxError
from glassbox.relay.robots import DingTalk, Robot, WeCom, application
from glassbox.servers.background import served
from glassbox.servers.processes import ended_by_signals

PORT = 5003


def _chosen(wecom: Path | None, dingtalk: Path | None, dingtalk_secret: Path | None) -> list[Robot]:
    """The robots with an address; raises GlassboxError without any, for a secret without an address, and for unusable files."""
    if dingtalk_secret and not dingtalk:
        raise GlassboxError("--dingtalk-secret-file needs an address: give --dingtalk-url-file too.")
    robots: list[Robot] = [WeCom(wecom)] if wecom else []
    if dingtalk:
        robots.append(DingTalk(dingtalk, dingtalk_secret))
    if not robots:
        raise GlassboxError("No robot to send to: give --wecom-url-file or --dingtalk-url-file.")
    for robot in robots:
        robot.url()
    return robots


@click.command("relay")
@click.option("--wecom-url-file", type=click.Path(path_type=Path), help="File with the address of a WeCom group robot.")
@click.option("--dingtalk-url-file", type=click.Path(path_type=Path), help="File with the address of a DingTalk robot.")
@click.option(
    "--dingtalk-secret-file",
    type=click.Path(path_type=Path),
    help="File with its secret (SEC...), if messages must be signed.",
)
@click.option("--port", default=PORT, show_default=True, help="Port on loopback that Alertmanager sends to.")
def command(
    wecom_url_file: Path | None, dingtalk_url_file: Path | None, dingtalk_secret_file: Path | None, port: int
) -> int:
    """Pass Alertmanager's alerts on to group robots until Ctrl-C."""
    try:
        robots = _chosen(wecom_url_file, dingtalk_url_file, dingtalk_secret_file)
        with ended_by_signals(), served(application(robots), port) as url:
            for robot in robots:
                say(f"Alerts posted to {url}/{robot.name} go to {robot.name}.")
            threading.Event().wait()
    except KeyboardInterrupt:
        say("Ended.")
    return DONE
