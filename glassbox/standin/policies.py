"""/api/v1/provisioning/policies: the tree of notification policies, written as a whole."""

from collections.abc import Iterator
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance
from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.shapes import Shape, check_shape
from glassbox.standin.single_rules import check_reader, check_writer
from glassbox.standin.state import Json, default_policies

_POLICY: dict[str, Shape] = {"receiver": str, "group_by": [str]}
_POLICY["routes"] = [_POLICY]


def read(call: Call) -> Response:
    """GET: the tree."""
    check_reader(call)
    return JSONResponse(call.state.policies)


def put(call: Call) -> Response:
    """PUT: 202; replaces the whole tree, and refuses a receiver that does not exist."""
    check_writer(call)
    tree = call.json
    check_shape(tree, _POLICY)
    known = {point["name"] for point in call.state.contact_points.values()}
    for receiver in receivers_in_use(tree):
        if receiver not in known:
            raise plain(HTTPStatus.BAD_REQUEST, f"invalid object specification: receiver '{receiver}' does not exist")
    if not tree.get("receiver"):
        raise plain(HTTPStatus.BAD_REQUEST, "invalid object specification: root route must specify a default receiver")
    wanted = provenance.requested(call)
    sent = {key: value for key, value in tree.items() if key != "provenance"}
    call.state.policies = sent | ({"provenance": wanted} if wanted else {})
    return JSONResponse({"message": "policies updated"}, HTTPStatus.ACCEPTED)


def reset(call: Call) -> Response:
    """DELETE: 202; back to the default tree."""
    check_writer(call)
    call.state.policies = default_policies()
    return JSONResponse({"message": "policies reset"}, HTTPStatus.ACCEPTED)


def receivers_in_use(tree: Json) -> set[str]:
    """The receivers that a tree of policies names, at every depth."""
    return set(_receivers(tree))


def _receivers(policy: Json) -> Iterator[str]:
    if policy.get("receiver"):
        yield str(policy["receiver"])
    for child in policy.get("routes") or []:
        yield from _receivers(child)
