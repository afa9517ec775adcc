"""Answerer: whoever writes the draft of an answer from passages. Two of them: quoting, and any chat model.

A draft is text with `[n]` marks that count the passages handed over, from 1. What becomes of the marks is
`citations.py`'s. The chat model's half imports LangChain only when a model is set.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from index.errors import LLMError
from index.search import Hit
from rag.answer import Turn
from rag.prompt import messages
from rag.question import Question
from rag.quoting import quote
from rag.sentences import rank
from rag.settings import RagSettings

PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "ollama": "ollama",
    "google_genai": "google",
    "mistralai": "mistral",
    "groq": "groq",
    "huggingface": "huggingface",
}
"""LangChain's provider names, and the extra of this project that installs each."""

KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
}


class Answerer(Protocol):
    """Writes drafts. `name` goes into answers and reports, `notice` on the page."""

    name: str
    notice: str

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        """The draft, piece by piece. Raises `LLMError` where a model fails."""
        ...


class QuotingAnswerer:
    """Answers in the storytellers' own words. Needs no model, makes nothing up."""

    name = "quoting"
    notice = "No language model is set: answers quote the stories word for word."

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        """The sentences that answer, with whose they are, a paragraph a person."""
        yield from quote(question, rank(question, hits))


class ChatModelAnswerer:
    """Answers with a LangChain chat model, streaming."""

    def __init__(self, model: Any, name: str) -> None:
        self.name = name
        self.notice = f"Answers are written by {name} from the stories' passages; check the marked words."
        self._model = model

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        """The model's words as they come. Raises `LLMError` where the service fails or stays silent."""
        written = False
        try:
            for chunk in self._model.stream(messages(question.text, hits, history)):
                piece = str(chunk.text)
                written = written or bool(piece.strip())
                yield piece
        except Exception as error:  # every provider's client has an error tree of its own
            raise LLMError(
                f"{self.name} failed while answering ({_reason(error)}). Check the service, its key and "
                "CROSSROADS_LLM; unset CROSSROADS_LLM to have the stories quoted instead."
            ) from error
        if not written:
            raise LLMError(f"{self.name} gave an empty answer. Ask again, or set another model with CROSSROADS_LLM.")


def answerer_from(settings: RagSettings) -> Answerer:
    """The answerer that the settings name. Raises `LLMError` where its package or its key is missing."""
    if not settings.llm:
        return QuotingAnswerer()
    provider, _, model = settings.llm.partition(":")
    if not model:
        raise LLMError(
            f"CROSSROADS_LLM={settings.llm}: name it as provider:model, such as openai:gpt-4o-mini or ollama:llama3.1. "
            f"Providers are {', '.join(PROVIDERS)}."
        )
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {
        "temperature": settings.llm_temperature,
        "timeout": settings.llm_timeout,
        "max_retries": settings.llm_retries,
        "max_tokens": settings.llm_max_tokens,
    }
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
    if provider == "ollama":  # its client names them otherwise and retries nothing
        options = {"temperature": settings.llm_temperature, "num_predict": settings.llm_max_tokens}
        options |= {"base_url": settings.llm_base_url} if settings.llm_base_url else {}
    try:
        return ChatModelAnswerer(init_chat_model(model, model_provider=provider, **options), settings.llm)
    except ImportError as error:
        extra = PROVIDERS.get(provider, provider)
        raise LLMError(
            f"CROSSROADS_LLM={settings.llm}: the package for {provider} is not installed. "
            f"Run `pip install 'crossroads[{extra}]'`, or in a "
            f"checkout `.venv/bin/python -m pip install -c constraints.txt -e '.[{extra}]'`."
        ) from error
    except Exception as error:  # every provider's client checks its settings in its own way
        key = (
            f" Set {KEYS[provider]} in the environment."
            if provider in KEYS
            else f" Providers are {', '.join(PROVIDERS)}."
        )
        raise LLMError(f"CROSSROADS_LLM={settings.llm}: the model cannot be set up ({_reason(error)}).{key}") from error


def _reason(error: Exception) -> str:
    """An error in one short line, without anything that looks like a key."""
    line = " ".join(str(error).split())[:200] or type(error).__name__
    return re.sub(r"\b(?:sk|key|hf|gsk|AIza)[-_]?[A-Za-z0-9_-]{8,}", "…", line)
