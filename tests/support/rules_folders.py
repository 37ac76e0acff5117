"""Installations whose alert rules are with their boards, or in a folder of their own, and what people put there."""

from glassbox.deploying.apply import apply
from tests.support.small_bundle import board, bundle, group, in_folder, rule, settings_of

TOGETHER, APART, OTHER = (
    settings_of(),
    settings_of(rules_folder_uid="rules"),
    settings_of(rules_folder_uid="third", rules_folder_title="Third"),
)
GROUPS = (group("engine", "Down", "Slow"), group("queue", "Long"))
IN_ONE = bundle([board("a")], GROUPS)
IN_TWO = bundle([board("a")], in_folder("rules", *GROUPS))
IN_THIRD = bundle([board("a")], in_folder("third", *GROUPS))
UIDS = ["glassbox-Down", "glassbox-Long", "glassbox-Slow"]


def folders_of_rules(server):
    """The folder that each rule is in."""
    return {uid: each.folder_uid for uid, each in server.state.rules.items()}


def carry_out(grafana, made):
    """All that a plan would change, edits of others included."""
    apply(grafana, made, made.pending, lambda _change: None)


def someones(grafana, folder, name="theirs", title="engine"):
    """A rule that somebody made by hand."""
    stored = grafana.rule_group(folder, title) or {"title": title, "folderUid": folder, "interval": 60, "rules": []}
    made = rule(name, title, folder) | {"uid": name}
    grafana.put_rule_group(stored | {"rules": [*stored["rules"], made]}, editable=True)
