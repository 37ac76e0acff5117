"""Series of engines as promtool's input, and what compiled rules make of them."""

import tempfile
from dataclasses import replace
from pathlib import Path

import yaml

from glassbox.compile.outputs import yaml_text
from glassbox.metrics.engines import ENGINES
from glassbox.prometheus import promtool
from tests.mutation.references import references
from tests.support.engine_series import JOB, REPLICAS, STEP_SECONDS, WORK
from tests.support.needed_rules import as_file, closed_over, compiled
from tests.support.promtool_windows import closed, tolerance, unexplained

# What the groups of engines read, and what reads them comes after.
_FIRST = ("targets", "engine", "requests", "workload", "instances")
# Around a change at 30 min.
TIMES_ASKED = ("29m", "31m", "33m", "36m", "44m")


def series(exposed, instances=REPLICAS, times=1, spell=lambda name: name, values=None):
    """promtool's input: the same of each instance."""
    for each in exposed:
        for instance in instances:
            name = f'{spell(each.name)}{{job="{JOB}",instance="{instance}",{each.labels}}}'
            yield {"series": name, "values": values(each) if values else each.values(times)}


def up(*instances):
    return [{"series": f'up{{job="{JOB}",instance="{instance}"}}', "values": "1x80"} for instance in instances]


def per_second(*quantities, replicas=2):
    """What this many replicas count together."""
    return sum(WORK[each] for each in quantities) * replicas / STEP_SECONDS


def spelled(before):
    """How a name is stored where colons are not."""
    return lambda name: before + name.replace(":", "_")


def evaluated(rows, cases, *, alerts=(), every=STEP_SECONDS):
    """What promtool finds wrong; each case is an expression, a time, and the samples that are expected. No alert may fire."""
    asked = {reference for expr, _, _ in cases for reference in references(expr)}
    rules = closed_over(asked | {reference for name in alerts for reference in references(name)}, compiled(None))
    file = as_test_file(rows, cases, rules, alerts=alerts, every=every)
    with tempfile.TemporaryDirectory(prefix="engines-") as folder:
        Path(folder, "rules.yaml").write_text(closed(yaml_text(as_file(rules))), encoding="utf-8")
        written = Path(folder, "engines.test.yml")
        written.write_text(closed(yaml.safe_dump(file, width=10**9)), encoding="utf-8")
        return unexplained(promtool.test_rules([written]).problems)


def as_test_file(rows, cases, rules, *, alerts=(), every=STEP_SECONDS):
    """A test file as promtool reads it, whose rules are in `rules.yaml`."""
    test = {
        "interval": f"{STEP_SECONDS}s",
        "input_series": list(rows),
        "promql_expr_test": [
            {"expr": expr, "eval_time": at, "exp_samples": [{"labels": text, "value": v} for text, v in samples]}
            for expr, at, samples in cases
        ],
        "alert_rule_test": [
            {"eval_time": at, "alertname": name, "exp_alerts": []} for name in alerts for at in TIMES_ASKED
        ],
    }
    return {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{every}s",
        "group_eval_order": _in_order(rules),
        "tests": [test],
        **tolerance(),
    }


def _in_order(rules):
    """Groups of rules, each after those that it reads."""
    of_engines = {rule.group for rule in rules if rule.group.startswith(tuple(engine.name for engine in ENGINES))}
    alerts = {rule.group for rule in rules if rule.is_alert}
    rank = dict.fromkeys(_FIRST, 0) | dict.fromkeys(of_engines, 1) | dict.fromkeys(alerts, 3)
    return sorted(dict.fromkeys(rule.group for rule in rules), key=lambda group: rank.get(group, 2))


def asked_of(name, value, labels, digits=4):
    """The records with these labels, of whatever version, which must be one with this value and version, or none."""
    finite = ',le!="+Inf"' if "_bucket:" in name else ""
    text = ",".join(f'{label}="{given}"' for label, given in labels.items() if label != "model_version")
    expr = f"round(sum without (le, reason, finished_reason) ({name}{{{text}{finite}}}), 1e-{digits})"
    kept = {label: given for label, given in labels.items() if given}
    sample = "{" + ",".join(f'{label}="{given}"' for label, given in kept.items()) + "}"
    return expr, "15m", [] if value is None else [(sample, round(value, digits))]


def labelled(exposed, *labels):
    """The series with more labels."""
    return [replace(each, labels=",".join(filter(None, (each.labels, *labels)))) for each in exposed]
