"""Every command: the module whose `command` it is, which is imported when it is used, and its line in --help."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Where a command is defined. One without help is not listed: other commands start it.

    Those that compile in a process of their own know the settings file alone, and no environment of it.
    """

    module: str
    help: str = ""
    knows_environments: bool = True


COMMANDS = {
    "build": Entry("glassbox.cli.build_command", "Write dashboards, rule files and Grafana's rule groups."),
    "lint": Entry("glassbox.cli.lint_command", "Check all content, or any dashboards and rules."),
    "diff": Entry(
        "glassbox.reviewing.diff_command", "See what differs from another revision, without a server.", False
    ),
    "explain": Entry(
        "glassbox.reviewing.explain_command", "See what a panel or alert reads, and where that comes from."
    ),
    "plan": Entry("glassbox.cli.plan_command", "See what a push to Grafana would change."),
    "adopt": Entry("glassbox.reviewing.adopt_command", "See what others edited in Grafana as changes of the code."),
    "verify": Entry("glassbox.verifying.verify_command", "See which panels and alerts have no answer in Grafana."),
    "rollback": Entry(
        "glassbox.cli.rollback_command", "Bring back what was in Grafana, or of rules alone, before a push."
    ),
    "destroy": Entry("glassbox.cli.destroy_command", "Delete all that is ours from Grafana."),
    "doctor": Entry(
        "glassbox.doctor.doctor_command", "See what can work on your own Prometheus, and what is in the way."
    ),
    "try": Entry("glassbox.past.try_command", "See the dashboards over the past of your own fleet.", False),
    "backtest": Entry(
        "glassbox.backtest.backtest_command", "See which alerts would have fired over your fleet's past.", False
    ),
    "docs": Entry("glassbox.reference.docs_command", "Write the reference pages."),
    "preview": Entry("glassbox.view.preview", "See the dashboards in a browser, and again after every change.", False),
    "pictures": Entry("glassbox.view.pictures", "Pictures of the dashboards, before and after a change.", False),
    "baseline": Entry("glassbox.baseline.commands", "Keep the normal range of each model, and find what changed."),
    "loadtest": Entry("glassbox.load.loadtest", "Load an OpenAI-compatible server, and measure what its callers see."),
    "relay": Entry(
        "glassbox.relay.relay_command", "Pass alerts on to group robots of WeCom, DingTalk, Feishu and Lark."
    ),
    "snapshot": Entry("glassbox.view.snapshot", knows_environments=False),
}
FIRED_BEFORE = "glassbox.backtest.fired_before"
"""The module that works out for `lint --online --window` which alerts would have fired; it is above the floor of commands."""
