"""`huggingface:` runs a model on this machine: here the smallest Llama there is, made and saved by the test."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from index.errors import LLMError
from index.live import LiveIndex
from rag.answer import Tokens
from rag.answerers import answerer_from
from rag.ask import Rag
from rag.chat_answerer import ChatModelAnswerer
from rag.local_model import LocalModel
from rag.settings import RagSettings
from rag.streaming import Limits, read

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|> {{ message['content'] }} <|end|> {% endfor %}"
    "{% if add_generation_prompt %}<|assistant|> {% endif %}"
)
MESSAGES = [SystemMessage("Be brief."), HumanMessage("Hello"), AIMessage("Hi"), HumanMessage("How long?")]
WORDS = "be brief hello hi how long did it take the baker learned paid for a bootcamp in years".split()  # noqa: SIM905  # reads as a sentence


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two small layers with random weights, which are the same every time, and a tokenizer of few words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|unknown|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    words = Tokenizer(models.WordLevel({word: number for number, word in enumerate([*special, *WORDS])}, special[0]))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers types it not
        tokenizer_object=words, unk_token=special[0], eos_token=special[1], additional_special_tokens=special[2:]
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=4096,
        eos_token_id=None,
        bos_token_id=None,
        pad_token_id=0,
    )
    saved = tmp_path_factory.mktemp("models") / "tiny"
    LlamaForCausalLM(config).save_pretrained(saved)
    tokenizer.save_pretrained(saved)
    return saved


def written(model: LocalModel) -> list[Any]:
    return [chunk for chunks in read(lambda: model.astream(MESSAGES), Limits()) for chunk in chunks]


def test_it_streams_words_and_tells_its_tokens_and_why_it_ended(folder: Path) -> None:
    chunks = written(LocalModel(str(folder), "cpu", 12, 0.0))
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    assert set("".join(chunk.text for chunk in chunks).split()) <= set(WORDS)
    assert chunks[-1].usage_metadata["input_tokens"] == 15
    assert chunks[-1].usage_metadata["output_tokens"] == 12
    assert chunks[-1].response_metadata["finish_reason"] == "length"


def test_without_temperature_it_writes_the_same_every_time(folder: Path) -> None:
    model = LocalModel(str(folder), "cpu", 12, 0.0)
    assert [chunk.text for chunk in written(model)] == [chunk.text for chunk in written(model)]
    assert written(LocalModel(str(folder), "cpu", 12, 0.7))


def test_it_reads_the_messages_in_its_own_template(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LocalModel(str(folder), "cpu", 2, 0.0)
    read_ids: list[Any] = []
    generate = model._model.generate

    def keeping(**options: Any) -> Any:
        read_ids.append(options["input_ids"])
        return generate(**options)

    monkeypatch.setattr(model._model, "generate", keeping)
    written(model)
    assert model._tokenizer.decode(read_ids[0][0]).replace("<|unknown|>", "?") == (
        "<|system|> ? ? <|end|> <|user|> ? <|end|> <|assistant|> ? <|end|> <|user|> ? ? <|end|> <|assistant|>"
    )


def test_reasoning_that_its_template_begins_is_told_as_such(folder: Path) -> None:
    model = LocalModel(str(folder), "cpu", 4, 0.0)
    assert "".join(chunk.text for chunk in written(model)).split()[0] in WORDS
    model._tokenizer.chat_template = f"{TEMPLATE}<think>\n"
    assert "".join(chunk.text for chunk in written(model)).startswith("<think>")


def test_when_the_reader_stops_it_stops_writing(folder: Path) -> None:
    model = LocalModel(str(folder), "cpu", 3000, 0.0)
    stream = read(lambda: model.astream(MESSAGES), Limits())
    while not any(chunk.text for chunk in next(stream)):
        pass
    stream.close()
    until = time.monotonic() + 2
    while model._turns:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_two_readers_are_answered_one_after_the_other(folder: Path) -> None:
    model = LocalModel(str(folder), "cpu", 12, 0.0)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append("".join(chunk.text for chunk in written(model)))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_waiting_for_ones_turn_is_no_silence_and_who_goes_away_waits_no_more(folder: Path) -> None:
    model, other = LocalModel(str(folder), "cpu", 12, 0.0), object()
    model._turns.append(other)
    stream, until = read(lambda: model.astream(MESSAGES), Limits(silence=0.5)), time.monotonic() + 1
    while time.monotonic() < until:
        assert not any(chunk.text for chunk in next(stream))
    stream.close()
    while len(model._turns) > 1:
        assert time.monotonic() < until + 2
        time.sleep(0.01)
    model._turns.remove(other)
    assert written(model)


def test_a_failure_while_writing_is_told_and_not_waited_for(
    folder: Path, built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("out of memory")

    model = LocalModel(str(folder), "cpu", 12, 0.0)
    monkeypatch.setattr(model._model, "generate", fail)
    answerer = ChatModelAnswerer(model, "huggingface:tiny", retries=0)
    answer = Rag(built, answerer).ask("How much did the baker pay for the bootcamp?")
    assert "out of memory" in answer.notice
    assert "on this machine" in answer.notice
    assert "CROSSROADS_LLM_BASE_URL" not in answer.notice
    assert answer.seconds["answer"] < 5


def test_a_whole_question_is_answered_by_a_model_from_a_folder(folder: Path, built: LiveIndex) -> None:
    settings = RagSettings.load(llm=f"huggingface:{folder}", llm_max_tokens=20, device="cpu")
    answer = Rag(built, answerer_from(settings)).ask("How much did the baker pay for the bootcamp?")
    assert answer.answerer == f"huggingface:{folder}"
    assert answer.tokens is not None
    assert answer.tokens.output == 20
    assert answer.tokens != Tokens(0, 20)
    assert "CROSSROADS_LLM_MAX_TOKENS" in answer.notice


def test_a_model_without_a_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    bare = Path(shutil.copytree(folder, tmp_path / "bare"))
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(LLMError, match="no chat template"):
        LocalModel(str(bare), "cpu", 12, 0.0)


def test_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    pickled = Path(shutil.copytree(folder, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(LLMError, match="safetensors"):
        LocalModel(str(pickled), "cpu", 12, 0.0)


def test_damaged_weights_are_an_error_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(folder, tmp_path / "damaged"))
    (damaged / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(LLMError, match=r"cannot be loaded.*Name a chat model"):
        LocalModel(str(damaged), "cpu", 12, 0.0)


def test_a_folder_without_a_model_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LLMError, match=r"cannot be loaded.*Name a chat model"):
        LocalModel(str(tmp_path), "cpu", 12, 0.0)
