"""An identity-aware proxy in front of a Grafana: it speaks https and lets pass only who brings its headers."""

from collections.abc import Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit


def front_of(url: str, wanted: Mapping[str, str], seen: list[dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    """A handler for `tls_server`: others are sent to a log-in page. `seen` gets the headers of each request in small letters."""
    target = urlsplit(url)

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append({name.lower(): value for name, value in self.headers.items()})
            if any(self.headers.get(name) != value for name, value in wanted.items()):
                self._answer(302, b"", {"Location": "https://login.example.com/?token=secret"})
                return
            connection = HTTPConnection(target.hostname or "", target.port, timeout=30)
            # The stand-in answers under the names of loopback only.
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            self._answer(answer.status, answer.read(), {"Content-Type": answer.headers.get("Content-Type", "")})
            connection.close()

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  # http.server calls them so

        def log_message(self, *_arguments: object) -> None:
            """Nothing: tests read what the client says."""

    return Front
