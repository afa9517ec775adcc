"""Every provider is asked in its own way, and one that cannot be is an error with the way out."""

from typing import Any

import pytest

from index.errors import LLMError
from rag.chat_models import KEYS, PROVIDERS, chat_model, reason
from rag.settings import RagSettings


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What LangChain is asked to make, in place of its making it."""
    asked: list[dict[str, Any]] = []

    def make(model: str, **options: Any) -> object:
        asked.append({"model": model, **options})
        return object()

    monkeypatch.setattr("langchain.chat_models.init_chat_model", make)
    return asked


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_is_known_by_its_name_and_by_langchains(provider: str, made: list[dict[str, Any]]) -> None:
    chat_model(RagSettings.load(llm=f"{provider}:some/model:8b", llm_temperature=0.3))
    chat_model(RagSettings.load(llm=f"{PROVIDERS[provider]}:some/model:8b", llm_temperature=0.3))
    assert made[0] == made[1]
    assert (made[0]["model"], made[0]["model_provider"]) == ("some/model:8b", PROVIDERS[provider])
    assert made[0]["temperature"] == 0.3


def test_a_server_of_ones_own_needs_no_key(made: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    chat_model(RagSettings.load(llm="openai:tiny", llm_base_url="http://127.0.0.1:9/v1"))
    assert made[0]["api_key"]
    assert made[0]["base_url"] == "http://127.0.0.1:9/v1"


def test_a_key_that_is_set_is_left_to_the_client(made: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecretkey123")
    chat_model(RagSettings.load(llm="openai:tiny", llm_base_url="http://127.0.0.1:9/v1"))
    assert "api_key" not in made[0]


def test_ollama_is_told_how_much_to_read(made: list[dict[str, Any]]) -> None:
    chat_model(RagSettings.load(llm="ollama:llama3.1", llm_window=4096, llm_max_tokens=300))
    assert (made[0]["num_ctx"], made[0]["num_predict"]) == (4096, 300)


@pytest.mark.parametrize("llm", ["gpt-4o", "nobody:model", "openai:", ":tiny", "huggingface:"])
def test_a_model_that_nobody_serves_is_an_error_that_says_how_to_name_one(llm: str) -> None:
    with pytest.raises(LLMError, match=r"provider:model.*openai.*huggingface"):
        chat_model(RagSettings.load(llm=llm))


def test_a_missing_key_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LLMError, match=KEYS["openai"]):
        chat_model(RagSettings.load(llm="openai:gpt-4o"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("no such module")

    monkeypatch.setattr("langchain.chat_models.init_chat_model", missing)
    with pytest.raises(LLMError, match=rf"pip install -c constraints\.txt -e '\.\[{provider}\]'"):
        chat_model(RagSettings.load(llm=f"{provider}:model"))


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefgh12345678",
        "Bearer abcdefgh12345678",
        "AIzaSyabcdefgh12345678",
        "gsk_abcdefgh12345678",
        "http://me:abcdefgh12345678@host/",
        "http://me:12345678!@host/",
        "http://12345678@host/",
        "abcdWithoutPrefix12345678",
    ],
)
def test_no_secret_is_told_in_an_error(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS["mistral"], "abcdWithoutPrefix12345678")
    assert "12345678" not in reason(ValueError(f"Incorrect key provided:\n {secret}."))
    assert "12345678" not in reason(ValueError(f"{'.' * 290}{secret}"))


@pytest.mark.parametrize("key", ["", "x", "-", "none"])
def test_words_about_keys_are_no_secrets_nor_is_a_word_in_a_keys_place(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS["openai"], key)
    said = "Incorrect API key provided: see http://127.0.0.1:8000/keys-next, or none."
    assert reason(ValueError(said)) == said
