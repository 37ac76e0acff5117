"""/api/v1/provisioning/policies: the tree of notification policies, written as a whole."""

from collections.abc import Iterator
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance
from glassbox.standin.calls import Call
from glassbox.standin.durations import canonical
from glassbox.standin.notification_provenance import check_policies, with_provenance
from glassbox.standin.refusals import RefusalError, bad_request_data, plain
from glassbox.standin.shapes import Shape, check_shape
from glassbox.standin.single_rules import check_reader, check_writer
from glassbox.standin.state import Json, default_policies

_DURATIONS = ("group_wait", "group_interval", "repeat_interval")
_NAMES = ("mute_time_intervals", "active_time_intervals")
_POLICY: dict[str, Shape] = {
    **dict.fromkeys(("receiver", *_DURATIONS), str),
    **{key: [str] for key in ("group_by", *_NAMES)},
    "object_matchers": [[str]],
    "continue": bool,
}
_POLICY["routes"] = [_POLICY]
_MATCHES = ("=", "!=", "=~", "!~")


def read(call: Call) -> Response:
    """GET: the tree."""
    check_reader(call)
    return JSONResponse(call.state.policies)


def put(call: Call) -> Response:
    """PUT: 202; replaces the whole tree, and refuses a receiver or a mute timing that does not exist."""
    check_writer(call)
    tree = call.json
    check_shape(tree, _POLICY)
    stored = _stored({key: value for key, value in tree.items() if key != "provenance"})
    known = {point["name"] for point in call.state.contact_points.values()}
    for receiver in receivers_in_use(stored):
        if receiver not in known:
            raise _invalid(f"receiver '{receiver}' does not exist")
    for timing in mute_timings_in_use(stored):
        if timing not in call.state.mute_timings:
            raise _invalid(f"undefined time interval '{timing}' used in route")
    if not tree.get("receiver"):
        raise _invalid("root route must specify a default receiver")
    check_policies(call, call.state.policies)
    call.state.policies = with_provenance(stored, provenance.requested(call))
    return JSONResponse({"message": "policies updated"}, HTTPStatus.ACCEPTED)


def reset(call: Call) -> Response:
    """DELETE: 202; back to the default tree."""
    check_writer(call)
    call.state.policies = default_policies()
    return JSONResponse({"message": "policies reset"}, HTTPStatus.ACCEPTED)


def receivers_in_use(tree: Json) -> set[str]:
    """The receivers that a tree of policies names, at every depth."""
    return {str(policy["receiver"]) for policy in _every_policy(tree) if policy.get("receiver")}


def mute_timings_in_use(tree: Json) -> set[str]:
    """The mute timings that a tree of policies names, at every depth."""
    return {str(name) for policy in _every_policy(tree) for key in _NAMES for name in policy.get(key) or ()}


def _every_policy(policy: Json) -> Iterator[Json]:
    yield policy
    for child in policy.get("routes") or []:
        yield from _every_policy(child)


def _stored(policy: Json) -> Json:
    """As Grafana gives it back (definitions.Route): matchers sorted and without quotes, short durations, no empty fields."""
    kept = {key: value for key, value in policy.items() if value not in (None, "", [], False)}
    try:
        kept |= {key: canonical(kept[key]) for key in _DURATIONS if key in kept}
    except ValueError as error:
        raise _invalid(str(error)) from None
    if any(kept.get(key) == "0s" for key in _DURATIONS[1:]):
        raise _invalid("group_interval and repeat_interval cannot be zero")
    if "object_matchers" in kept:
        kept["object_matchers"] = sorted(map(_matcher, kept["object_matchers"]))
    if "routes" in kept:
        kept["routes"] = [_stored(child) for child in kept["routes"]]
    return kept


def _matcher(parts: list[str]) -> list[str]:
    if len(parts) != 3 or parts[1] not in _MATCHES or None in parts:
        raise bad_request_data()
    return [parts[0], parts[1], parts[2].removeprefix('"').removesuffix('"')]


def _invalid(detail: str) -> RefusalError:
    return plain(HTTPStatus.BAD_REQUEST, f"invalid object specification: {detail}")
