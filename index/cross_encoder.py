"""PairModel: a cross-encoder and its bare scores for pairs of texts, one score for each label it knows.

Any sentence-transformers CrossEncoder with safetensors weights, from a folder or the Hugging Face hub; no code that
comes with a model is ever run. A cross-encoder shares with an embedder where its files lie and what may be loaded
(`weights.py`) and the devices (`devices.py`), not how texts go in and what comes out. torch is imported when the first
pair is scored. Knows nothing of what a score means, nor of what is done with it.
"""

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.devices import find_device, half_precision, ran_out_of_memory
from index.errors import CrossroadsError, first_words
from index.loading import LOADING_ERRORS, usable_limit
from index.weights import ModelSetting, find_folder, refuse_code_and_pickles, settings_in

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Logits = npt.NDArray[np.float32]

BATCH = {"cpu": 8, "mps": 32, "cuda": 128}
"""Pairs a batch."""
CROSS_ENCODER = "ForSequenceClassification"
# How the names of architectures end that have a head for scores; any other would be given one of random weights.


class PairModel:
    """A cross-encoder, loaded when it is first needed. Safe to use from several threads, which take turns.

    `name` is a model's name or folder, `device` as in `Settings.device` (of several GPUs the first is used), `setting`
    what names it: its errors are raised.
    """

    def __init__(self, name: str, device: str, setting: ModelSetting) -> None:
        self.name = name
        self.setting = setting
        self._wanted_device = device
        self._batch = 0
        self._turn = threading.Lock()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        """The bare scores of each pair, shape (pairs, labels).

        Raises the setting's error if the model cannot be loaded or fails, `SettingsError` for a device that is not
        there.
        """
        with self._turn:  # its tokenizer is not made for several threads
            found = self._computed(pairs)
        if not np.isfinite(found).all():
            raise self._failed("it made scores that are no numbers")
        return found

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special ones counted in. Raises as `logits`."""
        with self._turn:
            tokenizer = self._model.tokenizer
            return [len(tokenizer(text, truncation=False, verbose=False)["input_ids"]) for text in texts]

    @cached_property
    def limit(self) -> int:
        """Tokens of a pair that are read; what is beyond is cut off. Raises as `logits`."""
        with self._turn:
            said = self._model.max_seq_length
        return usable_limit(said, settings_in(self.folder / "config.json").get("max_position_embeddings"))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of its scores, read from its files without loading it. Raises the setting's error."""
        said = settings_in(self.folder / "config.json")
        try:
            if names := said.get("id2label"):
                return tuple(str(names[number]) for number in sorted(names, key=int))
            return tuple(f"LABEL_{number}" for number in range(said.get("num_labels", 2)))  # as transformers has it
        except (TypeError, ValueError, KeyError) as error:
            raise self.fault(f"the labels in its config.json cannot be read ({error}).") from error

    @cached_property
    def folder(self) -> Path:
        """Where its files lie, fetched if need be. Raises the setting's error where they are no cross-encoder's."""
        folder = find_folder(self.name, self.setting)
        refuse_code_and_pickles(self.name, folder, self.setting)
        if not _is_cross_encoder(folder):
            raise self.fault("this model compares no pairs of texts, so it is no cross-encoder.")
        return folder

    @cached_property
    def device(self) -> str:
        """The device in use. Raises `SettingsError` for one that is not there."""
        return find_device(self._wanted_device)

    def fault(self, what: str) -> CrossroadsError:
        """The error that says what is wrong with this model."""
        return self.setting.fault(self.name, what)

    def _computed(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        """The scores of some pairs; where memory runs out, by batches half as large from then on."""
        while True:
            try:
                return self._predicted(pairs)
            except RuntimeError as error:
                if not ran_out_of_memory(error):
                    raise self._failed(first_words(error)) from error
                if self._batch == 1:
                    raise self._failed("its memory is too small for one passage") from error
            self._take_less()  # after that block, whose error still holds what filled the memory

    def _predicted(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        model = self._model
        self._batch = self._batch or BATCH[self.device.partition(":")[0]]
        found = model.predict(list(pairs), batch_size=self._batch, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(pairs), model.num_labels)

    def _take_less(self) -> None:
        import torch

        self._batch //= 2
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    @cached_property
    def _model(self) -> "CrossEncoder":
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        folder = self.folder
        try:
            model = _load(folder, self.device)
        except LOADING_ERRORS as error:
            raise self.fault(f"the model cannot be loaded ({first_words(error)}).") from error
        if model.num_labels != len(self.labels):
            raise self.fault(f"the model gives a pair {model.num_labels} scores and names {len(self.labels)}.")
        return model

    def _failed(self, what: str) -> CrossroadsError:
        return self.setting.error(
            f"{self.setting.variable}={self.name}: the model failed on {self.device} ({what}). "
            "Set CROSSROADS_DEVICE=cpu, take another model, or unset it to go without."
        )


def precision(folder: Path, device: str) -> str:
    """The numbers computed with: on CUDA fp16, or bf16 if the model was made with it; elsewhere fp32.

    Not bf16 on a CPU, as the embedder has it: with eight bits, passages that differ get the same score.
    """
    return half_precision(folder) if device.startswith("cuda") else "float32"


def _load(folder: Path, device: str) -> "CrossEncoder":
    """The model with its weights. Its scores are bare logits: a sigmoid would make equals of all that answer well."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types it not
    model: CrossEncoder = CrossEncoder(
        str(folder),
        device=device,
        trust_remote_code=False,
        local_files_only=True,
        activation_fn=torch.nn.Identity(),
        model_kwargs={"use_safetensors": True, "dtype": getattr(torch, precision(folder, device))},
    )
    return model.eval()


def _is_cross_encoder(folder: Path) -> bool:
    """Whether a model says that it is one: as sentence-transformers saves it, or by the name of its architecture."""
    kind = settings_in(folder / "config_sentence_transformers.json").get("model_type")
    architectures = settings_in(folder / "config.json").get("architectures") or [""]
    return kind == "CrossEncoder" or (kind is None and str(architectures[0]).endswith(CROSS_ENCODER))
