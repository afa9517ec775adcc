"""A Chroma server of one's own for tests, `chroma run` on this machine, and a line to it that can be disturbed.

Started once a session; each test has a database to itself.
"""

import contextlib
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from index.server.address import Address
from index.server.connection import Connection
from index.server.mirror import MirroredStore
from index.server.remote import RemoteLibrary

UP_WITHIN = 120
"""Seconds for the server to answer, on a slow and busy machine."""
TOKEN = "sesame-opens-nothing-else"  # noqa: S105  # of no server in the world
_numbers = itertools.count(1)


@dataclass
class ChromaServer:
    """A running `chroma run`, which may be killed and started again over the same files."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; return when it answers."""
        chroma = Path(sys.executable).with_name("chroma")
        command = [str(chroma), "run", "--path", str(self.folder / "data"), "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + UP_WITHIN
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=5).is_success:
                    return
            time.sleep(0.05)
        pytest.fail(f"The Chroma server is not up:\n{(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)

    def new_database(self) -> str:
        """A database that nobody else has; its name."""
        name = f"library-{next(_numbers)}"
        made = httpx.post(f"{self.url}/api/v2/tenants/default_tenant/databases", json={"name": name}, timeout=30)
        made.raise_for_status()
        return name


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as passing:
        return int(passing.getsockname()[1])


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """The session's server."""
    server = ChromaServer(tmp_path_factory.mktemp("chroma"), free_port())
    server.start()
    yield server
    server.stop()


@dataclass
class Library:
    """A database of a server, and the computers that mirror it."""

    url: str
    database: str
    folder: Path
    connections: list[Connection] = field(default_factory=list)

    def connection(self, url: str = "", token: str = TOKEN) -> Connection:
        """A new connection, to the server or by another way."""
        connection = Connection(Address(url or self.url, SecretStr(token), database=self.database))
        self.connections.append(connection)
        return connection

    def remote(self, url: str = "") -> RemoteLibrary:
        """The library as one more computer sees it."""
        return RemoteLibrary(self.connection(url))

    def mirror(self, name: str, url: str = "", *, waits: bool = True) -> MirroredStore:
        """The store of a computer, in a folder of that name."""
        return MirroredStore(self.folder / name, self.remote(url), waits=waits)

    def names(self) -> list[str]:
        """What lies in the database."""
        return sorted(str(one.name) for one in self.connection().collections())

    def settings(self, index: Path, url: str = "") -> dict[str, str]:
        """The environment of a process that is to mirror it in a folder."""
        return {
            "CROSSROADS_CHROMA_URL": url or self.url,
            "CROSSROADS_CHROMA_DATABASE": self.database,
            "CROSSROADS_CHROMA_TOKEN": TOKEN,
            "CROSSROADS_INDEX": str(index),
        }


@pytest.fixture
def library(chroma_server: ChromaServer, tmp_path: Path) -> Iterator[Library]:
    """An empty database of the session's server."""
    made = Library(chroma_server.url, chroma_server.new_database(), tmp_path)
    yield made
    for connection in made.connections:
        connection.close()


class Line:
    """A line to a server that can be disturbed: every connection of it is passed on until `disturbance` says otherwise.

    `cut` hangs up in the middle of a request, `lost` once the server has done the work and before that is told, `mute`
    never answers, and a number such as 503 is what a proxy says in the server's place, repeating what it was sent.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.disturbance: str | int = ""
        self.after = 0
        """Requests that still pass before the disturbance sets in; where it is negative, those that it lasts for."""
        self.requests = 0
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Hang up for good."""
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._open.append(near)
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        """One client's requests, one after the other."""
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self._port)) as far:
            while request := _message(near):
                disturbance = self._next()
                if disturbance == "cut":
                    far.sendall(request[: len(request) // 2])
                    return
                if disturbance == "mute":
                    near.recv(1)
                    return
                if isinstance(disturbance, int):
                    near.sendall(_refusal(disturbance, request))
                    return
                far.sendall(request)
                answer = _message(far)
                if disturbance == "lost":
                    return
                near.sendall(answer)

    def _next(self) -> str | int:
        """What happens to the next request."""
        self.requests += 1
        if not self.disturbance:
            return ""
        if self.after > 0:
            self.after -= 1
            return ""
        disturbance = self.disturbance
        if self.after < 0:
            self.after += 1
            self.disturbance = disturbance if self.after else ""
        return disturbance


@pytest.fixture
def line(chroma_server: ChromaServer) -> Iterator[Line]:
    """A line to the session's server."""
    made = Line(chroma_server.port)
    yield made
    made.close()


def _message(connection: socket.socket) -> bytes:
    """One whole HTTP message, as HTTP 1.1 with a length has it; nothing where the other side hung up."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(1 << 16)
        if not more:
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = sum(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < length:
        more = connection.recv(1 << 16)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body


def _refusal(status: int, request: bytes) -> bytes:
    """What a proxy answers that shows people what it was sent."""
    said = b"<html>refused: " + request[:2000] + b"</html>"
    head = [f"HTTP/1.1 {status} No", "Content-Type: text/html", f"Content-Length: {len(said)}", "Connection: close"]
    return "\r\n".join([*head, "", ""]).encode() + said
