"""A chat model on this machine's own GPU or CPU: weights from a folder or the Hugging Face hub, through transformers.

Streams by the tokenizer's own chat template, stops in the middle when it is closed, counts its tokens. Reads only
safetensors and runs no code that comes with a model. langchain-huggingface is not used: a stream of its pipeline
goes on to its last token when nobody reads it any more, and keeps its errors to itself.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.utils import convert_to_openai_messages

from index.devices import find_device
from index.errors import LLMError, first_words
from index.loading import LOADING_ERRORS
from rag.reasoning import OPENS

TURN_SECONDS = 0.05
"""How often whoever waits looks whether it is their turn."""


class LocalModel:
    """A model that is in memory; answers one at a time, in the order of asking.

    `name` is a folder or a name on the hub, `device` as in `Settings.device`. Raises `LLMError` where it cannot
    be loaded.
    """

    def __init__(self, name: str, device: str, max_tokens: int, temperature: float) -> None:
        self._options: dict[str, Any] = {"max_new_tokens": max_tokens, "do_sample": temperature > 0}
        self._options |= {"temperature": temperature} if temperature > 0 else {}
        self._tokenizer, self._model = _load(name, find_device(device))
        self._turns: deque[object] = deque()

    async def astream(self, messages: Sequence[BaseMessage], /) -> AsyncIterator[AIMessageChunk]:
        """The model's words as they come, then its tokens; while others are answered, chunks without a word.

        Closed, it stops at the next one.
        """
        from transformers import AsyncTextIteratorStreamer

        streamer = AsyncTextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        stopped, turn, work = threading.Event(), object(), None
        self._turns.append(turn)
        try:
            while self._turns[0] is not turn:
                yield AIMessageChunk(content="")
                await asyncio.sleep(TURN_SECONDS)
            work = asyncio.create_task(asyncio.to_thread(self._generate, list(messages), streamer, stopped))
            work.add_done_callback(lambda _: self._turns.remove(turn))
            async for text in streamer:
                yield AIMessageChunk(content=text)
            read, written = await work
            reason = "length" if written >= self._options["max_new_tokens"] else "stop"
            usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
            yield AIMessageChunk(content="", usage_metadata=usage, response_metadata={"finish_reason": reason})
        finally:
            stopped.set()
            if work is None:
                self._turns.remove(turn)

    def _generate(self, messages: list[BaseMessage], streamer: Any, stopped: threading.Event) -> tuple[int, int]:
        """Write an answer into the streamer, in a thread. Gives the tokens read and written."""
        try:
            told = partial(
                self._tokenizer.apply_chat_template, convert_to_openai_messages(messages), add_generation_prompt=True
            )
            if told(tokenize=False).rstrip().endswith(OPENS):
                streamer.on_finalized_text(OPENS)  # the template has begun the model's reasoning for it
            prompt = told(return_tensors="pt", return_dict=True).to(self._model.device)
            read = int(prompt["input_ids"].shape[1])
            found = self._model.generate(
                **prompt, **self._options, streamer=streamer, stopping_criteria=[_Stopped(stopped)]
            )
            return read, int(found.shape[1]) - read
        finally:
            streamer.end()


class _Stopped:
    """Tells transformers whether to stop, after every token."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        return torch.full((input_ids.shape[0],), self._stopped.is_set(), device=input_ids.device, dtype=torch.bool)


def _load(name: str, device: str) -> tuple[Any, Any]:
    """The tokenizer and the model, on the device."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types it not
    where = {"trust_remote_code": False, "local_files_only": Path(name).is_dir()}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **where)
        model: Any = AutoModelForCausalLM.from_pretrained(name, use_safetensors=True, dtype="auto", **where)
    except LOADING_ERRORS as error:
        raise LLMError(
            f"CROSSROADS_LLM=huggingface:{name}: the model cannot be loaded ({first_words(error)}). "
            "Name a chat model with safetensors weights, on the Hugging Face hub or as a folder."
        ) from error
    if not tokenizer.chat_template:
        raise LLMError(
            f"CROSSROADS_LLM=huggingface:{name}: its tokenizer has no chat template, so it is no chat model. "
            "Name one that was trained to answer; their names often end in -Instruct or -it."
        )
    return tokenizer, model.to(device).eval()
