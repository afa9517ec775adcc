"""Which language model answers, how many passages it is shown, how long it may take."""

from index.settings import Settings


class RagSettings(Settings):
    """Settings of the index, and those of asking. Build it with `RagSettings.load`."""

    llm: str = ""
    """`provider:model`, as LangChain's `init_chat_model` takes it; unset, answers quote the stories."""
    llm_base_url: str = ""
    """Address of an OpenAI-compatible server, for `openai:MODEL`."""
    llm_temperature: float = 0.0
    """0 for the same answer every time, as far as the service allows."""
    llm_max_tokens: int = 700
    """Longest answer, in tokens."""
    llm_timeout: float = 60.0
    """Seconds to wait for the service."""
    llm_retries: int = 2
    """How often the client tries again before the first token."""
    passages: int = 8
    """Passages shown to the answerer."""
