"""/api/v1/provisioning/mute-timings: times without notifications, by name."""

import json
import re
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from glassbox.standin import provenance
from glassbox.standin.calls import Call, no_content
from glassbox.standin.notification_provenance import check_change, with_provenance
from glassbox.standin.policies import mute_timings_in_use
from glassbox.standin.refusals import RefusalError, errutil, plain
from glassbox.standin.shapes import Shape, check_shape
from glassbox.standin.single_rules import check_reader, check_writer
from glassbox.standin.state import Json

_RANGES = ("weekdays", "days_of_month", "months", "years")
_INTERVAL: dict[str, Shape] = {
    "times": [{"start_time": str, "end_time": str}],
    **{key: [str] for key in _RANGES},
    "location": str,
}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip  # a table
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_NUMBERS = re.compile(r"-?\d{1,4}")


def listed(call: Call) -> Response:
    """GET: every mute timing."""
    check_reader(call)
    return JSONResponse([_shown(call, each) for each in call.state.mute_timings.values()])


def create(call: Call) -> Response:
    """POST: 201; 400 for a name that exists."""
    check_writer(call)
    body = _received(call)
    if body["name"] in call.state.mute_timings:
        raise errutil(HTTPStatus.BAD_REQUEST, "alerting.notifications.time-intervals.nameExists", "Time interval with this name already exists. Use a different name or update existing one.")  # fmt: skip  # a refusal is one line
    call.state.mute_timings[body["name"]] = body
    return JSONResponse(_shown(call, body), HTTPStatus.CREATED)


def update(call: Call) -> Response:
    """PUT /:name: 202; refuses a `version` that is not the stored one."""
    check_writer(call)
    stored = call.state.mute_timings.get(call.path("name"))
    if stored is None:
        raise errutil(HTTPStatus.NOT_FOUND, "alerting.notifications.time-intervals.notFound", "Not found")
    body = _received(call, stored["name"])
    _check_version(call, stored, str(call.json.get("version") or ""))
    check_change(call, stored)
    call.state.mute_timings[stored["name"]] = body
    return JSONResponse(_shown(call, body), HTTPStatus.ACCEPTED)


def delete(call: Call) -> Response:
    """DELETE /:name: 204, for an absent one too; refused while a policy or a rule uses it."""
    check_writer(call)
    stored = call.state.mute_timings.get(call.path("name"))
    if stored is None:
        return no_content()
    check_change(call, stored)
    if stored["name"] in {*mute_timings_in_use(call.state.policies), *_used_by_rules(call)}:
        raise _in_use(call)
    _check_version(call, stored, call.query("version"))
    del call.state.mute_timings[stored["name"]]
    return no_content()


def _used_by_rules(call: Call) -> set[str]:
    settings = (rule.body["notification_settings"] or {} for rule in call.state.rules.values())
    return {str(name) for each in settings for key in ("mute_time_intervals", "active_time_intervals") for name in each.get(key) or ()}  # fmt: skip  # one thing is one line


def _in_use(call: Call) -> RefusalError:
    status, message = call.behaviour.mute_timing_in_use_status, "Time interval is used by notification policies"
    return errutil(status, "alerting.notifications.time-intervals.used", message) if status < 500 else plain(status)


def _check_version(call: Call, stored: Json, version: str) -> None:
    if version and call.behaviour.notifications_have_versions and version != _version(stored):
        raise errutil(HTTPStatus.CONFLICT, "alerting.notifications.conflict", "Version conflict")


def _received(call: Call, name: str = "") -> Json:
    """The body as it is stored: ranges as alertmanager's timeinterval writes them, of months as numbers."""
    body = call.json
    check_shape(body, {"name": str, "time_intervals": [_INTERVAL], "version": str})
    name = name or str(body.get("name") or "")
    if not name:
        raise _invalid()
    intervals = [_stored(each) for each in body.get("time_intervals") or ()]
    return with_provenance({"name": name, "time_intervals": intervals}, provenance.requested(call))


def _stored(interval: Json) -> Json:
    kept: Json = {key: [_range(key, text) for text in interval[key]] for key in _RANGES if interval.get(key)}
    if interval.get("times"):
        for span in interval["times"]:
            if not all(_TIME.fullmatch(str(span.get(key) or "")) for key in ("start_time", "end_time")):
                raise _invalid()
        kept["times"] = [{key: span[key] for key in ("start_time", "end_time")} for span in interval["times"]]
    return kept | ({"location": interval["location"]} if interval.get("location") else {})


def _range(key: str, text: str) -> str:
    names = {"weekdays": _DAYS, "months": _MONTHS}.get(key, ())
    ends = [_end(names, each.strip().lower()) for each in text.split(":")]
    if len(ends) > 2:
        raise _invalid()
    if key == "weekdays":
        ends = [_DAYS[int(each)] if each.isdecimal() and int(each) < len(_DAYS) else each for each in ends]
    return ends[0] if ends[0] == ends[-1] else ":".join(ends)


def _end(names: tuple[str, ...], text: str) -> str:
    if text in names:
        return str(names.index(text) + (names is _MONTHS))
    if not _NUMBERS.fullmatch(text):
        raise _invalid()
    return text


def _invalid() -> RefusalError:
    return errutil(HTTPStatus.BAD_REQUEST, "alerting.notifications.time-intervals.invalidFormat", "Time interval is in invalid format. Correct the payload and try again.")  # fmt: skip  # a refusal is one line


def _version(stored: Json) -> str:
    content: Any = [stored["name"], stored["time_intervals"]]
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def _shown(call: Call, stored: Json) -> Json:
    return stored | ({"version": _version(stored)} if call.behaviour.notifications_have_versions else {})
