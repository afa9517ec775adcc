"""The answerer that is a chat model: streams, keeps limits, asks again where a service fails before its first word.

Which model is asked is `chat_models.py`'s; how it is told is `prompt.py`'s; how long it may take `streaming.py`'s.
"""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from concurrent.futures import CancelledError

from langchain_core.messages import AIMessageChunk, BaseMessage

from index.errors import LLMError
from index.search import Hit
from rag.answer import Sentence, Tokens, Turn
from rag.answerers import Draft
from rag.chat_models import LOCAL, ChatModel, chat_model, reason
from rag.pacing import Pace
from rag.prompt import messages, repair_messages
from rag.question import Question
from rag.reasoning import Reasoning
from rag.settings import RagSettings
from rag.streaming import Limits, read


class ChatModelAnswerer:
    """Answers with a LangChain chat model, streaming. Tries again where a service fails before its first word."""

    def __init__(  # a pace is shared by all who ask the same service
        self,
        model: ChatModel,
        name: str,
        limits: Limits | None = None,
        retries: int = 1,
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self.notice = f"Answers are written by {name} from the stories' passages; check the marked words."
        self._model = model
        self._limits = limits or Limits()
        self._retries = retries
        self._pace = pace or Pace()

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Draft:
        """The model's words as they come. Raises `LLMError` where the service fails, falls silent or does not end."""
        return self.written(messages(question.for_model, hits, history))

    def repair(
        self,
        question: Question,
        hits: Sequence[Hit],
        history: Sequence[Turn],
        draft: str,
        unsupported: Sequence[Sentence],
    ) -> Draft:
        """The model's second try, told what was wrong with its first."""
        return self.written(repair_messages(question.for_model, hits, history, draft, unsupported))

    def within(self, seconds: float) -> "ChatModelAnswerer":
        """The same model, which has to succeed at its first try and in so many seconds, if not in fewer anyway."""
        limits = Limits(min(seconds, self._limits.silence), min(seconds, self._limits.whole))
        return ChatModelAnswerer(self._model, self.name, limits, 0, self._pace)

    def written(self, prompt: Sequence[BaseMessage]) -> Generator[str | Tokens, None, None]:
        """What the model writes to a prompt, without its reasoning. Raises `LLMError` as `draft` does."""
        ending = ""
        try:
            for chunks in read(lambda: self._tries(prompt), self._limits):
                for chunk in chunks:
                    yield from _tokens(chunk)
                    ending = _ending(chunk) or ending
                yield "".join(str(chunk.text) for chunk in chunks)
        except (TimeoutError, CancelledError) as error:
            raise self._failed(error) from error
        if ending.lower() in _CUT:
            raise LLMError(
                f"{self.name} came to its limit of tokens before the answer's end. "
                "Set CROSSROADS_LLM_MAX_TOKENS higher."
            )
        if not ending and self.name.startswith("openai:"):  # whose protocol ends every answer with a reason
            raise LLMError(f"{self.name} broke off before the answer's end. Ask again, or check the service.")

    async def _tries(self, prompt: Sequence[BaseMessage]) -> AsyncIterator[AIMessageChunk]:
        """The first stream that brings words; after one that failed or was empty before any, the next.

        Raises `LLMError` after the last.
        """
        for pause in [*_pauses(self._retries), None]:
            written, reasoning = False, Reasoning()
            await self._pace.turn()
            try:
                async for chunk in self._model.astream(prompt):
                    text = reasoning.without(str(chunk.text))
                    written = written or bool(text.strip())
                    yield chunk.model_copy(update={"content": text})
                if reasoning.is_open:
                    yield AIMessageChunk(content="", response_metadata={"finish_reason": "length"})
                    return
                if rest := reasoning.rest():
                    written = True
                    yield AIMessageChunk(content=rest)
                if not written:
                    raise _EmptyAnswerError  # noqa: TRY301  # tried again as any other failure is
            except Exception as error:  # the edge to providers' clients: each has an error tree of its own
                wait = _asked_pause(error) or pause or 0.0
                if written or pause is None or wait >= self._limits.silence or not _may_pass(error):
                    raise self._failed(error) from error
                if _status(error) == TOO_MANY:
                    self._pace.pause(wait)
                await asyncio.sleep(wait)
            else:
                return

    def _failed(self, error: Exception) -> LLMError:
        if self.name.startswith(f"{LOCAL}:"):
            return LLMError(
                f"{self.name} failed while answering on this machine ({reason(error)}). Ask again; if it happens "
                "often, set CROSSROADS_LLM to a smaller model, or CROSSROADS_LLM_TIMEOUT and CROSSROADS_LLM_DEADLINE "
                "higher."
            )
        return LLMError(
            f"{self.name} failed while answering ({reason(error)}). Check the service, its key, CROSSROADS_LLM and "
            "CROSSROADS_LLM_BASE_URL."
        )


def chat_answerer(settings: RagSettings) -> ChatModelAnswerer:
    """The answerer of the model that `settings.llm` names. Raises `LLMError` as `chat_model` does."""
    limits = Limits(settings.llm_timeout, settings.llm_deadline)
    return ChatModelAnswerer(chat_model(settings), settings.llm, limits, settings.llm_retries)


class _EmptyAnswerError(Exception):
    """A stream ended before its first word."""

    def __str__(self) -> str:
        return "its answer was empty"


_CUT = {"length", "max_tokens"}
"""How providers say that an answer was cut at its limit of tokens."""
FIRST_PAUSE = 0.5
"""Seconds before a second try, doubled for every further one, where the service does not say how long to wait."""
REQUEST_TIMEOUT, CONFLICT, TOO_MANY, SERVER_ERRORS = 408, 409, 429, 500


def _tokens(chunk: AIMessageChunk) -> Iterator[Tokens]:
    usage = chunk.usage_metadata
    if usage:
        yield Tokens(usage["input_tokens"], usage["output_tokens"])


def _ending(chunk: AIMessageChunk) -> str:
    """Why the model stopped, if the chunk tells: every provider has its own word for it."""
    told = chunk.response_metadata
    return str(told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason") or "")


def _pauses(retries: int) -> list[float]:
    return [FIRST_PAUSE * 2**number for number in range(retries)]


def _may_pass(error: Exception) -> bool:
    """Whether another try may succeed: not where the service refuses the request as such, or its key."""
    status = _status(error)
    return status is None or status in {REQUEST_TIMEOUT, CONFLICT, TOO_MANY} or status >= SERVER_ERRORS


def _status(error: Exception) -> int | None:
    """The HTTP status in an error of any provider's client."""
    found = [getattr(error, "status_code", None), getattr(getattr(error, "response", None), "status_code", None)]
    return next((status for status in [*found, getattr(error, "code", None)] if isinstance(status, int)), None)


def _asked_pause(error: Exception) -> float:
    """Seconds the service asked to wait; 0 where it did not say."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return float(headers.get("retry-after", 0))
    except ValueError:  # a date, which is as good as not said
        return 0.0
