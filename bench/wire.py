"""HTTP/1.1 by hand: requests as bytes, and a blocking connection for everything that is not load."""

import json
import socket
from dataclasses import dataclass
from typing import Any

from bench.process import Running

LAST_CHUNK = b"0\r\n\r\n"
_RECEIVE_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    """Lower-case names."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    method: str, path: str, body: bytes = b"", key: str | None = None, media_type: str = "application/json"
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body:
        lines += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def exchange(connection: socket.socket, raw_request: bytes) -> Answer:
    """Sends a request and waits for the whole answer; the connection may be used again."""
    connection.sendall(raw_request)
    data = b""
    while (length := answer_bytes(data)) is None or len(data) < length:
        received = connection.recv(_RECEIVE_BYTES)
        if not received:
            raise ConnectionError("the server closed the connection")
        data += received
    return _parsed(data)


def ask(server: Running, raw_request: bytes) -> Answer:
    """One request on a new connection. Raises RuntimeError unless it is answered with 2xx."""
    with server.connect() as connection:
        answer = exchange(connection, raw_request)
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"{server.name} answered {answer.status}: {answer.body[:300]!r}")
    return answer


def answer_bytes(data: bytes) -> int | None:
    """How long the answer that begins with `data` is; None as long as that is unknown."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    place = head.find(b"content-length:")
    if place >= 0:
        return end + 4 + int(head[place + 15 :].split(b"\r\n", 1)[0])
    return len(data) if data.endswith(LAST_CHUNK) else None


def _parsed(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if ("transfer-encoding", "chunked") in headers:
        body = _joined(body)
    return Answer(int(status_line.split()[1]), headers, body)


def _joined(chunked: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return b"".join(parts)
        parts.append(rest[:length])
        chunked = rest[length + 2 :]
