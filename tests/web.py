"""A small web of the tests' own: one server on 127.0.0.1, a resolver that may lie, and a dialer that leads there.

Whatever address was checked, the connection ends at that server; every other part of a fetch is the real one.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest

from index.errors import StoriesError
from index.intake.fetch import Network, fetch
from index.intake.response import Limits

PUBLIC = "93.184.215.14"
"""A public address: what every name leads to unless the test says otherwise."""

HTML = "text/html; charset=utf-8"
STORY = b"<!doctype html><title>Bread</title><p>I baked, then I coded."

Reply = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers each path as `replies` says, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: dict[str, Reply] = {}
        self.requests: list[tuple[str, Mapping[str, str]]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up in the middle are what many of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers.items())))
        self.server.replies[self.path](self)
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the name in http.server
        """Say nothing."""


@dataclass
class World(httpcore.NetworkBackend):
    """A resolver that may lie, and a dialer that leads every address to the test's server."""

    server: Server
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    dialed: list[tuple[str, int]] = field(default_factory=list)
    unreachable: tuple[str, ...] = ()

    def resolve(self, host: str) -> Sequence[str]:
        """The next answer for the name; the last one is given for ever, and a name without any is public."""
        self.resolved.append(host)
        answers = self.names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: object, **__: object) -> Any:
        self.dialed.append((host, port))
        if host in self.unreachable:
            raise httpcore.ConnectError("no route")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.server.server_port, timeout)

    def serve(self, path: str, reply: Reply) -> None:
        """Answer that path so from now on."""
        self.server.replies[path] = reply

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.server.requests]

    @property
    def network(self) -> Network:
        return Network(self.resolve, self)


def reply(
    body: bytes = STORY, content_type: str | None = HTML, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """An answer with this body."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if content_type is not None:
            handler.send_header("Content-Type", content_type)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def redirect(target: str, status: int = 302) -> Reply:
    """An answer that leads elsewhere."""
    return reply(b"", status=status, headers={"Location": target})


def raw(*parts: bytes, pause: float = 0.0) -> Reply:
    """These very bytes, with a pause (seconds) after each part; then the connection ends."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(pause)

    return send


@contextmanager
def web() -> Iterator[World]:
    """The small web, with its server running."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield World(server)
        server.shutdown()
        thread.join()


def refused(world: World, url: str, match: str, limits: Limits | None = None) -> str:
    """The message of the `StoriesError`, matched, with which the address is refused."""
    with pytest.raises(StoriesError, match=match) as caught:
        fetch(url, limits, world.network)
    return str(caught.value)
