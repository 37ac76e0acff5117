"""A backtest as JSON, in a versioned schema; docs/own-fleet.md describes it."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from glassbox.backtest.alert_history import AlertHistory, Incident
from glassbox.backtest.alert_states import Firing
from glassbox.backtest.backtest_report import Backtest
from glassbox.backtest.history_difference import FiringDifference
from glassbox.backtest.other_thresholds import ThresholdTable

SCHEMA_VERSION = 1


def as_json(found: Backtest) -> str:
    """Times in Unix seconds, ratios 0..1, and null for what has no end or is not a number."""
    whole: dict[str, Any] = {
        "version": SCHEMA_VERSION,
        "window": {"start": found.window.start, "end": found.window.end},
        "source": found.source,
    }
    if found.differences is not None:
        whole |= {"against": found.against, "differences": [_difference(each) for each in found.differences]}
    else:
        whole |= {
            "alerts": [_alert(each) for each in found.histories],
            "thresholds": [_thresholds(each) for each in found.thresholds],
        }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)


def _alert(history: AlertHistory) -> Mapping[str, Any]:
    rule, evidence = history.past.rule, history.evidence
    return {
        "name": history.name,
        "group": rule.group,
        "severity": rule.severity,
        "for_seconds": rule.for_seconds,
        "keep_firing_for_seconds": rule.keep_firing_seconds,
        "interval_seconds": rule.interval_seconds,
        "standing": evidence.standing.value,
        "covered_ratio": evidence.covered_ratio,
        "worked_out": history.worked_out,
        "lacks": list(evidence.lacks),
        "problem": history.past.problem or evidence.problem,
        "failed_evaluations": history.past.failed_evaluations,
        **_numbers(history),
        "firing_at_start": history.past.before,
        "firings": [_firing(each) for each in history.firings],
        "worst": {**_firing(history.worst), "board": history.worst_address} if history.worst else None,
    }


def _numbers(history: AlertHistory) -> Mapping[str, Any]:
    """The numbers of an alert that could not be judged are null, not 0."""
    known = history.is_judged
    return {
        "incidents": [_incident(each) for each in history.incidents] if known else None,
        "total_seconds": history.total_seconds if known else None,
        "longest_seconds": history.longest_seconds if known else None,
        "share_ratio": history.share_ratio if known else None,
        "per_week": history.per_week if known else None,
        "noisy": history.is_noisy if known else None,
        "flapping": history.is_flapping if known else None,
        "fired_again": history.fired_again if known else None,
    }


def _firing(firing: Firing) -> Mapping[str, Any]:
    return {
        "labels": dict(firing.labels),
        "started": firing.started,
        "ended": firing.ended,
        "peak": firing.peak if isfinite(firing.peak) else None,
        "peak_time": firing.peak_time,
    }


def _incident(incident: Incident) -> Mapping[str, Any]:
    return {"started": incident.started, "ended": None if incident.ongoing else incident.ended}


def _incidents(incidents: Sequence[Incident]) -> list[Mapping[str, Any]]:
    return [_incident(each) for each in incidents]


def _difference(difference: FiringDifference) -> Mapping[str, Any]:
    return {
        "name": difference.name,
        "change": difference.change.value,
        "reason": difference.reason,
        "before": _alert(difference.before) if difference.before else None,
        "after": _alert(difference.after) if difference.after else None,
        "no_longer_seen": _incidents(difference.no_longer_seen),
        "newly_seen": _incidents(difference.newly_seen),
    }


def _thresholds(table: ThresholdTable) -> Mapping[str, Any]:
    values = [
        {
            "value": value,
            "firings": len(each.firings),
            "incidents": len(each.incidents),
            "total_seconds": each.total_seconds,
        }
        for value, each in sorted(table.histories.items())
    ]
    return {
        "alert": table.alert,
        "setting": table.setting,
        "present": table.present,
        "values": values,
        "reason": table.reason,
    }
