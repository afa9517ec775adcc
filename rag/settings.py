"""Which language model answers, from how many passages and how fast, and what becomes of what none supports."""

from typing import Annotated, Literal

from pydantic import Field

from index.settings import Settings

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class RagSettings(Settings):
    """Settings of the index, and those of asking. Build it with `RagSettings.load`."""

    llm: str = ""
    """`provider:model`, such as ollama:llama3.1 or huggingface:FOLDER; unset, answers quote the stories."""
    llm_base_url: str = ""
    """Address of the provider's server, where it is not the provider's own; with `openai:MODEL`, no key is needed."""
    llm_temperature: Annotated[float, Field(ge=0)] = 0.0
    """0 for the same answer every time, as far as the service allows."""
    llm_max_tokens: Positive = 700
    """Longest answer, in tokens."""
    llm_window: Positive = 8192
    """Tokens that the model reads and writes at once; passages that do not fit are left out, the lowest first."""
    llm_timeout: Seconds = 60.0
    """Seconds to wait for the service's next word."""
    llm_deadline: Seconds = 180.0
    """Seconds that an answer may take in all."""
    llm_retries: Annotated[int, Field(ge=0)] = 1
    """How often a service that failed before its first word is asked again."""
    llm_requests_per_minute: Annotated[float, Field(ge=0)] = 0.0
    """How often the service may be asked, by LangChain's own limiter; 0 for no limit but the service's."""
    passages: Positive = 8
    """Passages shown to the answerer."""
    support: Literal["mark", "strict"] = "mark"
    """What becomes of sentences that no passage supports: they are marked, or left out."""
    grounder: str = ""
    """A cross-encoder that judges whether passages carry a sentence: a name, or a folder. Unset, their words do."""
