"""The queries of a compiled panel that show what it is about, without the one that says that nothing is recorded."""

from glassbox.compile.not_recorded import NAME


def own_targets(panel):
    return [target for target in panel.get("targets", ()) if target["refId"] != NAME]
