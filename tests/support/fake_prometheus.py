"""A Prometheus for pages whose numbers do not matter: every query has one series, with labels that a test chooses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Labels = dict[str, str]


class FakePrometheus(ThreadingHTTPServer):
    """Answers `value` for the labels at every moment."""

    daemon_threads = True

    def __init__(self, labels: Labels, value: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.labels, self.value = labels, value

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, asked: dict[str, list[str]]) -> object:
        sample = str(self.value)
        if path.endswith("/query"):
            moment = float(asked.get("time", ["0"])[0])
            return {"resultType": "vector", "result": [{"metric": self.labels, "value": [moment, sample]}]}
        if path.endswith("/query_range"):
            start, end, step = (float(asked[name][0]) for name in ("start", "end", "step"))
            moments = [start + number * step for number in range(int((end - start) / step) + 1)]
            return {
                "resultType": "matrix",
                "result": [{"metric": self.labels, "values": [[at, sample] for at in moments]}],
            }
        if path.endswith("/series"):
            return [self.labels]
        if path.endswith("/values"):
            return [self.labels.get(path.split("/")[-2], "")]
        return {"groups": []} if path.endswith("/rules") else []


class _Handler(BaseHTTPRequestHandler):
    server: FakePrometheus

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        data = self.server.answer(parts.path, parse_qs(f"{parts.query}&{body}"))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"status": "success", "data": data}).encode())

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def fake_prometheus(labels: Labels, value: float = 42.0) -> Iterator[FakePrometheus]:
    with FakePrometheus(labels, value) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
