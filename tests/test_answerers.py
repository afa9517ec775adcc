"""Chat models are asked through LangChain's own clients: here the real OpenAI one, against a small server of ours."""

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from index.errors import LLMError
from index.live import LiveIndex
from rag.answer import Turn
from rag.answerers import PROVIDERS, ChatModelAnswerer, QuotingAnswerer, answerer_from
from rag.ask import Rag
from rag.prompt import INSTRUCTIONS, messages
from rag.settings import RagSettings

QUESTION = "How much did the baker pay for the bootcamp?"


class Service(ThreadingHTTPServer):
    """An OpenAI-compatible chat service: streams `pieces`, or answers with `status`; keeps what it was sent."""

    def __init__(self, pieces: Sequence[str], status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces = pieces
        self.status = status
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        self.server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/event-stream" if self.server.status == 200 else "application/json")
        self.end_headers()
        if self.server.status != 200:
            self.wfile.write(b'{"error": {"message": "made to fail for sk-verysecretkey123"}}')
            return
        for piece in self.server.pieces:
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "tiny",
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Any]:
    services: list[Service] = []

    def start(*pieces: str, status: int = 200) -> Service:
        service = Service(pieces, status)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        services.append(service)
        return service

    yield start
    for service in services:
        service.shutdown()
        service.server_close()


def rag_with(built: LiveIndex, service: Service, monkeypatch: pytest.MonkeyPatch) -> Rag:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecretkey123")
    settings = RagSettings.load(llm="openai:tiny", llm_base_url=service.url, llm_retries=0, llm_timeout=5)
    return Rag(built, answerer_from(settings))


def test_streamed_tokens_become_a_cited_answer_though_a_mark_is_cut_in_two(
    built: LiveIndex, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve("The baker paid 4,200", " euros for a bootcamp. [", "1]")
    answers = list(rag_with(built, service, monkeypatch).stream(QUESTION))
    assert answers[-1].text == "The baker paid 4,200 euros for a bootcamp. [1]"
    assert "4,200 euros" in answers[-1].citations[0].quote
    assert answers[-1].answerer == "openai:tiny"
    assert not any("[" in answer.text and "]" not in answer.text for answer in answers)


def test_the_model_sees_numbered_passages_and_who_speaks_and_history_without_marks(
    built: LiveIndex, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve("It cost 4,200 euros. [1]")
    history = [Turn("user", "Tell me of the baker."), Turn("assistant", "She baked in Lyon. [1]")]
    rag_with(built, service, monkeypatch).ask(QUESTION, history)
    sent = service.requests[0]["messages"]
    assert sent[0]["content"] == INSTRUCTIONS
    assert [message["content"] for message in sent[1:3]] == ["Tell me of the baker.", "She baked in Lyon."]
    assert "[1] From bread to back end. baker → backend developer. 2019" in sent[-1]["content"]
    assert sent[-1]["content"].endswith(f"Question: {QUESTION}")
    assert service.requests[0]["temperature"] == 0


def test_passages_are_fenced_by_marks_that_no_story_can_know(built: LiveIndex) -> None:
    hits = built.search(QUESTION, 2)
    one, two = (str(messages(QUESTION, hits, [])[-1].content) for _ in range(2))
    fence = one.split("<")[1].split(">")[0]
    assert one.count(f"</{fence}>") == len(hits) + 1
    assert fence not in two


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_service_that_fails_is_told_without_the_key_and_the_stories_are_quoted(
    built: LiveIndex, serve: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    answer = rag_with(built, serve(status=status), monkeypatch).ask(QUESTION)
    assert "4,200 euros" in answer.text
    assert answer.answerer == "quoting"
    assert "openai:tiny failed" in answer.notice
    assert "verysecretkey" not in answer.notice


def test_an_empty_answer_is_told(built: LiveIndex, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = rag_with(built, serve(""), monkeypatch).ask(QUESTION)
    assert "empty answer" in answer.notice
    assert "4,200 euros" in answer.text


def test_without_a_model_the_stories_are_quoted() -> None:
    assert isinstance(answerer_from(RagSettings.load()), QuotingAnswerer)


@pytest.mark.parametrize(
    ("llm", "message"),
    [
        ("gpt-4o", "provider:model"),
        ("nobody:model", "cannot be set up"),
        ("openai:gpt-4o", "OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_set_up_is_an_error_with_the_way_out(
    llm: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LLMError, match=message):
        answerer_from(RagSettings.load(llm=llm))


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("no module named langchain_anthropic")

    monkeypatch.setattr("langchain.chat_models.init_chat_model", missing)
    for provider, extra in PROVIDERS.items():
        with pytest.raises(LLMError, match=rf"pip install 'crossroads\[{extra}\]'"):
            answerer_from(RagSettings.load(llm=f"{provider}:model"))


def test_the_notice_says_who_answers() -> None:
    assert "openai:tiny" in ChatModelAnswerer(None, "openai:tiny").notice
    assert "word for word" in QuotingAnswerer.notice
