"""`relay`: the robots as a server for Alertmanager, on its machine."""

import threading
from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.output import say
from glassbox.errors import GlassboxError
from glassbox.http.route import route_to
from glassbox.relay.chat_messages import Message
from glassbox.relay.relaying import application
from glassbox.relay.robots import DingTalk, Feishu, Robot, WeCom
from glassbox.servers.background import served
from glassbox.servers.processes import ended_by_signals

PORT = 5003
EXAMPLES = """\b
Examples:
  python deploy.py relay --wecom-url-file /etc/alertmanager/wecom_url
  python deploy.py relay --feishu-url-file /etc/alertmanager/feishu_url --feishu-secret-file /etc/alertmanager/feishu_secret
Alertmanager: receiver `wecom`, `dingtalk` or `feishu` in install/alertmanager.yml; docs/chat-receivers.md says more.
"""


def _chosen(
    wecom: Path | None,
    dingtalk: Path | None,
    dingtalk_secret: Path | None,
    feishu: Path | None,
    feishu_secret: Path | None,
) -> list[Robot]:
    """The robots with an address; raises GlassboxError without any, for a secret without an address, and for unusable files, proxies and certificates."""
    for name, address, secret in (("dingtalk", dingtalk, dingtalk_secret), ("feishu", feishu, feishu_secret)):
        if secret and not address:
            raise GlassboxError(f"--{name}-secret-file needs an address: give --{name}-url-file too.")
    robots: list[Robot] = [WeCom(wecom)] if wecom else []
    robots += [DingTalk(dingtalk, dingtalk_secret)] if dingtalk else []
    robots += [Feishu(feishu, feishu_secret)] if feishu else []
    if not robots:
        raise GlassboxError("No robot to send to: give --wecom-url-file, --dingtalk-url-file or --feishu-url-file.")
    for robot in robots:
        route_to(robot.url()).for_httpx()
        robot.body(Message("", ""))
    return robots


_FILE = click.Path(path_type=Path)


@click.command("relay", epilog=EXAMPLES)
@click.option("--wecom-url-file", type=_FILE, help="File with the address of a WeCom group robot.")
@click.option("--dingtalk-url-file", type=_FILE, help="File with the address of a DingTalk robot.")
@click.option("--dingtalk-secret-file", type=_FILE, help="File with its secret (SEC...), if messages must be signed.")
@click.option("--feishu-url-file", type=_FILE, help="File with the address of a Feishu or Lark robot.")
@click.option("--feishu-secret-file", type=_FILE, help="File with its secret, if messages must be signed.")
@click.option("--port", default=PORT, show_default=True, help="Port on loopback that Alertmanager sends to.")
def command(
    *,
    wecom_url_file: Path | None,
    dingtalk_url_file: Path | None,
    dingtalk_secret_file: Path | None,
    feishu_url_file: Path | None,
    feishu_secret_file: Path | None,
    port: int,
) -> int:
    """Pass Alertmanager's alerts on to group robots until Ctrl-C.

    Alertmanager itself sends to Slack and Teams. Addresses and secrets are in files, which are read for every message.
    """
    try:
        robots = _chosen(wecom_url_file, dingtalk_url_file, dingtalk_secret_file, feishu_url_file, feishu_secret_file)
        with ended_by_signals(), served(application(robots), port) as url:
            for robot in robots:
                say(f"Alerts posted to {url}/{robot.name} go to {robot.name}.")
            threading.Event().wait()
    except KeyboardInterrupt:
        say("Ended.")
    return DONE
