"""What requests to one Grafana bring along beside the credential: its organisation, headers for proxies, and a client certificate."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.http.secret_files import token_in
from glassbox.settings.model import GrafanaTarget

ORGANISATION_HEADER = "X-Grafana-Org-Id"
# Visible ASCII with single blanks, as in `Bearer eyJ...`.
_HEADER_VALUE = re.compile(r"[!-~]+(?: [!-~]+)*")


@dataclass(frozen=True)
class ClientCertificate:
    """Files in PEM: a certificate to show to the server, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Passage:
    """`organisation_id` 0 leaves the organisation to the credential. `headers` are sent with every request; their values are secrets."""

    organisation_id: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: ClientCertificate | None = None

    @property
    def sent(self) -> dict[str, str]:
        """All headers, that of the organisation among them."""
        organisation = {ORGANISATION_HEADER: str(self.organisation_id)} if self.organisation_id else {}
        return {**self.headers, **organisation}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain."""
        return tuple(self.headers.values())


NOTHING_MORE = Passage()


def passage_of(target: GrafanaTarget, url: str) -> Passage:
    """What the settings say; raises GlassboxError for a file that cannot be used, and for a certificate without https."""
    headers = {name: _header_value(name, file) for name, file in target.headers.items()}
    certificate = None
    if target.client_certificate and target.client_key:
        certificate = ClientCertificate(target.client_certificate, target.client_key)
        _check(certificate, url)
    return Passage(target.organisation_id, headers, certificate)


def _header_value(name: str, file: Path) -> str:
    value = token_in(file, f"value of the header {name}")
    if not _HEADER_VALUE.fullmatch(value):
        raise GlassboxError(
            f"The file {file} of grafana.headers does not hold a value that the header {name} can have: "
            "write one line of ASCII into it."
        )
    return value


def _check(certificate: ClientCertificate, url: str) -> None:
    if not url.lower().startswith("https://"):
        raise GlassboxError(
            "grafana.client_certificate is for servers that speak https, and this URL begins with http://: correct one of the two."
        )
    files = f"grafana.client_certificate {certificate.certificate} with grafana.client_key {certificate.key}"
    try:
        # Without a password OpenSSL would ask for one at the terminal.
        ssl.create_default_context().load_cert_chain(certificate.certificate, certificate.key, password="")
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").replace("_", " ").lower()
        raise GlassboxError(f"{files} cannot be used ({reason}): name a certificate in PEM, and its own key without a password.") from None  # fmt: skip  # a refusal is one line
    except OSError as error:
        raise GlassboxError(f"{files} cannot be read ({error.strerror}): correct the paths.") from None
