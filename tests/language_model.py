"""A stand-in for a language model's service: speaks OpenAI's streaming protocol, says what it is told to, and fails.

It listens on this machine, and keeps what it was sent.
"""

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Request = dict[str, Any]
"""A request's JSON."""


@dataclass(frozen=True)
class Reply:
    """What is sent for a request: `pieces` with a pause (seconds) before each, then an ending.

    Endings: `stop` and `length` are what they are in OpenAI's protocol; `eof` closes without a word, `reset` breaks
    the connection, `malformed` sends what is no JSON, `error` an error in the stream, `silence` nothing, for ever.
    Another `status` than 200 is sent at once, with an error for a body.
    """

    pieces: tuple[str, ...] = ()
    ending: Literal["stop", "length", "eof", "reset", "malformed", "error", "silence"] = "stop"
    pause: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: tuple[int, int] | None = None


def spoken(text: str, pause: float = 0.0) -> Reply:
    """A reply of some words, one by one."""
    return Reply(tuple(f"{word} " for word in text.split(" ")), pause=pause)


Script = Reply | Callable[[Request], Reply]


class ScriptedModel(ThreadingHTTPServer):
    """Answers the first request with the first reply, and so on; the last one from then on. A context manager.

    `requests` are what was asked, `hung_up` is set when somebody went away before the end of a reply.
    """

    daemon_threads = True
    block_on_close = False  # a stopped answer may still be on its way

    def __init__(self, *script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        self._script = script
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """What CROSSROADS_LLM_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def reply_to(self, request: Request) -> Reply:
        """Keep the request, and say what its reply is."""
        self.requests.append(request)
        scripted = self._script[min(len(self.requests), len(self._script)) - 1]
        return scripted if isinstance(scripted, Reply) else scripted(request)

    def server_close(self) -> None:
        """Stop answering; leaving the context comes here."""
        self.shutdown()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_POST(self) -> None:
        """Send the reply, as far as somebody is there to read it."""
        reply = self.server.reply_to(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        try:
            self._begin(reply)
            if reply.status == 200:
                self._stream(reply)
            else:
                self.wfile.write(b'{"error": {"message": "made to fail for sk-verysecretkey123"}}')
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def _begin(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", "text/event-stream" if reply.status == 200 else "application/json")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _stream(self, reply: Reply) -> None:
        for piece in reply.pieces:
            self._wait(reply.pause)
            self._send(choices=[{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}])
        if reply.ending == "silence":
            self._wait(60)
        elif reply.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif reply.ending == "malformed":
            self.wfile.write(b'data: {"choices": [{"delta": \n\n')
        elif reply.ending == "error":
            self.wfile.write(b'data: {"error": {"message": "the machine is on fire", "code": 500}}\n\n')
        elif reply.ending != "eof":
            self._finish(reply)

    def _finish(self, reply: Reply) -> None:
        self._send(choices=[{"index": 0, "delta": {}, "finish_reason": reply.ending}])
        if reply.usage is not None:
            read, written = reply.usage
            usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
            self._send(choices=[], usage=usage)
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, **fields: object) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **fields}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _wait(self, seconds: float) -> None:
        """Wait, and notice at once when whoever asked goes away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.connection], [], [], left)[0] and not self.connection.recv(1, socket.MSG_PEEK):
                raise BrokenPipeError

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""
