"""Which settings of a contact point are secrets."""

from typing import Any

# ngalert/notifier/channels_config: fields marked Secure
_SECRETS = {
    "slack": ("url", "token"),
    "pagerduty": ("integrationKey",),
    "webhook": ("password", "authorization_credentials"),
    "telegram": ("bottoken",),
    "opsgenie": ("apiKey",),
    "discord": ("url",),
}


def with_secrets_as(stand_in: str, point: dict[str, Any]) -> dict[str, Any]:
    """The settings of a contact point, each secret that is set replaced by `stand_in`."""
    secret = _SECRETS.get(str(point["type"]), ())
    return {key: stand_in if key in secret and value else value for key, value in point["settings"].items()}
