"""Whose certificates are trusted: REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE or SSL_CERT_DIR, else the system's."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import wassima

from glassbox.errors import GlassboxError
from glassbox.files import content_of

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The first that is set counts, and replaces the system's authorities; each may name a file or a folder."""
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[\x00-\x7f]+?-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Authorities:
    """Certificates of authorities in PEM, and the variable that they come from, "" for the system's own."""

    pem: str
    variable: str = ""

    def context(self) -> ssl.SSLContext:
        """The context of a client that trusts only these authorities; raises GlassboxError for files that are not certificates."""
        try:
            context = ssl.create_default_context(cadata=self.pem)
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or "not PEM"
            raise GlassboxError(
                f"{self.variable or 'The store of the system'} holds a certificate that cannot be read "
                f"({reason.replace('_', ' ').lower()}): name a file of certificates in PEM."
            ) from None
        # Python 3.13 refuses private authorities that lack an extension, and 3.12 does not.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


def authorities(environment: Mapping[str, str] = os.environ) -> Authorities:
    """The authorities of this machine and user; raises GlassboxError for a variable that names no certificates."""
    named = next((name for name in VARIABLES if environment.get(name, "").strip()), None)
    if named is None:
        return Authorities(wassima.generate_ca_bundle())
    places = environment[named].strip()
    paths = places.split(os.pathsep) if named == "SSL_CERT_DIR" else [places]
    texts = (text for path in paths for text in _texts(named, Path(path)))
    found = dict.fromkeys(certificate for text in texts for certificate in _CERTIFICATE.findall(text))
    if not found:
        raise GlassboxError(f"{named} names {places}, which holds no certificate in PEM: correct it, or unset it.")
    return Authorities("\n".join(found), named)


def _texts(variable: str, path: Path) -> Iterator[str]:
    try:
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
        for file in files:
            yield content_of(file).decode(errors="replace")
    except OSError as error:
        raise GlassboxError(
            f"{variable} names {path}, which cannot be read ({error.strerror}): correct it, or unset it."
        ) from None
