"""`provider:model` → a chat model that streams; the one place that knows how each provider wants to be asked.

LangChain's own classes for services, `rag/local_model.py` for `huggingface:`. Each provider's package is an
extra of the project and imported only when its model is set. Knows nothing of questions, passages or answers.
"""

import os
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.rate_limiters import InMemoryRateLimiter

from index.errors import LLMError
from rag.settings import RagSettings

PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "ollama": "ollama",
    "google": "google_genai",
    "mistral": "mistralai",
    "groq": "groq",
}
"""Services, each with the extra of this project that installs it as its key, and LangChain's name for it."""

LOCAL = "huggingface"
"""The provider that is this machine."""

KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
}
"""Where each provider's package looks for its key."""


class ChatModel(Protocol):
    """What answers are written with: any LangChain chat model."""

    def astream(self, input: Sequence[BaseMessage], /) -> AsyncIterator[AIMessageChunk]:  # noqa: A002  # LangChain's name
        """The model's words as they come."""
        ...


def chat_model(settings: RagSettings) -> ChatModel:
    """The chat model that `settings.llm` names. Raises `LLMError` where its package, key or weights are missing."""
    provider, _, model = settings.llm.partition(":")
    provider = next((name for name, of_langchain in PROVIDERS.items() if provider == of_langchain), provider)
    if not model or provider not in {*PROVIDERS, LOCAL}:
        raise LLMError(
            f"CROSSROADS_LLM={settings.llm}: name it as provider:model, such as openai:gpt-4o-mini or ollama:llama3.1. "
            f"Providers are {', '.join([*PROVIDERS, LOCAL])}; any other OpenAI-compatible server is openai:MODEL with "
            "its address in CROSSROADS_LLM_BASE_URL."
        )
    if provider == LOCAL:
        from rag.local_model import LocalModel

        return LocalModel(model, settings.device, settings.llm_max_tokens, settings.llm_temperature)
    return _service(provider, model, settings)


def reason(error: BaseException) -> str:
    """An error in one short line, without a key that is set, what looks like one, or what lets in at an address."""
    line = " ".join(str(error).split()) or type(error).__name__
    for name in KEYS.values():
        if len(key := os.environ.get(name, "").strip()) >= SHORTEST_KEY:
            line = line.replace(key, "…")
    return _SECRET.sub("…", line)[:LONGEST_REASON]


SHORTEST_KEY = 8
"""Characters: what is shorter is a word in a key's place, as for a server of one's own, and part of others."""
LONGEST_REASON = 300
"""Characters of an error that are told."""
_SECRET = re.compile(
    r"\b(?:(?:sk|key|hf|gsk)[-_]|AIza|Bearer\s+)[A-Za-z0-9_.*-]{8,}|(?<=://)[^/@\s]*(?=@)", re.IGNORECASE
)


def _service(provider: str, model: str, settings: RagSettings) -> ChatModel:
    from langchain.chat_models import init_chat_model

    options = _OPTIONS.get(provider, _usual_options)(settings)
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    if settings.llm_requests_per_minute:
        options["rate_limiter"] = InMemoryRateLimiter(requests_per_second=settings.llm_requests_per_minute / 60)
    try:
        made: ChatModel = init_chat_model(model, model_provider=PROVIDERS[provider], **options)
    except ImportError as error:
        raise LLMError(
            f"CROSSROADS_LLM={settings.llm}: the package for {provider} is not installed. "
            f"In the project's folder run `.venv/bin/python -m pip install -c constraints.txt -e '.[{provider}]'`."
        ) from error
    except Exception as error:  # the edge to providers' clients, which check settings in ways and errors of their own
        key = f" Set {KEYS[provider]} in the environment; .env is not read for keys." if provider in KEYS else ""
        raise LLMError(f"CROSSROADS_LLM={settings.llm}: the model cannot be set up ({reason(error)}).{key}") from error
    return made


def _usual_options(settings: RagSettings) -> dict[str, Any]:
    return {
        "temperature": settings.llm_temperature,
        "timeout": _last_resort(settings),
        "max_retries": 0,  # chat_answerer.py tries again, and knows what else can go wrong
        "max_tokens": settings.llm_max_tokens,
    }


def _last_resort(settings: RagSettings) -> float:
    """A client's own limit, later than those that `streaming.py` keeps: two at the same moment would race."""
    return settings.llm_timeout + settings.llm_deadline


def _of_openai(settings: RagSettings) -> dict[str, Any]:
    options = {**_usual_options(settings), "stream_usage": True}
    if settings.llm_base_url and not os.environ.get(KEYS["openai"]):
        options["api_key"] = "none"  # a server of one's own wants no key, but the client wants one
    return options


def _of_ollama(settings: RagSettings) -> dict[str, Any]:
    """Its client has its own names, and would read only the first few thousand tokens if not told otherwise."""
    return {
        "temperature": settings.llm_temperature,
        "num_predict": settings.llm_max_tokens,
        "num_ctx": settings.llm_window,
        "client_kwargs": {"timeout": _last_resort(settings)},
    }


_OPTIONS = {"openai": _of_openai, "ollama": _of_ollama}
