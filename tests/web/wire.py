"""Requests as bytes on a socket, and answers as they came: no client in between that mends them."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """An answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


class Wire:
    """One server, spoken to on one new connection a request."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(
        self,
        method: str,
        path: str,
        *headers: str,
        body: bytes | None = None,
        patience_s: float = 20.0,
    ) -> Answer:
        """Send a request with these header lines; the length is added where a body is given."""
        lines = [f"{method} {path} HTTP/1.1", "Host: portique", *headers]
        if body is not None and not any(h.lower().startswith("content-length") for h in headers):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        return self.raw(head + (body or b""), patience_s=patience_s)

    def raw(self, content: bytes, *, patience_s: float = 20.0) -> Answer:
        """Send bytes and return the answer."""
        with self.connect(patience_s) as connection:
            connection.sendall(content)
            return read_answer(connection, is_head=content.startswith(b"HEAD "))

    def connect(self, patience_s: float = 20.0) -> socket.socket:
        """Return a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=patience_s)


def read_answer(connection: socket.socket, *, is_head: bool = False) -> Answer:
    """Read one answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection, received)
    head, _, content = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = 0 if is_head else int(headers.get("content-length", "0"))
    while len(content) < length:
        content += _some(connection, content)
    return Answer(int(status_line.split()[1]), headers, content[:length])


def _some(connection: socket.socket, so_far: bytes) -> bytes:
    piece = connection.recv(1 << 16)
    if not piece:
        raise ConnectionError(f"the connection ended after {so_far[:200]!r}")
    return piece
