"""A stand-in for a language model's service: speaks OpenAI's streaming protocol, and says what it is told to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedModel(ThreadingHTTPServer):
    """Answers every question with `script`, a word each `pause` seconds. To be used as a context manager."""

    daemon_threads = True
    block_on_close = False  # a stopped answer may still be on its way

    def __init__(self, script: str, pause: float = 0.05) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.pause = pause
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What CROSSROADS_LLM_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def server_close(self) -> None:
        """Stop answering; leaving the context comes here."""
        self.shutdown()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_POST(self) -> None:
        """Stream the script."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            for word in self.server.script.split(" "):
                self._send({"delta": {"role": "assistant", "content": f"{word} "}, "finish_reason": None})
                time.sleep(self.server.pause)
            self._send({"delta": {}, "finish_reason": "stop"})
            self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer was stopped, and nobody reads it any more

    def _send(self, choice: dict[str, object]) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
        self.wfile.write(f"data: {json.dumps({**chunk, 'choices': [{'index': 0, **choice}]})}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""
