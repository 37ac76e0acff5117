"""Why no connection to a server was made, and what to do: the same words for every HTTP library."""

import errno
import re
from collections.abc import Iterator
from socket import gaierror
from ssl import SSLCertVerificationError, SSLError

from glassbox.http.route import Route
from glassbox.http.sentences import causes

# Codes of OpenSSL's X509_verify_cert_error_string(3).
_NAME_CODES = frozenset({62, 63, 64})
_TIME_CODES = {9: "check the clocks of both machines", 10: "renew it on the server"}
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING"})
# Alerts of a server that refuses who calls (RFC 8446, section 6.2).
_WANTS_A_CERTIFICATE = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    }
)
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def no_connection(error: BaseException, route: Route) -> str:
    """The problem as the end of a sentence about the server, "" where it is another one than a missing connection."""
    return next(filter(None, (_problem(cause, route) for cause in causes(error))), "")


def _problem(cause: BaseException, route: Route) -> str:
    if isinstance(cause, SSLCertVerificationError):
        return _certificate(cause, route)
    if isinstance(cause, SSLError):
        return _tls(cause.reason or "unknown reason")
    if route.proxy:
        return next(_at_proxy(cause, route.proxy.variable), "")
    if isinstance(cause, gaierror):
        return "could not find the host: check the spelling of its name"
    if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
        return "could not be reached from here: check the network, and whether a proxy is needed"
    return ""


def _tls(reason: str) -> str:
    words = reason.replace("_", " ").lower()
    if reason in _WANTS_A_CERTIFICATE:
        return f"wants a client certificate that it accepts ({words}): for Grafana set grafana.client_certificate and grafana.client_key"
    return f"failed in TLS ({words}): {'does this port speak https?' if reason in _NO_TLS else 'see the TLS settings of the server'}"


def _certificate(error: SSLCertVerificationError, route: Route) -> str:
    if error.verify_code in _NAME_CODES:
        advice = "use the name that the certificate holds"
    elif error.verify_code in _TIME_CODES:
        advice = _TIME_CODES[error.verify_code]
    elif route.authorities and route.authorities.variable:
        advice = f"add its authority to what {route.authorities.variable} names"
    else:
        advice = "name a file with its authority in REQUESTS_CA_BUNDLE or SSL_CERT_FILE"
    return f"has a certificate that is not accepted ({error.verify_message.rstrip('.')}): {advice}"


def _at_proxy(cause: BaseException, variable: str) -> Iterator[str]:
    """What failed between here and the proxy, or between the proxy and the server."""
    answered = re.match(r"(?:Tunnel connection failed: )?([45]\d\d)\b", str(cause))
    if answered and answered[1] == "407":
        yield f"failed: the proxy wants a user and a password, so put both into the address in {variable}"
    elif answered:
        yield f"failed: the proxy answered {answered[1]}, so ask who runs it, or add the host to NO_PROXY"
    elif isinstance(cause, gaierror):
        yield f"failed: the proxy's name was not found, so correct {variable}, or add the host to NO_PROXY"
    elif isinstance(cause, ConnectionRefusedError):
        yield f"failed: the proxy refused the connection, so correct {variable}, or add the host to NO_PROXY"
