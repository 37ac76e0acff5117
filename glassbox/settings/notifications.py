"""What an installation lets Grafana send: to whom, when not, in which words, and which of our alerts go where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

SECRET_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "dingding": ("url",),
    "discord": ("url",),
    "googlechat": ("url",),
    "opsgenie": ("apiKey",),
    "pagerduty": ("integrationKey",),
    "slack": ("url", "token"),
    "sns": ("accessKey", "secretKey"),
    "telegram": ("bottoken",),
    "threema": ("api_secret",),
    "victorops": ("url",),
    "webhook": ("password", "authorization_credentials"),
    "wecom": ("url", "secret"),
}
"""By type, the settings that are secrets (fields marked Secure in Grafana's channels_config)."""
Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Integration:
    """One way to send: `settings` as Grafana's API names them, `secrets` the environment variable of each secret setting."""

    type: str
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    send_resolved: bool = True


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """A name that routes send to, with all that it sends by."""

    name: str
    integrations: tuple[Integration, ...]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """When nothing is sent: all that is given must hold. Times are "HH:MM-HH:MM", the rest single values or "FIRST:LAST"."""

    times: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    days_of_month: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, kw_only=True)
class MuteTiming:
    """A name that routes are muted by."""

    name: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, kw_only=True)
class NotificationTemplate:
    """A group of templates; `text` holds `{{ define "..." }}` blocks, which contact points call."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PolicyRoute:
    """Our alerts of this severity and with these labels go to `receiver`, "" for the one around it, but not during `mute_timings`."""

    severity: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    receiver: str = ""
    mute_timings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notifications:
    """What a push brings to Grafana's alerting beside rules; nothing without a `receiver`, which gets what no route takes."""

    receiver: str = ""
    routes: tuple[PolicyRoute, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    mute_timings: tuple[MuteTiming, ...] = ()
    templates: tuple[NotificationTemplate, ...] = ()


def about_notifications(notifications: Notifications, *, in_grafana: bool) -> str:
    """What is wrong with the notifications, as `key: what and what to do`; "" where nothing is. `in_grafana` is whether Grafana has alerts."""
    if notifications == Notifications():
        return ""
    if not in_grafana:
        return "notifications: Grafana has no alerts to notify of while alerts_evaluated_by is prometheus; leave them out, or set grafana."
    if not notifications.receiver:
        return "notifications.receiver: is missing; name the contact point that gets the alerts which no route takes."
    return next(filter(None, _problems(notifications)), "")


def _problems(notifications: Notifications) -> Iterator[str]:
    for key in ("contact_points", "mute_timings", "templates"):
        yield _twice(f"notifications.{key}", [each.name for each in getattr(notifications, key)])
    for number, point in enumerate(notifications.contact_points):
        for index, integration in enumerate(point.integrations):
            yield _about_integration(f"notifications.contact_points.{number}.integrations.{index}", integration)
    for number, timing in enumerate(notifications.mute_timings):
        if Interval() in (replace(each, location="") for each in timing.intervals):
            yield f"notifications.mute_timings.{number}.intervals: one has no times and would mute forever; say when."
    for number, route in enumerate(notifications.routes):
        yield _about_route(f"notifications.routes.{number}", route)
    scopes = [str((route.severity, sorted(route.labels.items()))) for route in notifications.routes]
    for number, scope in enumerate(scopes):
        if scope in scopes[:number]:
            yield f"notifications.routes.{number}: has the same severity and labels as entry {scopes.index(scope)}; write both as one entry."


def _twice(key: str, names: list[str]) -> str:
    return next((f"{key}: {name!r} occurs more than once; give one another name." for name in names if names.count(name) > 1), "")  # fmt: skip  # one thing is one line


def _about_integration(where: str, integration: Integration) -> str:
    for name, value in integration.settings.items():
        if not isinstance(value, Scalar):
            return f"{where}.settings.{name}: must be text, a number, true or false."
        if name in SECRET_SETTINGS.get(integration.type, ()):
            return f"{where}.settings.{name}: is a secret; write `secrets: {{{name}: NAME_OF_AN_ENVIRONMENT_VARIABLE}}` instead."
    both = sorted(integration.settings.keys() & integration.secrets.keys())
    if both:
        return f"{where}.secrets.{both[0]}: is among the settings too; keep one."
    if not (integration.settings or integration.secrets):
        return f"{where}: has no settings and no secrets; say where it sends to."
    return ""


def _about_route(where: str, route: PolicyRoute) -> str:
    if not (route.severity or route.labels):
        return f"{where}: needs severity, labels or both; for all alerts set notifications.receiver."
    if not (route.receiver or route.mute_timings):
        return f"{where}: changes nothing; give it a receiver or mute_timings, or leave it out."
    if "severity" in route.labels:
        return f"{where}.labels.severity: write `severity` beside `labels`."
    return ""
