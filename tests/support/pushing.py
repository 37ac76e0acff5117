"""A push as `deploy.py --grafana` makes it after its lint, with the plan that it carries out."""

from glassbox.deploying.apply import apply
from glassbox.deploying.change import Action
from glassbox.deploying.plan import plan
from glassbox.grafana.chosen_data_source import choose_data_source
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.kind import Deployment
from tests.support.ours import our_bundle


def deployment(grafana, settings, bundle, *, prune=True):
    """What a push of this bundle compares with the server."""
    return Deployment(bundle, settings.grafana, grafana.version(), prune)


def planned(grafana, settings, bundle, kinds=KINDS, *, prune=True):
    """The plan of a push of this bundle."""
    return plan(grafana, deployment(grafana, settings, bundle, prune=prune), kinds=kinds)


def push(grafana, settings, bundle, kinds=KINDS, *, force=True, prune=True, done=lambda _change: None):
    """Plan, and carry out what is not held back by others' edits; every change of the plan."""
    made = planned(grafana, settings, bundle, kinds, prune=prune)
    apply(grafana, made, [change for change in made.pending if force or not change.edit], done)
    return list(made.changes)


def compiled_for(grafana, settings):
    """Our bundle for the data source that the settings choose on this server."""
    return our_bundle(settings, choose_data_source(grafana.data_sources(), settings.grafana.data_source))


def rule_numbers(server):
    """Grafana's number of each rule: one that was deleted and created again has another."""
    return {uid: each.id for uid, each in server.state.rules.items()}


def actions(changes):
    """The action of each change."""
    return [change.action for change in changes]


def pending(changes):
    """Kind, title and action of each change that changes anything."""
    return [(change.kind.name, change.title, change.action) for change in changes if change.action is not Action.KEEP]
