"""A certificate authority of a test's own, servers that it vouches for, and a small proxy, all on loopback."""

import http.server
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.listening import listening

EXTENSIONS = "subjectAltName=DNS:server.test,IP:127.0.0.1"


class Authority:
    """Makes certificates with openssl; `file` holds its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "ca.pem"
        make = "req -x509 -newkey rsa:2048 -nodes -subj /CN=Test-Authority -days 2 -keyout ca.key -out ca.pem"
        self._openssl(*make.split(), "-addext", "basicConstraints=critical,CA:TRUE")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def context(self, *, extensions: str = EXTENSIONS, days: str = "2") -> ssl.SSLContext:
        (self.folder / "ext").write_text(extensions)
        self._openssl(
            *["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", "s.key", "-out", "s.csr"]
        )
        sign = "x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out s.pem -extfile ext -days"
        self._openssl(*sign.split(), days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "s.pem", self.folder / "s.key")
        return context

    def client(self, name: str = "client") -> tuple[Path, Path]:
        """Files with a certificate of a client, and its key."""
        request = f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
        self._openssl(*request.split())
        self._openssl(*f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out {name}.pem".split())  # fmt: skip  # one command
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def asking(self, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
        """For a server that asks its clients for a certificate of this authority."""
        context = self.context()
        context.maximum_version = newest
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.file)
        return context


@contextmanager
def tls_server(context: ssl.SSLContext, handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port of a server that speaks https."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is what tests want
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextmanager
def proxy(to_port: int, seen: list[str]) -> Iterator[str]:
    """The address of a proxy that opens every tunnel to this port of loopback; `seen` gets the first lines."""

    def serve(client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (part := client.recv(65536)):
                    return
                head += part
            seen.append(head.partition(b"\r\n")[0].decode())
            with socket.create_connection(("127.0.0.1", to_port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                ends = {client: server, server: client}
                while ready := select.select(list(ends), [], [], 10)[0]:
                    for end in ready:
                        if not (data := end.recv(65536)):
                            return
                        ends[end].sendall(data)

    with listening(serve) as port:
        yield f"127.0.0.1:{port}"
