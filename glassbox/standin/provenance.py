"""Who may change a provisioned alert rule: the `provenance` of a rule and the X-Disable-Provenance header."""

from http import HTTPStatus

from glassbox.standin.calls import Call
from glassbox.standin.refusals import errutil, plain
from glassbox.standin.state import Rule

API = "api"
NONE = ""
CONVERTED = "converted_prometheus"
# provisioning/provenance check of ngalert: everything else, "file" above all, is refused
_GROUP_TRANSITIONS = {(NONE, API), (API, NONE), (CONVERTED, NONE)}


def requested(call: Call) -> str:
    """ "api", or none when the header X-Disable-Provenance is present, whatever its value."""
    return NONE if "x-disable-provenance" in call.request.headers else API


def check_group_change(call: Call, rules: list[Rule], wanted: str, action: str = "update") -> None:
    """Refuse a group write that would change the provenance of one of `rules` in a way that is not allowed."""
    for rule in rules:
        if rule.provenance != wanted and (rule.provenance, wanted) not in _GROUP_TRANSITIONS:
            raise mismatch(call.behaviour.provenance_mismatch_status, rule, wanted, action)


def check_rule_change(status: int, rule: Rule, wanted: str, action: str) -> None:
    """Refuse to change a single rule whose provenance is neither none nor the wanted one."""
    if rule.provenance not in (NONE, wanted):
        raise mismatch(status, rule, wanted, action)


def mismatch(status: int, rule: Rule, wanted: str, action: str) -> Exception:
    """A bare 500 on the older releases, later a 409 with the detail."""
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return plain(status)
    detail = f"cannot {action} with provided provenance '{wanted}', needs '{rule.provenance}'"
    return errutil(status, "alerting.provenanceMismatch", detail)
