"""Requests whose path no client has tidied up."""

import socket

import httpx


def raw(client: httpx.Client, method: str, target: str, headers: str = "") -> bytes:
    """The whole answer to a request line that is sent as it is."""
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port), timeout=10) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{headers}\r\n"
        connection.sendall(head.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b""))
